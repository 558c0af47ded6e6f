"""What threads put into queues of the event loop without waking the loop, and who waits there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.immutable import immutable
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.serving.reached import Reached
from streamlint.serving.ways import Hop
from streamlint.serving.worker_threads import ThreadRun, WorkerThreads
from streamlint.values.domain import Bound, Instance, Origin, dotted_name, known
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_TELLING = frozenset(("call_soon_threadsafe", "run_coroutine_threadsafe"))
_SHORT = 0.05
"""Seconds: who asks for an item again after so long wakes the loop by that."""


@immutable
class Waking:
    """A call in a thread that makes ready what waits on the loop: `queue.put_nowait(token)`, `done.set()`."""

    call: ir.Call
    scope: ir.Scope
    run: ThreadRun
    is_late: bool
    """Whether the loop does not learn of it at once for another reason: as the thread ends and somebody waits for that."""


@immutable
class LateWaking:
    """All of them in one module that a thread does to the same objects, in the order of the text."""

    wakings: tuple[Waking, ...]
    made_at: frozenset[Origin]
    """Where those objects are made."""
    waiting: Hop
    """Who waits for them on the loop."""
    reached: Reached
    is_alone: bool
    """Whether no thread does that in another module, or to some of them and others."""


class Wakings:
    """Judges the calls of one module together, as a repair of one of them would change the order of the items."""

    def __init__(self, project: Project) -> None:
        self.project, self.evaluator = project, project.evaluator
        names = project.knowledge.names
        self._wakes, self._waits = names("wakings", "wakes"), names("wakings", "waits")
        self._awaited, self._asks = names("wakings", "awaited"), names("wakings", "asks")
        self._words = frozenset(name.rpartition(".")[2] for name in self._wakes | self._awaited)
        self._waiting_words = frozenset(name.rpartition(".")[2] for name in self._waits)
        self._known: dict[Module, tuple[LateWaking, ...]] = {}

    @cached_property
    def _threads(self) -> WorkerThreads:
        return self.project.ask(WorkerThreads)

    def of(self, module: Module) -> tuple[LateWaking, ...]:
        """What threads do in a module."""
        if module not in self._known:
            self._known[module] = tuple(self._late(module))
        return self._known[module]

    def _late(self, module: Module) -> Iterator[LateWaking]:
        by_object = self._by_object(module)
        for made_at, wakings in by_object.items():
            found = self._waiter(made_at) if any(one.is_late for one in wakings) else None
            if found is not None:
                is_alone = all(there == made_at or not there & made_at for there in by_object)
                yield LateWaking(tuple(wakings), made_at, *found, is_alone and self._is_alone(module, made_at))

    def _is_alone(self, module: Module, made_at: frozenset[Origin]) -> bool:
        others = (one for one in self.evaluator.modules.saying(*self._words) if one is not module)
        return not any(made_at & there for one in others for there in self._by_object(one))

    def _by_object(self, module: Module) -> dict[frozenset[Origin], list[Waking]]:
        found: dict[frozenset[Origin], list[Waking]] = {}
        for scope in module.scopes:
            for call in scope.calls if scope.is_function else ():
                if isinstance(call.function, ir.Attribute) and call.function.attribute in self._words:
                    frame = self.evaluator.any_call(module, scope)
                    methods = self._awaited if call.end in scope.awaited else self._wakes
                    made_at = self.made_at(call, methods, frame)
                    waking = self._waking(call, frame) if made_at else None
                    if waking is not None:
                        found.setdefault(made_at, []).append(waking)
        return {made_at: sorted(rows, key=lambda one: one.call.start) for made_at, rows in found.items()}

    def _waking(self, call: ir.Call, frame: Frame) -> Waking | None:
        runs = self._threads.runs(frame.module, frame.scope)
        if not runs or self._is_followed(call, frame):
            return None
        again = self._is_given_items(call, frame)
        late = next((run for run in runs if not run.tells_loop or run.is_repeated or again), None)
        return Waking(call, frame.scope, late or runs[0], late is not None)

    def _is_followed(self, call: ir.Call, frame: Frame) -> bool:
        """Whether the function asks on which thread it is, or wakes the loop behind the call, but not with a further item."""
        assert isinstance(call.function, ir.Attribute)
        if any(last_word(other.function) in self._asks for other in frame.scope.calls):
            return True
        own = ir.dotted(call.function.base)
        for other in frame.scope.calls:
            word = other.function.attribute if isinstance(other.function, ir.Attribute) else ""
            if word in _TELLING and other.start > call.start:
                given = other.arguments[0] if other.arguments else None
                if not isinstance(given, ir.Attribute) or ir.dotted(given.base) != own:
                    return True
        return False

    def _is_given_items(self, call: ir.Call, frame: Frame) -> bool:
        """Whether this is done in a loop to the same object each time."""
        assert isinstance(call.function, ir.Attribute)
        roots = {part.id for part in ir.walk(call.function.base) if isinstance(part, ir.Name)}
        turned = {one.name for one in frame.scope.bindings if one.kind == "loop"}
        return not roots & turned and not _leaves(call, frame.scope) and self._threads.is_repeated(call, frame)

    def made_at(self, call: ir.Call, methods: frozenset[str], frame: Frame) -> frozenset[Origin]:
        """Where the objects are made of which a call is one of these methods, as far as that is seen; nothing where it may be
        another's."""
        functions = tuple(known(self.evaluator.value(call.function, frame)))
        if not functions or not all(dotted_name(one) in methods for one in functions):
            return frozenset()
        receivers = [one.receiver for one in functions if isinstance(one, Bound)]
        return frozenset(one.origin for one in receivers if isinstance(one, Instance) and one.origin is not None)

    def _waiter(self, made_at: frozenset[Origin]) -> tuple[Hop, Reached] | None:
        """Who waits for one of these objects on the loop, while a request is served."""
        for module, scopes in self.project.reach.known():
            for index in sorted(scopes):
                scope = module.scopes[index]
                waits = [call for call in scope.calls if scope.is_async and self._may_wait(call)]
                reached = self.project.reach.on_loop(module, scope) if waits else None
                if reached is None or reached.entry is None or not reached.entry.on_request_path:
                    continue
                frame = self.evaluator.any_call(module, scope)
                for call in waits:
                    if not _is_asked_again(call, scope) and made_at & self.made_at(call, self._waits, frame):
                        return Hop(module.path, call.start, call.end, "the event loop waits here"), reached
        return None

    def _may_wait(self, call: ir.Call) -> bool:
        is_plain = not call.arguments and not call.keywords
        return is_plain and isinstance(call.function, ir.Attribute) and call.function.attribute in self._waiting_words


def _leaves(call: ir.Call, scope: ir.Scope) -> bool:
    """Whether the loop around a call, or the function, is left behind it."""
    block = next((one for one in reversed(scope.body.around(call)) if isinstance(one, ir.Block)), ir.NOTHING)
    behind = (one for one in block.statements if one.start > call.start)
    return any(isinstance(one, ir.Return) or (isinstance(one, ir.Line) and one.kind == "break") for one in behind)


def _is_asked_again(call: ir.Call, scope: ir.Scope) -> bool:
    """Whether a wait has a limit that is short enough for tokens: `wait_for(queue.get(), 0.05)`."""
    for other in scope.calls:
        limit = other.argument(1, "timeout") if other.arguments and other.arguments[0] is call else None
        if isinstance(limit, ir.Constant) and isinstance(limit.value, int | float) and limit.value <= _SHORT:
            return True
    return False
