"""Hand a streaming response the iterator that was drained for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.project import syntax as ir
from streamlint.project.calls import dotted_name
from streamlint.repairs.answers import Refusal, Repair
from streamlint.source import Span

if TYPE_CHECKING:
    from streamlint.languages.python import PythonFile
    from streamlint.project.frames import Frame
    from streamlint.project.takings import Drain


def stream_original(file: PythonFile, frame: Frame, call: ir.Call, content: ir.Expression, drain: Drain) -> Fix | None:
    """The repair of a replay; None where the collected tokens are used for more than the response."""
    repair = Repair(file, frame, drain)
    stream = repair.stream()
    if drain.hops or stream is None or not _is_replay(content, repair):
        return None
    removed = repair.removed(ir.Return(content, call.start, call.end, drain.branch))
    if isinstance(removed, Refusal):
        return None
    edits = [Edit(repair.lines_of(node), "") for node in removed]
    edits.append(Edit(Span(content.start, content.end), stream))
    return Fix(
        "stream the iterator itself",
        tuple(sorted(edits)),
        Level.SAFE,
        "the same bytes reach the client, only earlier",
        claims=(Span(drain.start, drain.end),),
    )


def _is_replay(content: ir.Expression, repair: Repair) -> bool:
    """The collected tokens, or their text, in a list or an iterator of one item."""
    match content:
        case ir.Sequence(items=(only,)):
            return repair.is_text_only(only)
        case ir.Call(arguments=(only,)) if any(
            dotted_name(value) == "builtins.iter" for value in repair.evaluator.value(content.function, repair.frame)
        ):
            return _is_replay(only, repair)
    return repair.is_text_only(content)
