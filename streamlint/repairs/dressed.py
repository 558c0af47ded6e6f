"""An answer with headers, cookies or a status of its own: the stream takes the place of its body, and they stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.announced import Announced
from streamlint.repairs.drains import REASON, TITLE, Removed, Repair
from streamlint.repairs.rewriting import Rewriting
from streamlint.repairs.untouched import Form, Same
from streamlint.source import Placed, Span
from streamlint.values.calls import dotted_name

if TYPE_CHECKING:
    from streamlint.knowledge.responses import Preferred, ResponseClass

_DRESSES = ("status_code", "status", "headers", "background")
_SETS = ("set_cookie", "delete_cookie")
_REFUSAL = Refusal("the answer carries more than the text")


def dressed_stream(repair: Repair, preferred: Preferred) -> Fix | Refusal:
    """The stream as the body of the one response that the text is given to."""
    made = [
        call
        for call in repair.scope.calls
        if any(rows_of(repair, call)) and _takes(repair, call) and call.end not in repair.scope.awaited
    ]
    return _Dressed(repair, preferred, made[0]).make() if len(made) == 1 else _REFUSAL


def rows_of(repair: Repair, call: ir.Call) -> list[ResponseClass | None]:
    """What is known of the response that a call makes."""
    responses = repair.evaluator.knowledge.responses
    values = repair.evaluator.value(call.function, repair.frame)
    return [responses.response(dotted_name(value)) for value in values]


def _takes(repair: Repair, call: ir.Call) -> bool:
    names = repair.derived
    return call.contains(repair.drain) or any(isinstance(p, ir.Name) and p.id in names for p in ir.walk(call))


class _Dressed:
    def __init__(self, repair: Repair, preferred: Preferred, call: ir.Call) -> None:
        self.repair, self.preferred, self.call = repair, preferred, call
        self.file, self.scope = repair.file, repair.scope

    def make(self) -> Fix | Refusal:
        content, answer = self._content(), self._answer()
        if content is None or answer is None:
            return _REFUSAL
        was = self.repair.untouched.judge(content)
        if isinstance(was, Refusal):
            return was
        stream = self.repair.stream(are_joined=any("join" in one for one in was.drops))
        if was.form in (Form.OBJECT, Form.BUFFER) or stream is None or stream.kept:
            return _REFUSAL
        removed = self.repair.replaced(Span(self.call.start, self.call.end))
        if isinstance(removed, Refusal):
            return removed
        refusal = Announced(self.file, self.repair.frame, self.preferred, self.repair.untouched).refusal()
        return refusal or self._fix(
            replace(answer, value=self.call), content, stream.text, removed, (was, stream.drops)
        )

    def _content(self) -> ir.Expression | None:
        """The body, where everything beside it is a header, a status or the like that does not depend on the text."""
        rows = rows_of(self.repair, self.call)
        if len(rows) != 1 or rows[0] is None or rows[0].file or rows[0].by_hand:
            return None
        place = rows[0].content
        given = self.call.argument(place.position, place.keyword or None) if place else None
        others = [value for _, value in self.call.keywords if value is not given]
        named = [keyword for keyword, value in self.call.keywords if value is not given]
        is_media = {rows[0].media_type_argument.keyword, "media_type", "mimetype", "content_type"}
        if given is None or [one for one in self.call.arguments if one is not given]:
            return None
        if any(name not in _DRESSES and name not in is_media for name in named):
            return None
        return None if any(self._reads_text(one) or self._measures(one) for one in others) else given

    def _reads_text(self, expression: ir.Expression) -> bool:
        return any(isinstance(part, ir.Name) and part.id in self.repair.derived for part in ir.walk(expression))

    def _measures(self, expression: Placed) -> bool:
        """`Content-Length` and its like are said of the whole text."""
        return "content-" in self.file.text(expression).lower()

    def _answer(self) -> ir.Return | None:
        """The `return` of the response, made there or kept under a name that only dresses it."""
        direct = next((one for one in self.scope.returns if one.value is self.call), None)
        if direct is not None:
            return direct
        bound = [one for one in self.scope.bindings if one.value is self.call and one.kind == "assign" and not one.path]
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
            if self._measures(Span(store.start, store.end)) or self._reads_text(store.value):
                continue
            if store.base is use and store.member in ("status_code", "status"):
                return True
            if isinstance(store.base, ir.Attribute) and store.base.base is use and store.base.attribute == "headers":
                return bool(store.member)
        attribute = uses.parent(use)
        call = uses.parent(attribute) if isinstance(attribute, ir.Attribute) and attribute.attribute in _SETS else None
        return isinstance(call, ir.Call) and call.function is attribute and not self._reads_text(call)

    def _fix(
        self,
        answer: ir.Return,
        content: ir.Expression,
        stream: str,
        removed: Removed,
        was: tuple[Same, tuple[str, ...]],
    ) -> Fix:
        rewriting = Rewriting(self.file, self.repair.frame, self.preferred, answer)
        kept = [
            self.file.text(Span(self.file.source.text.rindex(keyword or "", 0, value.start), value.end))
            for keyword, value in self.call.keywords
            if value is not content and keyword in _DRESSES
        ]
        edits = [Edit(self.repair.lines_of(node), "") for node in removed.statements]
        edits.append(Edit(Span(self.call.start, self.call.end), rewriting.call(stream, tuple(kept))))
        edits += rewriting.declaration()
        imports = rewriting.imports()
        keyword = next((f"{word}=" for word, value in self.call.keywords if value is content), "")
        dropped = f"{self.file.text(self.call.function)}({keyword}_)"
        drops = (*removed.drops, *was[0].drops, *was[1], dropped, *self._media(content), *rewriting.drops())
        claims = (Span(self.repair.drain.start, self.repair.drain.end),)
        reason = REASON.format("answer at the end")
        return Fix(TITLE, tuple(sorted(edits)), Level.RESPONSE, reason, imports, claims, drops)

    def _media(self, content: ir.Expression) -> Iterator[str]:
        yield from (
            self.file.text(value)
            for keyword, value in self.call.keywords
            if value is not content and keyword not in _DRESSES
        )
