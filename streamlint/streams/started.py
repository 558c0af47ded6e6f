"""How a function keeps what it starts, and waits for it, as its statements say."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from streamlint.model import syntax as ir
from streamlint.model.modules import Module


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


def is_only_asked(made: ir.Call, module: Module, scope: ir.Scope) -> bool:
    """Whether an object stays in the function that makes it: `Session(q).tokens()`, or a name that only stands before a dot."""
    if not scope.is_function or any(store.value is made for store in scope.stores):
        return False
    named = [one for one in scope.bindings if one.value is made and one.kind == "assign" and not one.path]
    if not named:
        return any(one.base is made for one in scope.attributes)
    name = next((one for one in scope.names if one.id == named[0].name), None)
    uses = module.uses.of(name, scope) if name is not None else ()
    return bool(uses) and all(isinstance(use.parent, ir.Attribute) for use in uses)


def only_cancels(scope: ir.Scope, tasks: Collection[str], ends: Collection[str]) -> bool:
    """Whether what a function does with such words is done to its tasks alone: `task.cancel()`, and `task.cancelled()`."""
    said = [one for one in scope.attributes if one.attribute in ends]
    is_plain = all(isinstance(one.base, ir.Name) and one.base.id in tasks for one in said)
    return is_plain and not any(name.id in ends for name in scope.names)


def around(module: Module, scope: ir.Scope) -> Iterator[ir.Scope]:
    """The function, and the functions that it stands in."""
    while scope.parent >= 0:
        if scope.kind == "function":
            yield scope
        scope = module.scopes[scope.parent]


def may_stop(loop: ir.Loop, scope: ir.Scope) -> bool:
    """Whether a loop is left by a return."""
    return any(loop.body_start <= item.start < loop.end for item in scope.returns)
