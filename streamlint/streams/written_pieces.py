"""The pieces of an answer that its handler writes by hand: `await response.send(...)`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.streams.mismatches import Mismatches
from streamlint.streams.sent import Sending, Sent, SentGenerator
from streamlint.values.domain import Constant, Instance, Value

if TYPE_CHECKING:
    from streamlint.knowledge.responses import ResponseClass
    from streamlint.model.modules import Module
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_WRITES = frozenset(("write", "send"))
_TYPE = "content_type"


class WrittenPieces:
    """Knows the response that is written to by what made it."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self._sent, self._made = project.ask(Sent), project.ask(Mismatches)
        self._responses = project.knowledge.responses

    def of(self, call: ir.Call, frame: Frame) -> SentGenerator | None:
        """What a call writes, where all that it may write to are responses that say the same of their bodies."""
        content = call.argument(0, None)
        if content is None or not isinstance(call.function, ir.Attribute) or call.function.attribute not in _WRITES:
            return None
        found = [
            self._sending(call, content, value, frame) for value in self.evaluator.value(call.function.base, frame)
        ]
        first = found[0] if found else None
        if first is None or any(one is None or one.media_type != first.media_type for one in found):
            return None
        return SentGenerator(frame, first)

    def all_in(self, frame: Frame) -> Iterator[tuple[ir.Yield, SentGenerator]]:
        """Everything that a function writes, each as an item."""
        for call in frame.scope.calls:
            written = self.of(call, frame)
            if written is not None:
                yield as_item(written), written

    def _sending(self, call: ir.Call, content: ir.Expression, value: Value, frame: Frame) -> Sending | None:
        row = self._responses.response(value.name) if isinstance(value, Instance) else None
        if row is None or not row.streaming or not row.by_hand or row.frames_sse or not isinstance(value, Instance):
            return None
        made = self._made.call_at(value.origin)
        return Sending(frame, call, content, row, self._media_type(value, row, made)) if made is not None else None

    def _media_type(self, value: Instance, row: ResponseClass, made: tuple[Module, ir.Scope, ir.Call]) -> str | None:
        """What the call that made the response says of it, or the assignment behind it: `response.content_type = ...`."""
        module, scope, call = made
        frame = self.evaluator.any_call(module, scope)
        for store in scope.stores:
            is_of_it = store.member == _TYPE and value in self.evaluator.value(store.base, frame)
            said = list(self.evaluator.value(store.value, frame)) if is_of_it else []
            if len(said) == 1 and isinstance(said[0], Constant) and isinstance(said[0].value, str):
                return said[0].value.partition(";")[0].strip().lower()
        return self._sent.media_type(value, row, call, frame)


def as_item(written: SentGenerator) -> ir.Yield:
    """What is written, as an item of a stream."""
    content = written.sending.content
    return ir.Yield(content.start, content.end, content, False)
