"""Frame tokens as server-sent events, once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Import, Level
from streamlint.project import syntax as ir
from streamlint.project.framing import Fault, Unframed
from streamlint.source import Span

if TYPE_CHECKING:
    from streamlint.languages.python import PythonFile

_SIMPLE = re.compile(r"[\w.]+")
_TWICE = re.compile(r"(?P<open>[fF]?[\"'])data: ?(?P<text>.*)\\n\\n(?P<close>[\"'])", re.DOTALL)
_ONLY_VALUE = re.compile(r"[fF][\"']\{([\w.]+)\}[\"']")
_REASON = "the client receives events where it received text that no event parser reads"
_LESS = "the client receives each token without the extra `data: ` in it"


def framed(file: PythonFile, unframed: Unframed) -> Fix | None:
    """The repair; None where the expression is not simple enough to stand in an f-string."""
    expression = unframed.expression
    text = file.text(expression)
    span = Span(expression.start, expression.end)
    match unframed.fault:
        case Fault.RAW if unframed.is_iterator:
            return _each(file, unframed, text, span)
        case Fault.RAW if _SIMPLE.fullmatch(text):
            return _response("frame each token as an event", Edit(span, _event(text)))
        case Fault.HALF:
            return _response("end each event with an empty line", Edit(Span(span.end - 1, span.end - 1), "\\n"))
        case Fault.TWICE if found := _TWICE.fullmatch(text):
            once = f"{found['open']}{found['text']}{found['close']}"
            value = _ONLY_VALUE.fullmatch(once)
            edit = Edit(span, value[1] if value is not None else once)
            return Fix("let the response frame the events", (edit,), Level.RESPONSE, _LESS, drops=(text,))
    return None


def _each(file: PythonFile, unframed: Unframed, text: str, span: Span) -> Fix | None:
    """A generator expression around an iterator; in place of the element where it is one already."""
    if isinstance(unframed.expression, ir.Closure):
        item = file.facts.scopes[unframed.expression.scope].yields[0].value
        element = file.text(item) if item is not None else ""
        if item is None or not _SIMPLE.fullmatch(element):
            return None
        return _response("frame each token as an event", Edit(Span(item.start, item.end), _event(element)))
    loop = "async for" if unframed.is_async else "for"
    return _response("frame each token as an event", Edit(span, f"({_event('token')} {loop} token in {text})"))


def _event(token: str) -> str:
    """One event; as JSON, because a line break or a leading space inside a token would be lost in plain `data:` lines."""
    return f'f"data: {{json.dumps({token})}}\\n\\n"'


def _response(title: str, edit: Edit) -> Fix:
    imports = frozenset((Import("json"),)) if "json." in edit.text else frozenset()
    return Fix(title, (edit,), Level.RESPONSE, _REASON, imports)
