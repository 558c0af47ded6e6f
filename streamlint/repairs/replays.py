"""Hand a streaming response the iterator that was drained for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.drains import Repair
from streamlint.repairs.generators import LATER, generated
from streamlint.repairs.opened import opened
from streamlint.repairs.untouched import Form, Same
from streamlint.repairs.yielded import yielded_one_by_one
from streamlint.source import Span
from streamlint.values.domain import dotted_name

if TYPE_CHECKING:
    from streamlint.streams.drained import Drain
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame

_SAME = "the same bytes reach the client, only earlier"
_YIELD = "yield each token inside the loop that takes it"
_ONE = Refusal("each item is sent as an event of its own", "decide what an event is, and yield that in a generator")


def stream_original(
    file: PythonFile, frame: Frame, call: ir.Call, content: ir.Expression, drain: Drain
) -> Fix | Refusal:
    """The repair of a replay, or why the collected tokens are not only sent again."""
    repair = Repair(file, frame, drain)
    if drain.hops:
        return Refusal("", _YIELD) if _frames_items(call, repair) else yielded_one_by_one(file, drain)
    found = _handed_over(repair, call, content)
    if isinstance(found, Fix):
        return found
    anew = _from_generator(repair, call, content)
    anew = anew if isinstance(anew, Fix) else opened(repair, content)
    return anew if isinstance(anew, Fix) else found


def _from_generator(repair: Repair, call: ir.Call, content: ir.Expression) -> Fix | Refusal:
    """A generator that yields what is collected, where more is done with it than to send it again."""
    answer = next((one for one in repair.scope.returns if one.value is call), None)
    if answer is None or _frames_items(call, repair):
        return _ONE
    made = generated(repair, answer, Span(content.start, content.end), _replayed(content, repair))
    if isinstance(made, Refusal):
        return made
    responses = repair.evaluator.knowledge.responses
    rows = [responses.response(dotted_name(v)) for v in repair.evaluator.value(call.function, repair.frame)]
    fates = [row.async_iterator if made.is_async else row.sync_iterator for row in rows if row is not None]
    if not fates or not all(fate.streams for fate in fates):
        return _ONE
    level = Level.RESPONSE if made.has_rest else Level.SAFE
    return Fix(
        "yield the tokens in a generator, and stream that",
        (*made.edits, Edit(Span(content.start, content.end), made.call)),
        level,
        f"{_SAME}; {LATER}" if made.has_rest else _SAME,
        made.imports,
        (Span(repair.drain.start, repair.drain.end),),
        (*made.drops, repair.file.text(content)),
    )


def _handed_over(repair: Repair, call: ir.Call, content: ir.Expression) -> Fix | Refusal:
    drain = repair.drain
    was = _replayed(content, repair)
    if isinstance(was, Refusal):
        return was
    if was.form not in (Form.TEXT, Form.PIECES):
        return Refusal("the response is given something else than the text", _YIELD)
    if was.form is Form.TEXT and _frames_items(call, repair):
        return _ONE
    stream = repair.stream()
    if stream is None:
        return Refusal("the tokens are changed, counted or shown on the way", _YIELD)
    place = Span(content.start, content.end)
    removed = repair.replaced(place)
    if isinstance(removed, Refusal):
        return removed
    edits = [Edit(repair.lines_of(node), "") for node in removed.statements]
    edits.append(Edit(place, stream.text))
    return Fix(
        "stream the iterator itself",
        tuple(sorted(edits)),
        Level.SAFE,
        _SAME,
        claims=(Span(drain.start, drain.end),),
        drops=(*removed.drops, *was.drops, *stream.drops),
    )


def _replayed(content: ir.Expression, repair: Repair) -> Same | Refusal:
    """The collected tokens, or their text, in a list or an iterator of one item."""
    is_drain = (content.start, content.end) == (repair.drain.start, repair.drain.end)
    match content:
        case ir.Sequence(kind="list" | "tuple", items=(only,)) if not is_drain:
            was = repair.untouched.judge(only)
            return (
                was
                if isinstance(was, Refusal) or was.form is Form.TEXT
                else Refusal("a list is sent in a list", _YIELD)
            )
        case ir.Call(arguments=(only,), keywords=()) if not is_drain and _is_iter(content, repair):
            was = _replayed(only, repair)
            return was if isinstance(was, Refusal) else Same(was.form, (*was.drops, "iter(_)"))
    return repair.untouched.judge(content)


def _is_iter(call: ir.Call, repair: Repair) -> bool:
    return any(dotted_name(value) == "builtins.iter" for value in repair.evaluator.value(call.function, repair.frame))


def _frames_items(call: ir.Call, repair: Repair) -> bool:
    """Whether the response makes an event of each item, so that their number matters."""
    responses = repair.evaluator.knowledge.responses
    rows = [responses.response(dotted_name(v)) for v in repair.evaluator.value(call.function, repair.frame)]
    return any(row is not None and row.frames_sse for row in rows)
