"""Take the poll for a client that has left out of a token loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.faults.polls import Poll
from streamlint.fix import Edit, Fix, Level
from streamlint.source import Span

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile

_CANCELLED = "the server cancels the generator when the client leaves, and nothing else depends on the poll"
_IN_NAME = (
    "over a model that is asynchronous in name only the server cannot cancel the loop, and the poll is what ends it"
)


def poll_removed(file: PythonFile, poll: Poll) -> Fix | None:
    """Delete the `if` around a bare poll; None for every other one, and where the block would be empty."""
    if not poll.is_bare:
        return None
    test = file.tree.statement(poll.test.start, poll.test.end)
    siblings = file.tree.siblings(test) if test is not None else ()
    if test is None or len(siblings) < 2:
        return None
    level, reason = (Level.SAFE, _CANCELLED) if poll.is_cancellable else (Level.UNSAFE, _IN_NAME)
    lines = _with_blank_lines(file, file.tree.whole_lines(test), test is siblings[0])
    return Fix("remove the poll", (Edit(lines, ""),), level, reason, drops=(file.text(poll.test),))


def _with_blank_lines(file: PythonFile, span: Span, is_first: bool) -> Span:
    """The lines of a statement, and the blank ones below it where a block would begin with them, or two would meet."""
    above = file.source.slice(file.source.line_span(span.start - 1)) if span.start else ""
    if not is_first and above.strip():
        return span
    end = span.end
    while end < len(file.source.text):
        line = file.source.line_span(end)
        if file.source.slice(line).strip():
            break
        end = line.end
    return Span(span.start, end)
