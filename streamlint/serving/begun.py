"""Tasks that start-up begins and does not wait for: they run on the loop beside all requests."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from streamlint.knowledge.frameworks import Purpose, Runner
from streamlint.knowledge.off_loop import Where
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.serving.entry_points import Entry
from streamlint.serving.reached import Key, Reached
from streamlint.values.domain import Function

if TYPE_CHECKING:
    from streamlint.values import Evaluator

_Place = tuple[Module, ir.Scope]
_Callees: TypeAlias = Callable[[Module, ir.Scope], tuple[tuple[Function, ir.Expression], ...]]
_FIRST = (Purpose.STARTUP, Purpose.LIFESPAN)


class Begun:
    """Finds the coroutine functions of such tasks, and those that they await."""

    def __init__(self, evaluator: Evaluator, entries: Iterable[Entry], callees: _Callees) -> None:
        self.evaluator = evaluator
        self._entries = entries
        self._callees = callees
        off_loop = evaluator.knowledge.off_loop
        self._names = off_loop.outliving(Where.TASK)
        self._words = {name.rpartition(".")[2] for name in self._names}

    def found(self) -> dict[Key, Reached]:
        """By function, how it comes to run: from no entry point, as nobody's request begins it."""
        found: dict[Key, Reached] = {}
        pending = deque((place, Reached(None)) for place in self._tasks())
        while pending:
            (module, scope), reached = pending.popleft()
            if (module.path, scope.index) in found or not scope.is_async:
                continue
            found[module.path, scope.index] = reached
            for callee, call in self._callees(module, scope):
                if (located := self.evaluator.scope_of(callee)) is not None:
                    following = reached.calling(located[1].name, (module.path, call.start, call.end))
                    pending.append((located, following))
        return found

    def _tasks(self) -> Iterator[_Place]:
        beginning = {module.path for module in self.evaluator.modules.saying(*self._words)}
        for module, scope in self._first() if beginning else ():
            if module.path in beginning:
                yield from self._begun_in(module, scope)

    def _first(self) -> Iterator[_Place]:
        """What start-up runs, on the loop that serves the requests."""
        frameworks = self.evaluator.knowledge.frameworks
        pending = deque(
            (entry.module, entry.scope)
            for entry in self._entries
            if entry.kind in _FIRST and frameworks.framework(entry.framework).async_runner is Runner.EVENT_LOOP
        )
        passed: set[Key] = set()
        while pending:
            module, scope = pending.popleft()
            if (module.path, scope.index) in passed:
                continue
            passed.add((module.path, scope.index))
            yield module, scope
            located = (self.evaluator.scope_of(callee) for callee, _ in self._callees(module, scope))
            pending.extend(place for place in located if place is not None)

    def _begun_in(self, module: Module, scope: ir.Scope) -> Iterator[_Place]:
        frame = self.evaluator.any_call(module, scope)
        for call in _left_alone(scope):
            row = self.evaluator.calls.moving(call, frame)
            given = call.argument(row.position, row.keyword or None) if row is not None else None
            if row is None or row.name not in self._names or not isinstance(given, ir.Call):
                continue
            for value in self.evaluator.value(given.function, frame):
                located = self.evaluator.scope_of(value) if isinstance(value, Function) else None
                if located is not None:
                    yield located


def _left_alone(scope: ir.Scope) -> Iterator[ir.Call]:
    """The calls whose results nobody awaits before the first `yield`: what they give is kept at most."""
    lines = [value for line in scope.body.walk() if isinstance(line, ir.Line) for value in line.values]
    outer = [value for value in lines if isinstance(value, ir.Call) and value.end not in scope.awaited]
    given = [argument for call in outer for argument in call.arguments]
    passed = {id(argument) for argument in given} | {id(each.base) for each in scope.attributes}
    read = [name for name in scope.names if id(name) not in passed]
    serving = min((item.start for item in scope.yields), default=scope.end)
    for call in (*outer, *(argument for argument in given if isinstance(argument, ir.Call))):
        named = {binding.name for binding in scope.bindings if binding.value is call}
        if not any(name.id in named and call.end < name.start < serving for name in read):
            yield call
