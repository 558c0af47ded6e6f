"""What is written when all tokens are there: events of a workflow's step, and the pieces of an answer that a handler writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.streams.drained import Drain
from streamlint.streams.drains import Drains
from streamlint.values.domain import Instance, Value

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_WRITES = "write_event_to_stream"
_SENDS = frozenset(("write", "send"))


class WrittenEvents:
    """Judges functions that write events, or pieces of an answer."""

    def __init__(self, project: Project) -> None:
        self.drains = project.ask(Drains)
        self.evaluator = project.evaluator

    def of(self, frame: Frame) -> Iterator[tuple[Drain, ir.Call]]:
        """What takes all tokens, and the call that then writes their text as one event, or as the whole answer."""
        writes = [call for call in frame.scope.calls if self._is_write(call, frame)]
        for drain in self.drains.in_frame(frame) if writes else ():
            after = (call for call in writes if call.start > drain.end or call.contains(drain))
            written = next((call for call in after if self._is_given(call, drain, frame)), None)
            if written is not None:
                yield drain, written

    def _is_write(self, call: ir.Call, frame: Frame) -> bool:
        match call.function:
            case ir.Attribute(attribute=word) if word == _WRITES:
                return True
            case ir.Attribute(attribute=word, base=base) if word in _SENDS and call.arguments:
                return any(self._is_written_to(value) for value in self.evaluator.value(base, frame))
        return False

    def _is_written_to(self, value: Value) -> bool:
        """Whether something is an answer that its handler writes piece by piece."""
        row = self.evaluator.knowledge.responses.response(value.name) if isinstance(value, Instance) else None
        return row is not None and row.streaming and row.by_hand

    def _is_given(self, call: ir.Call, drain: Drain, frame: Frame) -> bool:
        return any(self.drains.holds(one, drain, frame) for one in call.arguments)
