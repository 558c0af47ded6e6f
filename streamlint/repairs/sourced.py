"""An answer of JSON that says more than the text: each token is sent as a line of it, and the rest as the last line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Import, Level
from streamlint.immutable import immutable
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.announced import Announced
from streamlint.repairs.drains import Repair
from streamlint.repairs.dressed import Dress, dress_of
from streamlint.repairs.generators import LATER, Generated, Items, generated
from streamlint.repairs.plain import Plain
from streamlint.repairs.rewriting import Rewriting
from streamlint.source import Span
from streamlint.streams import Drains

if TYPE_CHECKING:
    from streamlint.knowledge.responses import Preferred

_TITLE = "send each token as a line of JSON, and the rest as the last line"
_REASON = "the client receives lines of JSON, the text in pieces under `{0}`, not one JSON answer"
_LINES = "application/x-ndjson"
_SHORT = 44
"""Characters of a document that is written where it is yielded."""
_NAMES = ("rest", "last", "end")
_BESIDE = "send the rest as headers, or as the first or last item of the stream"
_REFUSAL = Refusal("the answer carries more than the text", _BESIDE)


@immutable
class _Document:
    """The one document that is answered: under which key it has the text, and the code of all else in it."""

    key: ir.Constant
    text: ir.Expression
    rest: tuple[tuple[ir.Expression, ir.Expression], ...]
    statement: Span | None = None
    """Where it is given a name that only the answer reads."""


def sourced_stream(repair: Repair, preferred: Preferred) -> Fix | Refusal:
    """`return {"answer": str(response), "sources": sources}` as lines, which a client reads while they come."""
    answer = repair.answer()
    dress = dress_of(repair)
    if dress is None and answer is not None and answer.value is not None:
        dress = Dress(answer, answer.value, Span(answer.value.start, answer.value.end), answer.value)
    document = _document(repair, dress) if dress is not None and not dress.is_named else None
    if dress is None or document is None:
        return _REFUSAL
    encoded = _encoded(repair, dress, [value for _, value in document.rest])
    if encoded is None:
        return _REFUSAL
    made = _made(repair, dress, document, encoded)
    if isinstance(made, Refusal):
        return made
    if not (preferred.takes_async if made.is_async else preferred.takes_sync):
        return Refusal(f"`{preferred.name}` takes no such iterator")
    refusal = Announced(repair.file, repair.frame, preferred, repair.untouched).refusal()
    return refusal or _fix(repair, preferred, dress, document, made, encoded)


def _document(repair: Repair, dress: Dress) -> _Document | None:
    content, statement = dress.content, None
    if isinstance(content, ir.Name):
        made = [one for one in repair.scope.bindings if one.name == content.id]
        uses = [one for scope in repair.scopes_inside() for one in scope.names if one.id == content.id]
        if len(made) != 1 or made[0].value is None or made[0].path or len(uses) != 1:
            return None
        node = repair.file.tree.statement(made[0].start, made[0].end)
        content, statement = made[0].value, repair.file.tree.span(node) if node is not None else None
        if statement is None or statement.start < repair.drain.start:
            return None
    if not isinstance(content, ir.Mapping) or not all(_is_word(key) for key, _ in content.items):
        return None
    texts = [(key, value) for key, value in content.items if not isinstance(repair.untouched.judge(value), Refusal)]
    rest = tuple((key, value) for key, value in content.items if key is not None and (key, value) not in texts)
    if len(texts) != 1 or not rest or not isinstance(texts[0][0], ir.Constant):
        return None
    if any(_waits(repair, value) for _, value in rest) or any(
        _counts(v) for _, v in rest if v.start < repair.drain.start
    ):
        return None
    return _Document(texts[0][0], texts[0][1], rest, statement)


def _is_word(key: ir.Expression | None) -> bool:
    return isinstance(key, ir.Constant) and isinstance(key.value, str)


def _waits(repair: Repair, value: ir.Expression) -> bool:
    """Whether an item is awaited, gets a name, or takes the tokens of another stream."""
    drains = repair.file.project.ask(Drains).in_frame(repair.frame)
    is_taken = any(value.contains(one) for one in drains if one.start != repair.drain.start)
    return is_taken or any(isinstance(part, ir.Await | ir.Walrus) for part in ir.walk(value))


def _counts(value: ir.Expression) -> bool:
    """Whether an item may be another one when the tokens are there: something is called for it before the text is."""
    return any(isinstance(part, ir.Call) for part in ir.walk(value))


def _encoded(repair: Repair, dress: Dress, rest: list[ir.Expression]) -> frozenset[Import] | None:
    """What a line is written with, so that everything is written that the old answer could write; None where that is unknown."""
    plain = Plain(repair.file, repair.frame)
    if all(plain.holds(one) for one in rest) or plain.is_dumped(dress.made):
        return frozenset((Import("json"),))
    if repair.framework == "fastapi" and dress.made is dress.answer.value and dress.made is dress.content:
        return frozenset((Import("json"), Import("fastapi.encoders", "jsonable_encoder")))
    return None


def _made(repair: Repair, dress: Dress, document: _Document, imports: frozenset[Import]) -> Generated | Refusal:
    text, key = repair.file.text, repair.file.text(document.key)
    whole = "{" + ", ".join(f"{text(key)}: {text(value)}" for key, value in document.rest) + "}"
    if "#" in text(document.statement or dress.answer) or (
        "\n" in whole and any(quotes in whole for quotes in ('"""', "'''"))
    ):
        return Refusal("there are comments in the answer")
    whole = _on_one_line(whole)
    whole = f"jsonable_encoder({whole})" if len(imports) > 1 else whole
    name = "" if len(whole) <= _SHORT else repair.free(_NAMES)
    named = (f"{name} = {whole}",) if name else ()
    items = Items(
        lambda token: f'json.dumps({{{key}: {token}}}) + "\\n"',
        (*named, f'yield json.dumps({name or whole}) + "\\n"'),
        tuple(Span(value.start, value.end) for _, value in document.rest),
        document.statement,
    )
    sent = Span(document.text.start, document.text.end) if document.statement is None else dress.place
    was = repair.untouched.judge(document.text)
    return generated(repair, dress.answer, sent, was, items)


def _on_one_line(code: str) -> str:
    """Code in brackets without its line breaks, and without the comma behind which only a bracket closes."""
    joined = ""
    for line in (one.strip() for one in code.splitlines()):
        if line.startswith((")", "]", "}")):
            joined = joined.removesuffix(",") + line
        else:
            joined += line if not joined or joined.endswith(("(", "[", "{")) else f" {line}"
    return joined


def _fix(
    repair: Repair,
    preferred: Preferred,
    dress: Dress,
    document: _Document,
    made: Generated,
    encoded: frozenset[Import],
) -> Fix:
    rewriting = Rewriting(repair.file, repair.frame, preferred, replace(dress.answer, value=dress.made))
    response = rewriting.call(made.call, (*dress.kept, *repair.keywords(dress.made)), kind=_LINES)
    edits = (*made.edits, Edit(dress.place, response), *rewriting.declaration())
    reason = _REASON.format(document.key.value)
    return Fix(
        _TITLE,
        tuple(sorted(edits)),
        Level.RESPONSE,
        f"{reason}; {LATER}" if made.has_rest else reason,
        rewriting.imports() | made.imports | encoded,
        (Span(repair.drain.start, repair.drain.end),),
        (*made.drops, *dress.drops, *rewriting.drops()),
    )
