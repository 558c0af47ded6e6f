"""Which places of a function can run in the same call."""

from __future__ import annotations

from collections.abc import Iterator

from streamlint.model import syntax as ir
from streamlint.source import Placed


def exclusive(scope: ir.Scope, first: int, second: int) -> bool:
    """Whether two branches never run in the same call."""
    arms = dict(_decisions(scope, first))
    return any(decision in arms and arms[decision] != arm for decision, arm in _decisions(scope, second))


def _decisions(scope: ir.Scope, branch: int) -> Iterator[tuple[int, str]]:
    while branch >= 0:
        found = scope.branches[branch]
        if not found.arm.startswith("except"):
            yield found.decision, found.arm
        branch = found.parent


def is_handler(scope: ir.Scope, branch: int) -> bool:
    while branch >= 0:
        if scope.branches[branch].arm.startswith("except"):
            return True
        branch = scope.branches[branch].parent
    return False


def leads_to(scope: ir.Scope, first: int, second: int) -> bool:
    """Whether who comes to the second branch is in the first: it is the same, or one around it."""
    while second >= 0 and second != first:
        second = scope.branches[second].parent
    return second == first


def branch_of(expression: Placed, scope: ir.Scope) -> int:
    """The branch that an expression or a function of a scope stands in: its statement's, or that of the `elif` it is asked for."""
    statement = scope.body.around(expression)[-1]
    if isinstance(statement, ir.If):
        arm = next((arm for arm in statement.arms if arm.test is not None and arm.test.contains(expression)), None)
        return scope.branches[arm.branch].parent if arm is not None else statement.branch
    return statement.branch if isinstance(statement, ir.Statement) else -1
