"""Take the poll for a client that has left out of a token loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from streamlint.fix import Edit, Fix, Level
from streamlint.languages.generators import Poll, is_log, statements

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
        (Edit(file.whole_lines(poll.test), ""),),
        Level.SAFE,
        "the server cancels the generator when the client leaves",
    )
