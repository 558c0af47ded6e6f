"""Take the poll for a client that has left out of a token loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from streamlint.fix import Edit, Fix, Level
from streamlint.languages.generators import Poll, is_log, statements
from streamlint.source import Span

if TYPE_CHECKING:
    from streamlint.languages.python import PythonFile

_LEAVING = (cst.Break, cst.Return)


def poll_removed(file: PythonFile, poll: Poll) -> Fix | None:
    """Delete the `if` around the poll where it only logs and leaves; None where it does more, or the loop cannot be cancelled."""
    body = statements(poll.test.body)
    if poll.loop.asynchronous is None or poll.test.test is not poll.call or poll.test.orelse is not None:
        return None
    if not body or not isinstance(body[-1], _LEAVING) or not all(is_log(file, one) for one in body[:-1]):
        return None
    if isinstance(body[-1], cst.Return) and body[-1].value is not None:
        return None
    siblings = file.siblings(poll.test)
    if poll.test not in siblings or len(siblings) < 2:
        return None
    return Fix(
        "remove the poll",
        (Edit(_with_blank_lines(file, file.whole_lines(poll.test), poll.test is siblings[0]), ""),),
        Level.SAFE,
        "the server cancels the generator when the client leaves",
        drops=(file.text(poll.test),),
    )


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
