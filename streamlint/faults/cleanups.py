"""What an async generator awaits after its client has left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.model.answered import answered, told
from streamlint.streams.caught import Caught, yields
from streamlint.values.domain import Bound, Function, Llama, Unknown, Value, known

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame


@dataclass(frozen=True, eq=False)
class Cleanup:
    """An await in a `finally`; `line` is the statement that consists of it, if one does."""

    wait: ir.Await
    call: ir.Call
    line: ir.Line | None


class Cleanups:
    """Judges the cleanups of one generator function."""

    def __init__(self, project: Project) -> None:
        self.caught = project.ask(Caught)
        self.evaluator = project.evaluator
        self._shields = project.knowledge.names("disconnects", "shields")
        self._run_ends = project.knowledge.names("llama_index_words", "run-ends")

    def of(self, frame: Frame) -> Iterator[Cleanup]:
        """Awaits that the server cancels together with the generator, one for each cleanup: the first of its block.

        Starlette cancels through AnyIO, which cancels again and again; other servers do not.
        """
        for attempt, block in self._left(frame):
            found = next(self._unshielded(attempt, block, frame), None)
            if found is not None:
                yield found

    def cuts(self, place: ir.Expression, frame: Frame) -> bool:
        """Whether the server would cancel a wait at this place, were one written there."""
        return any(
            block.contains(place)
            and not any(map(self._is_shield, block.around(place)))
            and not self._is_of_others(place, attempt, block, frame)
            for attempt, block in self._left(frame)
        )

    def _left(self, frame: Frame) -> Iterator[tuple[ir.Try, ir.Block]]:
        """The blocks that run when the client has left in the midst of a `try`."""
        if not frame.scope.is_async or not frame.module.packages & self.evaluator.knowledge.frameworks.cancelling_again:
            return
        if not self.caught.generators.is_served(frame):
            return
        for attempt in (one for one in frame.scope.body.walk() if isinstance(one, ir.Try)):
            for block in self._cleaning(attempt, frame):
                if isinstance(block, ir.Handler) or _may_be_left(attempt.body, frame.scope):
                    yield attempt, block

    def _cleaning(self, attempt: ir.Try, frame: Frame) -> Iterator[ir.Block]:
        yield attempt.final
        for handler in attempt.handlers:
            if self.caught.cancellation(handler, frame) and not self.caught.everything(handler, frame):
                yield handler

    def _unshielded(self, attempt: ir.Try, block: ir.Block, frame: Frame) -> Iterator[Cleanup]:
        waits = [one for one in block.expressions() if isinstance(one, ir.Await)]
        for wait in sorted(waits, key=lambda one: (one.start, -one.end)):
            call, around = wait.value, block.around(wait)
            if not isinstance(call, ir.Call) or self._is_of_others(call, attempt, block, frame):
                continue
            if self._suspends(call, frame) and not any(map(self._is_shield, around)):
                line = around[-1]
                is_line = isinstance(line, ir.Line) and line.kind == "expression" and line.values == (wait,)
                yield Cleanup(wait, call, line if isinstance(line, ir.Line) and is_line else None)

    def _is_of_others(self, place: ir.Expression, attempt: ir.Try, block: ir.Block, frame: Frame) -> bool:
        """Whether a cleanup comes to a place only without a cancellation: `if isinstance(error, CancelledError): raise`."""
        if not isinstance(block, ir.Handler):
            noted = self._noted(attempt, block, frame)
            tests = told(place, frame.scope) if noted else ()
            return any(isinstance(test, ir.Name) and noted.get(test.id) is (not held) for test, held in tests)
        asks = partial(self.caught.asks_for_cancellation, handler=block, frame=frame)
        return answered(place, frame.scope, asks, answer=False)

    def _noted(self, attempt: ir.Try, final: ir.Block, frame: Frame) -> dict[str, bool]:
        """What names are in a `finally` that a cancellation comes to, as its handler has set them: `cancelled = True`."""
        handler = next((one for one in attempt.handlers if self.caught.cancellation(one, frame)), None)
        if handler is None:
            return {}
        bindings = frame.scope.bindings
        changed = {one.name for one in bindings if final.contains(one)}
        lines = [one for one in handler.statements if isinstance(one, ir.Line)]
        return {
            one.name: bool(one.value.value)
            for one in bindings
            if isinstance(one.value, ir.Constant)
            and not one.path
            and any(line.contains(one) for line in lines)
            and one.name not in changed
        }

    def _suspends(self, call: ir.Call, frame: Frame) -> bool:
        """Whether awaiting the call waits for something: the end of a run, or a project coroutine that awaits more."""
        values = self.evaluator.value(call.function, frame)
        if all(isinstance(value, Unknown) for value in values):
            packages = self.evaluator.knowledge.names("llama_index_words", "stream-packages")
            return self._ends_a_run(call) and bool(frame.module.packages & packages)
        told = [*known(values)]
        return bool(told) and all(map(self._is_waited_for, told))

    def _is_waited_for(self, function: Value) -> bool:
        if isinstance(function, Bound) and isinstance(function.receiver, Llama):
            return function.receiver.role is Role.WORKFLOW_HANDLER and function.name in self._run_ends
        located = self.evaluator.scope_of(function) if isinstance(function, Function) else None
        if located is None or not located[1].is_async or located[1].is_generator:
            return False
        words = {attribute.attribute for attribute in located[1].attributes} | {name.id for name in located[1].names}
        return bool(located[1].awaited) and not words & self._shields

    def _is_shield(self, piece: ir.Statement | ir.Block) -> bool:
        """Whether cancellation does not enter a `with` block."""
        return isinstance(piece, ir.With) and any(
            word in self._shields for entry in piece.entries for part in ir.walk(entry.context) for word in _words(part)
        )

    def _ends_a_run(self, call: ir.Call) -> bool:
        """Whether the name alone tells the end of a LlamaIndex run, on an object that could not be followed."""
        named = isinstance(call.function, ir.Attribute) and call.function.attribute in self._run_ends
        return named and not call.arguments and not call.keywords


def _may_be_left(body: ir.Block, scope: ir.Scope) -> bool:
    """Whether the client can leave while a `try` runs: something is sent or awaited in it."""
    return (
        yields(body, scope)
        or any(isinstance(one, ir.Await) for one in body.expressions())
        or any(isinstance(one, ir.Loop) and one.is_async for one in body.walk())
    )


def _words(part: ir.Expression) -> Iterator[str]:
    match part:
        case ir.Name(id=word) | ir.Attribute(attribute=word):
            yield word
        case ir.Call(keywords=keywords):
            yield from (keyword for keyword, _ in keywords if keyword is not None)
