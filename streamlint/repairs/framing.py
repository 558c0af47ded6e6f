"""Frame tokens as server-sent events, once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from streamlint.faults.framing import Fault, Framed, RawToken, Unframed, as_given, unencoded
from streamlint.fix import Edit, Fix, Import, Level
from streamlint.model import syntax as ir
from streamlint.source import Span
from streamlint.streams.generators import Generators

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile

_SIMPLE = re.compile(r"[^\"\\\n#{}]+|[^'\\\n#{}]+")
_TWICE = re.compile(r"(?P<open>[fF]?[\"'])data: ?(?P<text>.*)\\n\\n(?P<close>[\"'])", re.DOTALL)
_ONLY_VALUE = re.compile(r"[fF][\"']\{([\w.]+)\}[\"']")
_MARKER = re.compile(r"\[[A-Z_]+\]")
_PLAIN = re.compile(r"[^\"'\\\n{}]+")
_HELD = re.compile(r"[\w.]+")
_LETTERS = re.compile(r"(?:\\\\[rn])+(?=[\"']$)")
_REASON = "the client receives events where it received text that no event parser reads"
_AS_JSON = "the client receives each token as JSON, and has to parse it"
_LESS = "the client receives each token without the extra `data: ` in it"
_TITLES = {
    Fault.RAW: "frame each item as an event",
    Fault.HALF: "end each event with an empty line",
    Fault.ESCAPED: "end each event with line breaks",
    Fault.TWICE: "let the response frame the events",
}


def framed(file: PythonFile, unframed: Unframed) -> Fix | None:
    """The repair of all items of a generator, or of an iterator that is itself the body.

    None where one of the items cannot be framed, as the others would then be framed beside it, and where something else than
    the response takes the items.
    """
    if unframed.scope is None and not unframed.is_iterator:
        return None
    if unframed.scope is None:
        edit = _each(file, unframed.expression, unframed.is_async)
        return _response(Fault.RAW, [edit]) if edit is not None else None
    if file.project.ask(Generators).has_other_takers(file.frame(unframed.scope)):
        return None
    frame = {Fault.TWICE: _once, Fault.ESCAPED: _unescaped}.get(unframed.fault, _whole)
    edits = [frame(file, item, kind, unframed) for item, kind in unframed.items]
    if any(edit is None for edit in edits):
        return None
    is_raw = unframed.fault is Fault.RAW
    values = [
        as_given(item.value, unframed.scope) if is_raw else item.value
        for item, kind in unframed.items
        if item.value is not None and (kind is Framed.RAW or not is_raw)
    ]
    drops = [_encoding(file, one) if is_raw else file.text(one) for one in values]
    return _response(unframed.fault, [edit for edit in edits if edit is not None and edit.span.end > 0], drops)


_UNCHANGED = Edit(Span(0, 0), "")


def _whole(file: PythonFile, item: ir.Yield, kind: Framed, unframed: Unframed) -> Edit | None:
    """One item as one event."""
    if item.value is None or unframed.scope is None:
        return None
    value = as_given(item.value, unframed.scope)
    span, text = Span(value.start, value.end), file.text(unencoded(value))
    match kind:
        case Framed.RAW if item.is_from:
            return _each(file, value, is_async=False)
        case Framed.RAW if _SIMPLE.fullmatch(text):
            return Edit(span, _event(text))
        case Framed.BARE if _PLAIN.fullmatch(text[1:-1]):
            return Edit(span, _constant(file, text[1:-1], unframed))
        case Framed.HALF | Framed.OPEN if not _ends_in_text(value):
            return None
        case Framed.HALF:
            return Edit(Span(span.end - 1, span.end - 1), "\\n")
        case Framed.OPEN:
            return Edit(Span(span.end - 1, span.end - 1), "\\n\\n")
        case Framed.WHOLE:
            return _UNCHANGED
    return None


def _unescaped(file: PythonFile, item: ir.Yield, kind: Framed, unframed: Unframed) -> Edit | None:
    """Line breaks for what is written as a backslash and a letter at the end of an event."""
    if kind is not Framed.ESCAPED:
        return _UNCHANGED
    found = _LETTERS.search(file.text(item.value)) if item.value is not None and _ends_in_text(item.value) else None
    if found is None or item.value is None:
        return None
    return Edit(Span(item.value.start + found.start(), item.value.start + found.end()), "\\n\\n")


def _ends_in_text(value: ir.Expression) -> bool:
    """Whether what an expression gives ends with the literal that stands last in it."""
    if isinstance(value, ir.Operation) and value.operator == "Add":
        return _ends_in_text(value.operands[-1])
    return isinstance(value, ir.Constant | ir.FormattedString)


def _once(file: PythonFile, item: ir.Yield, kind: Framed, unframed: Unframed) -> Edit | None:
    """One item without the frame that the response adds."""
    if item.value is None:
        return None
    text = file.text(item.value)
    found = _TWICE.fullmatch(text)
    if found is None:
        return _UNCHANGED if kind in (Framed.RAW, Framed.BARE) else None
    if "\\n" in found["text"]:
        return None
    once = f"{found['open']}{found['text']}{found['close']}"
    value = _ONLY_VALUE.fullmatch(once)
    return Edit(Span(item.value.start, item.value.end), value[1] if value is not None else once)


def encoded(file: PythonFile, scope: ir.Scope, tokens: Sequence[RawToken]) -> Fix | None:
    """Each token in a formatted string as JSON, which has no line breaks."""
    edits = [_encoded(file, token.expression) for token in tokens]
    held = [edit for edit in edits if edit is not None]
    if len(held) < len(edits) or file.project.ask(Generators).has_other_takers(file.frame(scope)):
        return None
    return Fix("send each token as JSON", tuple(sorted(held)), Level.RESPONSE, _AS_JSON, frozenset((Import("json"),)))


def _encoded(file: PythonFile, token: ir.Expression | None) -> Edit | None:
    """Until Python 3.12 a formatted string holds none of its own quotes, so only names and attributes are wrapped."""
    if token is None or not _HELD.fullmatch(file.text(token)):
        return None
    around = file.source.text[token.start - 1 : token.start] + file.source.text[token.end : token.end + 1]
    return Edit(Span(token.start, token.end), f"json.dumps({file.text(token)})") if around == "{}" else None


def _each(file: PythonFile, iterator: ir.Expression, is_async: bool | None) -> Edit | None:
    """A generator expression around an iterator; in place of the element where it is one already."""
    if isinstance(iterator, ir.Closure):
        item = file.facts.scopes[iterator.scope].yields[0].value
        element = file.text(item) if item is not None else ""
        if item is None or not _SIMPLE.fullmatch(element):
            return None
        return Edit(Span(item.start, item.end), _event(element))
    if is_async is None:
        return None
    loop = "async for" if is_async else "for"
    span = Span(iterator.start, iterator.end)
    return Edit(span, f"({_event('token')} {loop} token in {file.text(iterator)})")


def _event(token: str) -> str:
    """One event; as JSON, because a line break or a leading space inside a token would be lost in plain `data:` lines.

    Until Python 3.12 a formatted string holds none of its own quotes.
    """
    single = token.replace('"', "'")
    return f'f"data: {{json.dumps({single})}}\\n\\n"'


def _constant(file: PythonFile, text: str, unframed: Unframed) -> str:
    """A constant as one event: a marker such as `[DONE]` as it is, anything else as the tokens are."""
    is_json = any(
        kind is Framed.RAW or (item.value is not None and "dumps(" in file.text(item.value))
        for item, kind in unframed.items
    )
    if is_json and not _MARKER.fullmatch(text):
        return _event(f"'{text}'")
    return f'"data: {text}\\n\\n"'


def _response(fault: Fault, edits: list[Edit], items: Sequence[str] = ()) -> Fix:
    imports = frozenset((Import("json"),)) if any("json." in edit.text for edit in edits) else frozenset()
    reason = _LESS if fault is Fault.TWICE else _REASON
    drops = tuple(filter(None, items)) if fault is not Fault.HALF else ()
    return Fix(_TITLES[fault], tuple(sorted(edits)), Level.RESPONSE, reason, imports, drops=drops)


def _encoding(file: PythonFile, value: ir.Expression) -> str:
    """What makes bytes of a text, which an event writes itself; "" where nothing does."""
    if unencoded(value) is value or not isinstance(value, ir.Call):
        return ""
    return f"_.encode{file.source.text[value.function.end : value.end]}"
