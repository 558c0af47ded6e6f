"""Helpers that run the coroutine they are given to its end: `def run(coroutine): return loop.run_until_complete(coroutine)`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.knowledge.off_loop import Where
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.activations import Frame
from streamlint.values.call_sites import argument_of
from streamlint.values.domain import Function, Value, dotted_name

if TYPE_CHECKING:
    from streamlint.project import Project


class Runners:
    """Looks into each helper once: which of its parameters it hands to a loop of its own, or awaits."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self._known: dict[ir.Scope, frozenset[str]] = {}

    def given(self, call: ir.Call, frame: Frame) -> ir.Expression | None:
        """The coroutine that a call hands to such a helper, as it is made there; one that is `async` has to be awaited itself."""
        for value in self.evaluator.value(call.function, frame):
            located = self.evaluator.scope_of(value) if isinstance(value, Function) else None
            if located is None or not isinstance(value, Function):
                continue
            module, scope = located
            if scope.is_generator or (scope.is_async and call.end not in frame.scope.awaited):
                continue
            run = self._run_by(module, scope)
            for one in scope.parameters if run else ():
                made = argument_of(call, scope, one, value.receiver is not None) if one.name in run else None
                if isinstance(made, ir.Call):
                    return made
        return None

    def _run_by(self, module: Module, scope: ir.Scope) -> frozenset[str]:
        if scope not in self._known:
            self._known[scope] = frozenset(self._parameters_run(self.evaluator.any_call(module, scope)))
        return self._known[scope]

    def _parameters_run(self, frame: Frame) -> Iterator[str]:
        scope = frame.scope
        if not any(one.value is not None for one in scope.returns):
            return
        for inner in scope.calls:
            row = self.evaluator.calls.moving(inner, frame)
            is_awaited = inner.end in scope.awaited
            handed = self.evaluator.calls.handed(inner, frame) if row is not None else None
            if handed is not None and any(map(self._is_of_own_loop, handed[0])):
                yield from _own(next(iter(handed[1]), None), scope)
            if row is not None and (row.where is Where.OWN_LOOP or (row.where is Where.TASK and is_awaited)):
                yield from _own(inner.argument(row.position, row.keyword or None), scope)
        for one in scope.expressions():
            if isinstance(one, ir.Await):
                yield from _own(one.value, scope)

    def _is_of_own_loop(self, function: Value) -> bool:
        """`asyncio.run`, as a thread is given it."""
        row = self.evaluator.knowledge.off_loop.call(dotted_name(function))
        return row is not None and row.where is Where.OWN_LOOP


def _own(expression: ir.Expression | None, scope: ir.Scope) -> Iterator[str]:
    """The parameter that a name means, and nothing else."""
    bindings = [scope.bindings[index] for index in expression.bindings or ()] if isinstance(expression, ir.Name) else []
    if len(bindings) == 1 and bindings[0].kind == "parameter" and isinstance(expression, ir.Name):
        yield expression.id
