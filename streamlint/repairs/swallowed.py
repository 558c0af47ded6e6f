"""Which repair a stream gets that a handler swallows: by where its tokens are taken, and how the framework is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Fix
from streamlint.knowledge.frameworks import Purpose
from streamlint.refusals import Refusal
from streamlint.repairs.answers import stream_answer
from streamlint.repairs.helped import through_helper
from streamlint.repairs.mixing import off_its_loop
from streamlint.repairs.printed import printed_stream
from streamlint.repairs.sockets import sent_one_by_one
from streamlint.repairs.written import written_stream

if TYPE_CHECKING:
    from streamlint.serving import Entry
    from streamlint.streams.drained import Drain
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame


def let_through(file: PythonFile, entry: Entry, frame: Frame, drain: Drain) -> Fix | Refusal:
    """The repair of a drain in a handler, or the reason why there is none."""
    if not drain.hops:
        found = _own(file, entry, frame, drain)
        return off_its_loop(file, frame.scope, drain, found) if isinstance(found, Fix) else found
    return through_helper(file, frame, drain, lambda own: _own(file, entry, frame, own))


def _own(file: PythonFile, entry: Entry, frame: Frame, drain: Drain) -> Fix | Refusal:
    """The repair where the tokens are taken in the handler itself."""
    if entry.kind is Purpose.WEBSOCKET:
        return sent_one_by_one(file, frame, drain)
    if file.project.knowledge.responses.written(entry.framework) is not None:
        return written_stream(file, entry, frame, drain)
    found = stream_answer(file, entry, frame, drain)
    printed = printed_stream(file, entry, frame, drain) if isinstance(found, Refusal) else found
    return printed if isinstance(printed, Fix) else found
