"""Which functions run in a thread beside the event loop, on a loop of its own too, and what the serving loop is told at its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.immutable import immutable
from streamlint.knowledge.frameworks import Runner
from streamlint.knowledge.off_loop import Result, Where
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.serving.handed_callbacks import HandedCallbacks
from streamlint.serving.reached import Key
from streamlint.serving.ways import Hop
from streamlint.values.activations import Frame
from streamlint.values.domain import (
    NOTHING,
    Bound,
    Class,
    Coroutine,
    External,
    Function,
    Instance,
    OffLoop,
    Partial,
    Unknown,
    Value,
    Values,
    dotted_name,
)
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.project import Project

_IN_THREAD = (Where.THREAD, Where.EITHER)
_OUTSIDE = (External, Bound, Instance, Unknown)


@immutable
class ThreadRun:
    """How a thread comes to run a function.

    `start` is what begins the thread; `tells_loop`: the loop is woken when all of it has run, as somebody there waits for it;
    `is_repeated`: the function runs many times before that.
    """

    start: Hop
    tells_loop: bool
    is_repeated: bool = False
    has_loop: bool = False
    """Whether the thread has a loop of its own, which runs coroutine functions there."""


class WorkerThreads:
    """Follows what threads are given, once, when somebody first asks."""

    def __init__(self, project: Project) -> None:
        self.evaluator, self.reach, self.entries = project.evaluator, project.reach, project.entries
        self._off_loop = project.knowledge.off_loop
        self._methods = project.knowledge.names("wakings", "threads")
        self._callbacks = HandedCallbacks(self.evaluator)

    def runs(self, module: Module, scope: ir.Scope) -> tuple[ThreadRun, ...]:
        """The ways in which threads run a function; none of one that runs on the serving loop too."""
        key = (module.path, scope.index)
        if self.reach.on_loop(module, scope) is not None or key in self._on_loop:
            return ()
        return tuple(self._runs.get(key, {}).values())

    @cached_property
    def _runs(self) -> dict[Key, dict[tuple[bool, bool, bool], ThreadRun]]:
        found: dict[Key, dict[tuple[bool, bool, bool], ThreadRun]] = {}
        pending = deque(self._starts())
        while pending:
            function, run = pending.popleft()
            located = self.evaluator.scope_of(function)
            if located is None or (located[1].is_async and not run.has_loop):
                continue
            known = found.setdefault((located[0].path, located[1].index), {})
            kind = (run.tells_loop, run.is_repeated, run.has_loop)
            if kind in known:
                continue
            known[kind] = run
            pending.extend(self._following(*located, run))
        return found

    def _following(self, module: Module, scope: ir.Scope, run: ThreadRun) -> Iterator[tuple[Function, ThreadRun]]:
        """What the function calls itself, and what the clients call back that it calls."""
        frame = self.evaluator.any_call(module, scope)
        for callee, where in self.reach.callees(module, scope):
            yield callee, _again(run) if self.is_repeated(where, frame) else run
        for call in scope.calls:
            row = self.evaluator.calls.moving(call, frame)
            if row is not None and row.where is Where.OWN_LOOP:
                handed = self.evaluator.calls.handed(call, frame)
                yield from self._on_own_loop(handed[0] if handed is not None else NOTHING, run)
            elif self._is_outside(self.evaluator.value(call.function, frame)):
                yield from ((function, _again(run)) for function in self._callbacks.of(call, frame))

    @staticmethod
    def _on_own_loop(values: Values, run: ThreadRun) -> Iterator[tuple[Function, ThreadRun]]:
        """The coroutine functions that a thread runs to their end: `asyncio.run(produce(queue))`."""
        for value in values:
            function = value.function if isinstance(value, Coroutine) else value
            if isinstance(function, Function):
                yield function, ThreadRun(run.start, run.tells_loop, run.is_repeated, True)

    def is_repeated(self, place: ir.Expression, frame: Frame) -> bool:
        """Whether something stands in a loop that goes on for as long as something else gives it items."""
        for around in frame.scope.body.around(place):
            if isinstance(around, ir.While) or (isinstance(around, ir.Loop) and around.is_async):
                return True
            if isinstance(around, ir.Loop) and around.body_start <= place.start:
                if self.evaluator.tokens(self.evaluator.iterated(around, frame)) is not None:
                    return True
                if self._is_made_as_it_goes(around.iterable, frame):
                    return True
        return False

    def _is_made_as_it_goes(self, iterable: ir.Expression, frame: Frame) -> bool:
        """Whether a loop runs over what a call gives that is no builtin and no method of a container."""
        assigned = frame.scope.assignment(iterable)
        made = assigned.value if assigned is not None else iterable
        if not isinstance(made, ir.Call) or last_word(made.function) in ("items", "values", "keys", "copy"):
            return False
        return not any(name.startswith("builtins.") for name in self.evaluator.names(made.function, frame))

    # Where threads begin

    def _starts(self) -> Iterator[tuple[Function, ThreadRun]]:
        words = self._off_loop.words_of(*_IN_THREAD)
        for module in self.evaluator.modules.saying(*words):
            for scope in module.scopes:
                calls = [call for call in scope.calls if last_word(call.function) in words]
                frame = self.evaluator.any_call(module, scope) if calls else None
                for call in calls:
                    assert frame is not None
                    yield from self._started(call, frame)
        yield from self._own_threads()
        for entry in self.entries:
            if entry.runner is Runner.THREAD_POOL and entry.on_request_path and not entry.scope.is_async:
                scope, path = entry.scope, entry.module.path
                end = scope.start + len("def") if scope.kind == "function" else scope.end
                start = Hop(path, scope.start, end, "the framework runs it in a thread")
                yield Function(path, scope.index), ThreadRun(start, True)

    def _started(self, call: ir.Call, frame: Frame) -> Iterator[tuple[Function, ThreadRun]]:
        row, handed = self.evaluator.calls.moving(call, frame), self.evaluator.calls.handed(call, frame)
        if row is None or handed is None or row.where not in _IN_THREAD:
            return
        start = Hop(frame.module.path, call.start, call.end, "begins the thread")
        run = ThreadRun(start, row.result is Result.COROUTINE or row.where is Where.EITHER)
        yield from ((function, run) for function in self._functions(handed[0]))
        given = call.argument(row.position, row.keyword or None)
        if any(self._has_own_loop(one) for one in handed[0]):
            made = (self.evaluator.value(one, frame) for one in handed[1][:1])
            yield from (each for values in made for each in self._on_own_loop(values, run))
        elif given is not None and self._is_outside(handed[0]):
            arguments = (*((None, one) for one in handed[1]), *handed[2])
            back = self._callbacks.handed(given, arguments, frame)
            yield from ((function, _again(run)) for function in back)

    def _own_threads(self) -> Iterator[tuple[Function, ThreadRun]]:
        """Classes of the project that are threads: `class Producer(threading.Thread): def run(self): ...`."""
        for dotted in sorted(self._methods):
            base, _, method = dotted.rpartition(".")
            for module in self.evaluator.modules.saying(base.rpartition(".")[2]):
                for scope in module.scopes:
                    if scope.kind != "class" or not scope.bases:
                        continue
                    own = Class(module.path, scope.index)
                    run = self.evaluator.attributes.method(own, method)
                    if run is not None and base in self.evaluator.attributes.outside_bases(own):
                        start = Hop(module.path, scope.start, scope.start + len("class"), "is a thread")
                        yield run, ThreadRun(start, False)

    def _has_own_loop(self, function: Value) -> bool:
        row = self._off_loop.call(dotted_name(function))
        return row is not None and row.where is Where.OWN_LOOP

    def _functions(self, values: Values) -> Iterator[Function]:
        for value in values:
            match value:
                case Function():
                    yield value
                case Partial() | OffLoop():
                    yield from self._functions(value.function)

    def _is_outside(self, functions: Values) -> bool:
        """Whether a call runs code that is not of the project, here and now."""
        return all(isinstance(one, _OUTSIDE) for one in functions)

    # The loop

    @cached_property
    def _on_loop(self) -> frozenset[Key]:
        """The synchronous functions that coroutine functions call, themselves or through others."""
        pending = deque(self._called_by_coroutines())
        found: set[Key] = set()
        while pending:
            located = self.evaluator.scope_of(pending.popleft())
            if located is None or located[1].is_async or (located[0].path, located[1].index) in found:
                continue
            found.add((located[0].path, located[1].index))
            pending.extend(callee for callee, _ in self.reach.callees(*located))
        return frozenset(found)

    def _called_by_coroutines(self) -> Iterator[Function]:
        for module, scopes in self.reach.known():
            for index in sorted(scopes):
                if module.scopes[index].is_async:
                    yield from (callee for callee, _ in self.reach.callees(module, module.scopes[index]))


def _again(run: ThreadRun) -> ThreadRun:
    return ThreadRun(run.start, run.tells_loop, True, run.has_loop)
