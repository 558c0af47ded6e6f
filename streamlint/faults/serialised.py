"""Streams that a thread collects as a whole before the handler goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.knowledge.off_loop import Where
from streamlint.model import syntax as ir
from streamlint.model.branches import exclusive
from streamlint.streams import Drains
from streamlint.streams.drained import Drain, How
from streamlint.streams.takings import COLLECTORS

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.serving import Entry
    from streamlint.values.activations import Frame


class Serialised:
    """Finds collecting functions that are handed to a thread together with a stream."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.drains = project.ask(Drains)

    def of(self, entry: Entry, frame: Frame) -> tuple[Drain, ...]:
        """The streams of a handler that a thread collects; those that a sibling branch streams on purpose are left out."""
        scope = frame.scope
        if scope.is_generator or not entry.answers:
            return ()
        answers = [r for r in scope.returns if r.value is not None and self.drains.answers.is_stream(r.value, frame)]
        found = []
        for call in scope.calls:
            drain = self._of_call(call, frame)
            if drain is not None and not any(exclusive(scope, call.branch, item.branch) for item in answers):
                found.append(drain)
        return tuple(found)

    def _of_call(self, call: ir.Call, frame: Frame) -> Drain | None:
        calls = self.evaluator.calls
        row, handed = calls.moving(call, frame), calls.handed(call, frame)
        if row is None or handed is None or row.where is not Where.THREAD or not handed[1]:
            return None
        given = call.argument(row.position, row.keyword or None)
        source = handed[1][0]
        if given is None or not (self._collects(given, frame) or _joins(given)):
            return None
        tokens = self.evaluator.tokens(self.evaluator.value(source, frame))
        if tokens is None or tokens.is_async is True or tokens.items == "event":
            return None
        return self.drains.with_names(Drain(How.CALL, call.start, call.end, tokens, None, source, call.branch), frame)

    def _collects(self, function: ir.Expression, frame: Frame) -> bool:
        return any(COLLECTORS.get(name) == 0 for name in self.evaluator.names(function, frame))


def _joins(function: ir.Expression) -> bool:
    """`"".join`, not called."""
    return (
        isinstance(function, ir.Attribute) and function.attribute == "join" and isinstance(function.base, ir.Constant)
    )
