"""The texts of a run: what is read, and the faults of what cannot be read or parsed."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.finding import UNREADABLE_FILE, Finding, Place
from streamlint.outcome import Skipped
from streamlint.rule import file_place
from streamlint.source import Source, Span, UnreadableFile
from streamlint.suppress import MARK

if TYPE_CHECKING:
    from streamlint.discovery import Found

SIZE_LIMIT = 2_000_000
"""Bytes; a larger file was written by a program."""
SYNTAX_BUDGET = 1_000_000
"""Characters of files that cannot matter of which a run still checks the syntax: `ast` reads about 7 MB a second."""


@dataclass
class Texts:
    """The files of a run: those that must be looked at, and the faults of those that cannot be."""

    matter: dict[Path, Source] = field(default_factory=dict)
    interesting: set[Path] = field(default_factory=set)
    faults: list[Finding] = field(default_factory=list)
    budget: int = SYNTAX_BUDGET
    _syntax: dict[tuple[Path, str], tuple[Finding, ...]] = field(default_factory=dict)

    def check_syntax(self, source: Source) -> tuple[Finding, ...]:
        """The syntax error of a file that is not looked at otherwise, as long as the budget lasts."""
        key = (source.path, source.text)
        if key not in self._syntax and len(source.text) <= self.budget:
            self.budget -= len(source.text)
            self._syntax[key] = tuple(syntax_fault(source))
        return self._syntax.get(key, ())


def read(found: Found, text: Source | None = None, names: Sequence[str] = ()) -> Texts:
    """Read what was found; `text` stands in for the only file. What is too large moves to the skipped.

    `names` are dotted names that register functions, beside those of the frameworks.
    """
    texts = Texts()
    for path in list(found.files):
        try:
            content = _content(path, text)
            if len(content) > SIZE_LIMIT:
                found.skipped.append(Skipped(path, f"is larger than {SIZE_LIMIT // 1_000_000} MB"))
                del found.files[path]
                continue
            interesting = _interesting(content, names)
            matters = interesting or MARK.encode() in content
            if not matters and len(content) > texts.budget:
                continue
            source = Source.decode(path, content)
        except UnreadableFile as error:
            texts.faults.append(unreadable(file_place(path), str(error)))
            continue
        if interesting:
            texts.interesting.add(path)
        if matters:
            texts.matter[path] = source
        else:
            texts.faults.extend(texts.check_syntax(source))
    return texts


def _content(path: Path, text: Source | None) -> bytes:
    if text is not None:
        return text.encode(text.text)
    try:
        with path.open("rb") as file:
            return file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise UnreadableFile(error.strerror or str(error)) from error


def _interesting(content: bytes, names: Sequence[str]) -> bool:
    from streamlint import project

    return project.interesting(content, names)


def syntax_fault(source: Source) -> Iterator[Finding]:
    """The finding for a text that is not Python, at most one."""
    error = _parse_error(source.text)
    if isinstance(error, SyntaxError):
        yield unreadable(place_at(source, error.lineno or 1, error.offset or 1), f"is not valid Python: {error.msg}")
    elif error is not None:
        yield unreadable(place_at(source, 1, 1), f"cannot be parsed: {str(error) or type(error).__name__}")


def _parse_error(text: str) -> Exception | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<text>", "exec", flags=ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return error
    return None


def unreadable(place: Place, message: str) -> Finding:
    """The finding for a file that cannot be checked."""
    note = "nothing else in this file was checked"
    code = UNREADABLE_FILE
    return Finding(code.code, code.name, code.severity, message, place, notes=(note,))


def place_at(source: Source, line: int, column: int) -> Place:
    """The character at a line and column, both from 1; what lies outside of the text is brought to its edge."""
    line = min(max(line, 1), len(source.line_starts))
    text = source.line(line)
    start = source.line_starts[line - 1] + min(max(column, 1) - 1, len(text))
    end = min(start + 1, source.line_starts[line - 1] + len(text))
    return Place(source.path, Span(start, end), source.position(start), source.position(end), text)
