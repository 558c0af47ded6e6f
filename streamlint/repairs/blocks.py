"""Statements that go into a block of their own, a step deeper: with their comments, and with what is edited in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from streamlint.fix import Edit, edited
from streamlint.model.comments import comments_in
from streamlint.source import Span
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile


def code_of(file: PythonFile, place: Span, edits: Iterable[Edit] = ()) -> str:
    """Whole lines after some edits in them, and a line end behind the last one."""
    inner = (Edit(Span(edit.span.start - place.start, edit.span.end - place.start), edit.text) for edit in edits)
    text = edited(file.source.slice(place), inner)
    return text if not text or text.endswith(("\n", "\r")) else f"{text}{file.source.newline}"


def comments_of(file: PythonFile, node: cst.BaseStatement) -> Iterator[str]:
    """Those above, in and behind a statement of which only the code is written anew."""
    return comments_in(file.source.slice(file.tree.whole_lines(node)))


def behind(file: PythonFile, node: cst.BaseStatement, code: str) -> Edit:
    """One line more, below a statement and its comment."""
    source, start = file.source, file.tree.span(node).start
    lines = file.tree.whole_lines(node)
    end = lines.start + len(source.slice(lines).rstrip("\r\n"))
    return Edit(Span(end, end), f"{source.newline}{source.indent(start)}{code}")


def deeper(text: str, step: str) -> str:
    """Lines with one step more before each that has some code."""
    return "".join(f"{step}{line}" if line.strip() else line for line in text.splitlines(keepends=True))


def stepped(line: str, step: str) -> str:
    """A line that begins with steps of four blanks, with those of a file."""
    code = line.lstrip(" ")
    return f"{step * ((len(line) - len(code)) // 4)}{code}"


def is_movable(file: PythonFile, place: Span) -> bool:
    """Whether no text in it goes over lines, as the blanks before those are a part of it."""
    strings = file.tree.within(place, cst.SimpleString, cst.FormattedString)
    return not any("\n" in file.text(each) for _, each in strings)
