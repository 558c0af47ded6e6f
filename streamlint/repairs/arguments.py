"""How a call is given one argument more or less: what parts it from the others, with their lines and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.fix import Edit
from streamlint.model import syntax as ir
from streamlint.source import Span
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile

_MARK = re.compile(r"#[^\n]*|[,)]")
"""A comma, a bracket that closes, or a comment in which neither counts."""
_KEYWORD = re.compile(r"(\b[^\W\d]\w*)[ \t]*=([\s(]*)\Z")
_BEGINS_LINE = re.compile(r"(\s*)(?:\w+\s*=\s*)?[\s(*]*\Z")
_SPACE = re.compile(r"[ \t]*")
_ENDS_LINE = re.compile(r"[ \t]*(?:\r|\n|#)")


def parted(file: PythonFile, call: cst.Call, between: Span, *, is_broken: bool) -> Iterator[Edit]:
    """In place of what stood before the arguments: a line that they share takes one more, on lines of their own all have commas."""
    if not call.args:
        yield Edit(between, "")
        return
    text = file.source.text
    first, end = file.tree.span(call.args[0]).start, file.tree.span(call.args[-1]).end
    is_bare = is_broken and isinstance(call.args[-1].comma, cst.MaybeSentinel) and bool(_ENDS_LINE.match(text, end))
    if is_bare and "\n" not in text[first:end]:
        yield Edit(Span(between.start, first), ", ")
        return
    yield Edit(between, "," if _ENDS_LINE.match(text, between.end) else ", ")
    if is_bare:
        yield Edit(Span(end, end), ",")


def with_keyword(file: PythonFile, call: ir.Call, keyword: str) -> Edit:
    """One more keyword behind the last argument, on a line of its own where the closing bracket has one."""
    text, end, parts = file.source.text, call.end - 1, _parts(call)
    if not parts:
        return Edit(Span(end, end), keyword)
    last = max(parts, key=lambda one: one.end)
    at = _behind_brackets(text, last.end, end)
    comma = _comma(text, at, end)
    line_end = text.find("\n", at if comma is None else comma, end)
    if line_end < 0:
        return Edit(Span(at, end), f", {keyword}")
    head = _BEGINS_LINE.match(text[file.source.line_span(last.start).start : last.start])
    if head is None:
        return Edit(Span(at, at), f", {keyword}")
    rest = text[at:line_end].rstrip()
    row = f"{file.source.newline}{head[1]}{keyword},"
    if comma is None:
        return Edit(Span(at, at + len(rest)), f",{rest}{row}")
    return Edit(Span(at + len(rest), at + len(rest)), row)


def without_keyword(file: PythonFile, call: ir.Call, value: ir.Expression) -> Edit | None:
    """Takes a keyword out of a call, with the comma that parts it from its neighbour; comments stay."""
    text, before = file.source.text, [one for one in _parts(call) if one.end <= value.start]
    opening = max((one.end for one in before), default=call.function.end)
    word = _KEYWORD.search(text, opening, value.start)
    if word is None:
        return None
    start, end = word.start(1), value.end
    for _ in range(word[2].count("(")):
        end = text.index(")", end) + 1
    comma = _comma(text, end, call.end - 1)
    after = _SPACE.match(text, end if comma is None else comma + 1)
    behind = after.end() if after is not None else end
    first = _comma(text, opening, start)
    is_last = comma is None or text[behind] == ")"
    if is_last and first is not None and not text[first + 1 : start].strip():
        return Edit(Span(first, end), "")
    line = file.source.line_span(start)
    if not text[line.start : start].strip() and text[behind : behind + 1] in "\r\n":
        return Edit(Span(line.start, text.index("\n", behind) + 1), "")
    return Edit(Span(start, behind), "")


def _parts(call: ir.Call) -> list[ir.Expression]:
    return [*call.arguments, *(value for _, value in call.keywords)]


def _comma(text: str, start: int, end: int) -> int | None:
    """The first comma that stands in no comment."""
    marks = (mark for mark in _MARK.finditer(text, start, end) if mark.group() == ",")
    return next((mark.start() for mark in marks), None)


def _behind_brackets(text: str, start: int, end: int) -> int:
    """Behind the brackets that close around an expression."""
    for mark in _MARK.finditer(text, start, end):
        if mark.group() == ",":
            break
        start = mark.end() if mark.group() == ")" else start
    return start
