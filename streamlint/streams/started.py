"""How a function keeps what it starts, and waits for it, as its statements say."""

from __future__ import annotations

from streamlint.model import syntax as ir


def is_waited_for(started: ir.Call, scope: ir.Scope) -> bool:
    """Whether a generator sends items after it has started a task, and waits for it behind them: the task makes what it sends."""
    names = {one.name for one in scope.bindings if one.value is started and one.kind == "assign" and not one.path}
    first = min((item.start for item in scope.yields if item.start > started.end), default=None)
    if not names or first is None:
        return False
    awaited = (one.value for one in scope.body.expressions() if isinstance(one, ir.Await))
    return any(isinstance(one, ir.Name) and one.id in names and one.start > first for one in awaited)


def names_of(call: ir.Expression, scope: ir.Scope) -> dict[tuple[int, ...], str]:
    """By their place: the names into which what a call gives is unpacked."""
    return {one.path: one.name for one in scope.bindings if one.value is call and one.kind == "assign" and one.path}


def starts_with(statement: ir.Expression, call: ir.Expression) -> bool:
    """`call(...)` or `call(...).start()` as a statement."""
    function = statement.function if isinstance(statement, ir.Call) else None
    return statement is call or (isinstance(function, ir.Attribute) and function.base is call)
