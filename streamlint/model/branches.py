"""Which places of a function can run in the same call."""

from __future__ import annotations

from collections.abc import Iterator

from streamlint.model import syntax as ir
from streamlint.source import Placed


def around(scope: ir.Scope, branch: int) -> Iterator[int]:
    """A branch and those around it, the innermost first; nothing where there is none."""
    while branch >= 0:
        yield branch
        branch = scope.branches[branch].parent


def arms(scope: ir.Scope, branch: int) -> Iterator[ir.Branch]:
    """What is known of a branch and of those around it, the innermost first."""
    return (scope.branches[index] for index in around(scope, branch))


def exclusive(scope: ir.Scope, first: int, second: int) -> bool:
    """Whether two branches never run in the same call."""
    arms = dict(_decisions(scope, first))
    return any(decision in arms and arms[decision] != arm for decision, arm in _decisions(scope, second))


def _decisions(scope: ir.Scope, branch: int) -> Iterator[tuple[int, str]]:
    for row in arms(scope, branch):
        if not row.arm.startswith("except"):
            yield row.decision, row.arm


def is_handler(scope: ir.Scope, branch: int) -> bool:
    return any(row.arm.startswith("except") for row in arms(scope, branch))


def is_conditional(place: Placed, scope: ir.Scope) -> bool:
    """Whether a test, or a failure, decides that a call comes to a place."""
    return any(row.test is not None or row.arm.startswith("except") for row in arms(scope, branch_of(place, scope)))


def leads_to(scope: ir.Scope, first: int, second: int) -> bool:
    """Whether who comes to the second branch is in the first: it is the same, or one around it."""
    return first < 0 or first in around(scope, second)


def branch_of(expression: Placed, scope: ir.Scope) -> int:
    """The branch that an expression or a function of a scope stands in: its statement's, or that of the `elif` it is asked for."""
    statement = scope.body.around(expression)[-1]
    if isinstance(statement, ir.If):
        arm = next((arm for arm in statement.arms if arm.test is not None and arm.test.contains(expression)), None)
        return scope.branches[arm.branch].parent if arm is not None else statement.branch
    return statement.branch if isinstance(statement, ir.Statement) else -1
