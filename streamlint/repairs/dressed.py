"""An answer with headers, cookies or a status of its own: the stream takes the place of its body, and they stay as they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.immutable import immutable
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.announced import Announced
from streamlint.repairs.drains import REASON, TITLE, WHOLE, Removed, Repair
from streamlint.repairs.rewriting import Rewriting
from streamlint.repairs.untouched import Form, Same
from streamlint.source import Placed, Span
from streamlint.values.domain import dotted_name

if TYPE_CHECKING:
    from streamlint.knowledge.responses import Preferred, ResponseClass

_STATUS, _HEADERS = ("status_code", "status"), "headers"
_DRESSES = (*_STATUS, _HEADERS, "background")
_SETS = ("set_cookie", "delete_cookie")
_ADDS = ("add", "update", "setdefault", "append", "extend")
_KINDS = ("mimetype", "content_type")
_REFUSAL = Refusal("the answer carries more than the text")


@immutable
class Dress:
    """The body in an answer, what a response over the stream takes the place of, and what else that response is given."""

    answer: ir.Return
    content: ir.Expression
    place: Span
    made: ir.Expression
    kept: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    is_named: bool = False
    """Whether it is kept under a name, and dressed there before it is returned."""


def dressed_stream(repair: Repair, preferred: Preferred) -> Fix | Refusal:
    """The stream as the body of the one response that the text is given to."""
    dress = dress_of(repair)
    return _made(repair, preferred, dress) if dress is not None else _REFUSAL


def dress_of(repair: Repair) -> Dress | None:
    """The one answer that the text is given to, where everything beside it does not depend on the text."""
    answer = repair.answer()
    takes_tuples = repair.evaluator.knowledge.responses.takes_tuples(repair.framework)
    if takes_tuples and answer is not None and isinstance(answer.value, ir.Sequence) and answer.value.kind == "tuple":
        return _of_tuple(repair, answer, answer.value)
    found = [call for call in repair.scope.calls if any(rows_of(repair, call)) and _takes(repair, call)]
    outer = [call for call in found if not any(other is not call and other.contains(call) for other in found)]
    return _Dressed(repair, outer[0]).dress() if len(outer) == 1 else None


def rows_of(repair: Repair, call: ir.Call) -> list[ResponseClass | None]:
    """What is known of the response that a call makes."""
    responses = repair.evaluator.knowledge.responses
    values = repair.evaluator.value(call.function, repair.frame)
    return [responses.response(dotted_name(value)) for value in values]


def _takes(repair: Repair, call: ir.Call) -> bool:
    names = repair.derived
    return call.contains(repair.drain) or any(isinstance(p, ir.Name) and p.id in names for p in ir.walk(call))


def _of_tuple(repair: Repair, answer: ir.Return, items: ir.Sequence) -> Dress | None:
    """`return {"answer": text}, 201, headers`, as one response: Flask-RESTful takes no tuple with one in it."""
    given = _as_view(list(items.items))
    if given is None or any(isinstance(one, ir.Starred) for one in items.items):
        return None
    content = given.pop("")
    if any(_reads_text(repair, one) or _measures(repair, one) for one in given.values()):
        return None
    kept = tuple(f"{word}={repair.file.text(value)}" for word, value in given.items())
    return Dress(answer, content, Span(items.start, items.end), content, kept)


def _as_view(items: list[ir.Expression]) -> dict[str, ir.Expression] | None:
    """What a view of Flask may return, by the keywords of a response, the body under ""; None where that cannot be told."""
    match items:
        case [content]:
            return {"": content}
        case [content, ir.Constant() as status] | [content, ir.Attribute(base=ir.Name(id="HTTPStatus")) as status]:
            return {"": content, "status": status}
        case [content, ir.Mapping() as headers]:
            return {"": content, "headers": headers}
        case [content, status, headers]:
            return {"": content, "status": status, "headers": headers}
    return None


def _reads_text(repair: Repair, expression: ir.Expression) -> bool:
    return any(isinstance(part, ir.Name) and part.id in repair.derived for part in ir.walk(expression))


def _measures(repair: Repair, expression: Placed) -> bool:
    """`Content-Length` and its like are said of the whole text."""
    return "content-" in repair.file.text(expression).lower()


class _Dressed:
    """One call that makes a response of the text."""

    def __init__(self, repair: Repair, call: ir.Call) -> None:
        self.repair, self.call = repair, call
        self.file, self.scope = repair.file, repair.scope
        around = self.file.facts.uses.parent(call)
        self.made: ir.Expression = around if isinstance(around, ir.Await) else call

    def dress(self) -> Dress | None:
        rows = rows_of(self.repair, self.call)
        row = rows[0] if len(rows) == 1 else None
        if row is None or row.file or row.by_hand:
            return None
        given = self._given(row)
        content = given.pop("", None) if given is not None else None
        if given is None or content is None:
            return None
        is_media = {row.media_type_argument.keyword, "media_type", *_KINDS}
        if any(word not in _DRESSES and word not in is_media for word in given):
            return None
        if any(_reads_text(self.repair, one) or _measures(self.repair, one) for one in given.values()):
            return None
        answer = self._answer()
        if answer is None:
            return None
        kept = tuple(f"{word}={self.file.text(value)}" for word, value in given.items() if word in _DRESSES)
        media = tuple(self.file.text(value) for word, value in given.items() if word not in _DRESSES)
        label = next((f"{word}=" for word, value in self.call.keywords if value is content), "")
        drops = (f"{self.file.text(self.call.function)}({label}_)", *media)
        place, is_named = Span(self.made.start, self.made.end), answer.value is not self.made
        return Dress(answer, content, place, self.call, kept, drops, is_named)

    def _given(self, row: ResponseClass) -> dict[str, ir.Expression] | None:
        """What the call is given, by the keyword of a response; the body under ""."""
        arguments = list(self.call.arguments)
        if row.variadic or any(isinstance(one, ir.Starred) for one in arguments):
            return None if len(arguments) != 1 or self.call.keywords else {"": arguments[0]}
        if row.as_view:
            only = arguments[0] if len(arguments) == 1 else None
            is_tuple = isinstance(only, ir.Sequence) and only.kind == "tuple"
            return _as_view(list(only.items) if isinstance(only, ir.Sequence) and is_tuple else arguments)
        names = row.parameters or ((row.content.keyword,) if row.content.position == 0 else ())
        if len(arguments) > len(names):
            return None
        named = dict(zip(names, arguments, strict=False))
        named.update((word or "**", value) for word, value in self.call.keywords)
        content = named.pop(row.content.keyword, None)
        return {"": content, **named} if content is not None else None

    def _answer(self) -> ir.Return | None:
        """The `return` of the response, made there or kept under a name that only dresses it."""
        direct = next((one for one in self.scope.returns if one.value is self.made), None)
        if direct is not None:
            return direct
        bound = [one for one in self.scope.bindings if one.value is self.made and one.kind == "assign" and not one.path]
        if len(bound) != 1 or len(self.scope.by_name.get(bound[0].name, ())) != 1:
            return None
        name = bound[0].name
        self.repair.derived -= {name}
        returned = [one for one in self.scope.returns if isinstance(one.value, ir.Name) and one.value.id == name]
        uses = [use for scope in self.repair.scopes_inside() for use in scope.names if use.id == name]
        is_dressed = all(self._dresses(use) for use in uses if not any(use is one.value for one in returned))
        return returned[0] if len(returned) == 1 and is_dressed else None

    def _dresses(self, use: ir.Name) -> bool:
        """`response.headers[...] = ...`, `response.set_cookie(...)`, `response.status_code = ...`, without the text."""
        uses = self.file.facts.uses
        for store in self.scope.stores:
            if _measures(self.repair, Span(store.start, store.end)) or _reads_text(self.repair, store.value):
                continue
            if store.base is use:
                return self._sets(store)
            if isinstance(store.base, ir.Attribute) and store.base.base is use and store.base.attribute == "headers":
                return bool(store.member)
        attribute = uses.parent(use)
        if isinstance(attribute, ir.Attribute) and attribute.attribute == "headers":
            attribute = uses.parent(attribute)
            is_known = isinstance(attribute, ir.Attribute) and attribute.attribute in _ADDS
        else:
            is_known = isinstance(attribute, ir.Attribute) and attribute.attribute in _SETS
        call = uses.parent(attribute) if isinstance(attribute, ir.Attribute) and is_known else None
        if not isinstance(call, ir.Call) or call.function is not attribute:
            return False
        return not _reads_text(self.repair, call) and not _measures(self.repair, call)

    def _sets(self, store: ir.Store) -> bool:
        """`response.status_code = 201`, `response["X-Model"] = name`, `response.mimetype = "text/html"`."""
        if not store.is_attribute:
            return bool(store.member)
        if store.member in _KINDS:
            return isinstance(store.value, ir.Constant) and str(store.value.value).startswith("text/")
        return store.member in _STATUS


def _made(repair: Repair, preferred: Preferred, dress: Dress) -> Fix | Refusal:
    was = repair.untouched.judge(dress.content)
    if isinstance(was, Refusal):
        return was
    stream = repair.stream(are_joined=any("join" in one for one in was.drops))
    if was.form in (Form.OBJECT, Form.BUFFER) or stream is None or stream.kept:
        return _REFUSAL
    removed = repair.replaced(dress.place)
    if isinstance(removed, Refusal):
        return removed
    refusal = Announced(repair.file, repair.frame, preferred, repair.untouched).refusal()
    return refusal or _fix(repair, preferred, dress, stream.text, removed, (was, stream.drops))


def _fix(
    repair: Repair,
    preferred: Preferred,
    dress: Dress,
    stream: str,
    removed: Removed,
    was: tuple[Same, tuple[str, ...]],
) -> Fix:
    content = dress.content if was[0].form is Form.ANSWER else None
    rewriting = Rewriting(repair.file, repair.frame, preferred, replace(dress.answer, value=dress.made), content)
    edits = [Edit(repair.lines_of(node), "") for node in removed.statements]
    edits.append(Edit(dress.place, rewriting.call(stream, dress.kept)))
    edits += rewriting.declaration()
    drops = (*removed.drops, *was[0].drops, *was[1], *dress.drops, *rewriting.drops())
    claims = (Span(repair.drain.start, repair.drain.end),)
    reason = REASON.format(WHOLE)
    return Fix(TITLE, tuple(sorted(edits)), Level.RESPONSE, reason, rewriting.imports(), claims, drops)
