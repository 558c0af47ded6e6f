"""Which places of a function can run in the same call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streamlint.project import syntax as ir


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


def branch_of(expression: ir.Expression, scope: ir.Scope) -> int:
    """The branch of the innermost call or return around an expression, or of the closest one before it."""
    best, size = -1, None
    for start, end, branch in _branch_spans(scope):
        if start <= expression.start and expression.end <= end and (size is None or end - start < size):
            best, size = branch, end - start
    return best


def _branch_spans(scope: ir.Scope) -> Iterable[tuple[int, int, int]]:
    for item in scope.returns:
        yield item.start, item.end, item.branch
    for call, branch in zip(scope.calls, scope.call_branches, strict=True):
        yield call.start, call.end, branch
