"""A handler's answer as a stream: the iterator itself where nothing else is done with the text, else a generator around both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.announced import Announced
from streamlint.repairs.drains import REASON, Repair
from streamlint.repairs.dressed import dressed_stream
from streamlint.repairs.generators import LATER, Generated, generated
from streamlint.repairs.rewriting import Rewriting
from streamlint.source import Span

if TYPE_CHECKING:
    from streamlint.knowledge.responses import Preferred
    from streamlint.serving import Entry
    from streamlint.streams.drained import Drain
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame

TITLE = "yield the tokens in a generator, and return a stream of it"


def stream_answer(file: PythonFile, entry: Entry, frame: Frame, drain: Drain) -> Fix | Refusal:
    """The repair of a drain whose text is returned, or the reason why there is none."""
    repair = Repair(file, frame, drain)
    preferred = repair.preferred(entry)
    if isinstance(preferred, Refusal):
        return preferred
    found = repair.make(preferred)
    if isinstance(found, Fix):
        return found
    answer = repair.answer()
    made = dressed_stream(repair, preferred)
    if not isinstance(made, Fix) and answer is not None:
        repair = Repair(file, frame, drain)
        repair.preferred(entry)
        made = _from_generator(repair, answer, preferred)
    return made if isinstance(made, Fix) else found


def _from_generator(repair: Repair, answer: ir.Return, preferred: Preferred) -> Fix | Refusal:
    assert answer.value is not None
    made = generated(repair, answer, Span(answer.start, answer.end), repair.untouched.judge(answer.value))
    if isinstance(made, Refusal):
        return made
    if not (preferred.takes_async if made.is_async else preferred.takes_sync):
        return Refusal(f"`{preferred.name}` takes no such iterator")
    refusal = Announced(repair.file, repair.frame, preferred, repair.untouched).refusal()
    return refusal or _fix(repair, answer, made, preferred)


def _fix(repair: Repair, answer: ir.Return, made: Generated, preferred: Preferred) -> Fix:
    assert answer.value is not None
    rewriting = Rewriting(repair.file, repair.frame, preferred, answer)
    place = Span(answer.start + len("return "), repair.file.source.line_span(answer.end - 1).end)
    text = repair.file.source.text
    place = Span(place.start, place.start + len(text[place.start : place.end].rstrip("\r\n")))
    edits = (*made.edits, Edit(place, rewriting.call(made.call, repair.keywords)), *rewriting.declaration())
    kind = "JSON answer" if isinstance(answer.value, ir.Mapping) else "answer at the end"
    reason = REASON.format(kind)
    return Fix(
        TITLE,
        tuple(sorted(edits)),
        Level.RESPONSE,
        f"{reason}; {LATER}" if made.has_rest else reason,
        rewriting.imports() | made.imports,
        (Span(repair.drain.start, repair.drain.end),),
        (*made.drops, repair.file.text(answer.value), *rewriting.drops()),
    )
