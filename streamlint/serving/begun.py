"""What runs while clients wait: entry points of requests, and tasks that start-up begins, though start-up itself does not."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from streamlint.knowledge.frameworks import Purpose, Runner
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.serving.entry_points import Entry
from streamlint.serving.reached import Key, Reached
from streamlint.values.activations import Frame
from streamlint.values.domain import Function
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.values import Evaluator

AT_START = (Purpose.STARTUP, Purpose.LIFESPAN)
Way = tuple[Module, ir.Scope, Reached, bool, bool]
"""A function, how it is reached, whether that is on the loop, and whether what it awaits would be."""


class Begun:
    """`spread` gives what some functions call."""

    def __init__(
        self, evaluator: Evaluator, spread: Callable[[deque[tuple[Module, ir.Scope]]], frozenset[Key]]
    ) -> None:
        self.evaluator = evaluator
        self._spread = spread
        self._begins = evaluator.knowledge.off_loop.beginning
        self._words = frozenset(name.rpartition(".")[2] for name in self._begins)

    def requested(self, entries: Iterable[Entry]) -> Iterator[Way]:
        """What requests run first."""
        for entry in entries:
            if not entry.on_request_path:
                continue
            framework = self.evaluator.knowledge.frameworks.framework(entry.framework)
            serves = framework.async_runner is Runner.EVENT_LOOP
            first = Reached(entry, doubt=entry.doubt)
            yield entry.module, entry.scope, first, entry.runner is Runner.EVENT_LOOP, serves
            for module, scope in self._wrapped(entry):
                yield module, scope, first, serves, serves

    def _wrapped(self, entry: Entry) -> Iterator[tuple[Module, ir.Scope]]:
        """The coroutine functions that decorators below the registering one have put in the place of an entry point."""
        if len(entry.scope.decorators) < 2 or not entry.scope.is_async:
            return
        outer = self.evaluator.any_call(entry.module, entry.module.scopes[entry.scope.parent])
        for value in self.evaluator.calls.decorated(entry.module, entry.scope.index, outer):
            located = self.evaluator.scope_of(value) if isinstance(value, Function) else None
            if located is not None and located[1].is_async and located[1] is not entry.scope:
                yield located

    def at_start(self, entries: Iterable[Entry]) -> Iterator[Way]:
        """The coroutine functions that start-up makes tasks of, each with the entry point that leads to it."""
        saying = frozenset(self.evaluator.modules.texts.saying(self._words))
        for entry in entries if saying else ():
            framework = self.evaluator.knowledge.frameworks.framework(entry.framework)
            if entry.kind not in AT_START or framework.async_runner is not Runner.EVENT_LOOP:
                continue
            for path, index in sorted(self._spread(deque(((entry.module, entry.scope),)))):
                module = self.evaluator.modules.load(path) if path in saying else None
                if module is not None:
                    yield from self._in(module, module.scopes[index], entry)

    def _in(self, module: Module, scope: ir.Scope, entry: Entry) -> Iterator[Way]:
        frame = self.evaluator.any_call(module, scope)
        for call in _left_alone(scope):
            if last_word(call.function) not in self._words:
                continue
            row = self.evaluator.calls.moving(call, frame)
            made = (
                call.argument(row.position, row.keyword or None)
                if row is not None and row.name in self._begins
                else None
            )
            if isinstance(made, ir.Call):
                yield from self._by(call, made, entry, frame)

    def _by(self, call: ir.Call, made: ir.Call, entry: Entry, frame: Frame) -> Iterator[Way]:
        for value in self.evaluator.value(made.function, frame):
            located = self.evaluator.scope_of(value) if isinstance(value, Function) else None
            if located is not None and located[1].is_async:
                place = (frame.module.path, call.start, call.end)
                yield *located, Reached(entry, doubt=entry.doubt).calling(located[1].name, place), True, True


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
