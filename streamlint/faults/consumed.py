"""Streams that something else reads before the response does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.model.branches import exclusive
from streamlint.streams import Drains, Sent
from streamlint.streams.drained import How
from streamlint.values.domain import Llama, Origin

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.serving import Entry
    from streamlint.streams.sent import Sending
    from streamlint.values.activations import Frame


@dataclass(frozen=True)
class Consumed:
    """What takes the tokens first: `start` to `end` spans it, `source` is the stream in it, `sending` comes too late."""

    start: int
    end: int
    source: ir.Expression
    how: How
    sending: Sending


class Consumptions:
    """Finds them in handlers that do send the stream; a handler that does not is told of by the drains."""

    def __init__(self, project: Project) -> None:
        self.drains = project.ask(Drains)
        self.evaluator = project.evaluator
        self.sent = project.ask(Sent)
        self._prints = project.knowledge.names("records", "log-functions")

    def of(self, entry: Entry, frame: Frame) -> Iterator[Consumed]:
        scope = frame.scope
        if scope.is_generator or not scope.is_function:
            return
        sendings = list(self._sendings(frame))
        swallowed = {(drain.start, drain.end) for drain in self.drains.of(entry, frame)}
        for start, end, source, how, branch, origin in self._taken(frame):
            if (start, end) in swallowed or origin is None:
                continue
            for sending in sendings:
                if (
                    end <= sending.call.start
                    and not exclusive(scope, branch, sending.call.branch)
                    and self._same(source, origin, sending)
                ):
                    yield Consumed(start, end, source, how, sending)
                    break

    def _sendings(self, frame: Frame) -> Iterator[Sending]:
        for call in frame.scope.calls:
            sending = self.sent.of_call(call, frame)
            if sending is not None and sending.response.streaming:
                yield sending

    def _taken(self, frame: Frame) -> Iterator[tuple[int, int, ir.Expression, How, int, Origin | None]]:
        for drain in self.drains.in_frame(frame):
            if not drain.hops and drain.waits:
                held = drain.stream or drain.tokens
                yield drain.start, drain.end, drain.source, drain.how, drain.branch, held.origin if held else None
        for call in frame.scope.calls:
            for argument in self._printed(call, frame):
                for value in self.evaluator.value(argument, frame):
                    if isinstance(value, Llama) and value.role in (Role.STREAM, Role.ASYNC_STREAM):
                        yield argument.start, argument.end, argument, How.TEXT, call.branch, value.origin

    def _printed(self, call: ir.Call, frame: Frame) -> tuple[ir.Expression, ...]:
        names = self.evaluator.names(call.function, frame)
        return tuple(one for one in call.arguments if isinstance(one, ir.Name)) if names & self._prints else ()

    def _same(self, source: ir.Expression, origin: Origin, sending: Sending) -> bool:
        """Whether the body is made of the same variable, and of the same stream."""
        root = source
        while isinstance(root, ir.Attribute | ir.Call):
            root = root.base if isinstance(root, ir.Attribute) else root.function
        if not isinstance(root, ir.Name) or not root.bindings:
            return False
        tokens = self.evaluator.tokens(self.evaluator.value(sending.content, sending.frame))
        if tokens is None or tokens.origin != origin:
            return False
        return self.drains.uses(sending.content, frozenset((root.id,)), sending.frame)
