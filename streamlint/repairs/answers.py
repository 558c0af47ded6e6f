"""A handler's answer as a stream: the iterator itself where nothing else is done with the text, else a generator around both."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.announced import Announced
from streamlint.repairs.drains import JSON, REASON, WHOLE, Repair
from streamlint.repairs.dressed import Dress, dress_of, dressed_stream
from streamlint.repairs.generators import LATER, Generated, generated
from streamlint.repairs.lines import lines_stream
from streamlint.repairs.rewriting import Rewriting
from streamlint.repairs.sourced import sourced_stream
from streamlint.repairs.untouched import Form, Same
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
    for other in (lines_stream, sourced_stream):
        if isinstance(made, Refusal):
            repair = Repair(file, frame, drain)
            repair.preferred(entry)
            made = other(repair, preferred)
    return made if isinstance(made, Fix) else found


def _from_generator(repair: Repair, answer: ir.Return, preferred: Preferred) -> Fix | Refusal:
    assert answer.value is not None
    dress = dress_of(repair)
    if dress is None or dress.is_named or dress.answer is not answer:
        dress = Dress(answer, answer.value, Span(answer.value.start, answer.value.end), answer.value)
    made = generated(repair, answer, dress.place, repair.untouched.judge(dress.content))
    if isinstance(made, Refusal):
        return made
    if not (preferred.takes_async if made.is_async else preferred.takes_sync):
        return Refusal(f"`{preferred.name}` takes no such iterator")
    refusal = Announced(repair.file, repair.frame, preferred, repair.untouched).refusal()
    return refusal or _fix(repair, dress, made, preferred)


def _fix(repair: Repair, dress: Dress, made: Generated, preferred: Preferred) -> Fix:
    was = repair.untouched.judge(dress.content)
    content = dress.content if isinstance(was, Same) and was.form is Form.ANSWER else None
    rewriting = Rewriting(repair.file, repair.frame, preferred, replace(dress.answer, value=dress.made), content)
    edits = (
        *made.edits,
        Edit(_place(repair, dress), rewriting.call(made.call, (*dress.kept, *repair.keywords(dress.made)))),
    )
    kind = JSON if isinstance(dress.content, ir.Mapping) else WHOLE
    reason = REASON.format(kind)
    return Fix(
        TITLE,
        tuple(sorted((*edits, *rewriting.declaration()))),
        Level.RESPONSE,
        f"{reason}; {LATER}" if made.has_rest else reason,
        rewriting.imports() | made.imports,
        (Span(repair.drain.start, repair.drain.end),),
        (*made.drops, repair.file.text(dress.content), *dress.drops, *rewriting.drops()),
    )


def _place(repair: Repair, dress: Dress) -> Span:
    """What the response takes the place of; of a whole answer the brackets and the comment behind it too."""
    answer, text = dress.answer, repair.file.source.text
    if answer.value is None or dress.place != Span(answer.value.start, answer.value.end):
        return dress.place
    place = Span(answer.start + len("return "), repair.file.source.line_span(answer.end - 1).end)
    return Span(place.start, place.start + len(text[place.start : place.end].rstrip("\r\n")))
