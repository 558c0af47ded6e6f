"""Events that a step of a workflow writes when it has all tokens, so that whoever reads the events receives the text at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.streams.drained import Drain, names_in
from streamlint.streams.drains import Drains

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_WRITES = "write_event_to_stream"


class WrittenEvents:
    """Judges functions that write events."""

    def __init__(self, project: Project) -> None:
        self.drains = project.ask(Drains)

    def of(self, frame: Frame) -> Iterator[tuple[Drain, ir.Call]]:
        """What takes all tokens, and the call that then writes their text as one event."""
        writes = [call for call in frame.scope.calls if _is_write(call)]
        for drain in self.drains.in_frame(frame) if writes else ():
            names = self.drains.derived(drain, frame)
            after = (call for call in writes if call.start > drain.end and _given(call) & names)
            written = next(after, None)
            if written is not None:
                yield drain, written


def _is_write(call: ir.Call) -> bool:
    return isinstance(call.function, ir.Attribute) and call.function.attribute == _WRITES


def _given(call: ir.Call) -> frozenset[str]:
    return frozenset(name for one in call.arguments for name in names_in(one))
