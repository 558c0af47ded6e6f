"""The directives of an Apache configuration in their sections, with the place of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field

from streamlint.immutable import immutable
from streamlint.source import Span
from streamlint.surroundings import templates

_LINE = re.compile(r"(?:[^\\\n]|\\.|\\\n)+|\n", re.DOTALL)
_WORD = re.compile(r"\"(?:[^\"\\]|\\.)*\"?|'[^']*'?|[^\s\"'<>][^\s>]*|[<>]")
_DEEPEST = 40


@immutable(slots=True)
class Word:
    """One argument without its quotes; `is_known` unless a variable or a template computes it."""

    text: str
    span: Span
    is_known: bool


@immutable
class Directive:
    """A line, or a section with what stands in it: `<Location /chat>`."""

    words: tuple[Word, ...]
    inner: list[Directive] = field(default_factory=list)
    is_section: bool = False

    @property
    def name(self) -> str:
        """In small letters: Apache does not distinguish."""
        return self.words[0].text.lower()

    @property
    def arguments(self) -> tuple[Word, ...]:
        return self.words[1:]

    @property
    def span(self) -> Span:
        return Span(self.words[0].span.start, self.words[-1].span.end)

    def walk(self) -> Iterator[Directive]:
        """It, and all that stands in it."""
        pending = [self]
        while pending:
            current = pending.pop()
            yield current
            pending.extend(reversed(current.inner))


def read(text: str) -> Directive:
    """The whole of a text as one section without a name. Never raises."""
    masked = templates.read(text).masked(text)
    around = [Directive(())]
    for match in _LINE.finditer(masked):
        written, start = match[0], match.start()
        stripped = written.lstrip()
        if not stripped or stripped.startswith("#"):
            continue
        start += len(written) - len(stripped)
        if stripped.startswith("</"):
            if len(around) > 1:
                around.pop()
            continue
        is_section = stripped.startswith("<")
        words = tuple(_words(masked, start + is_section, match.end()))
        if not words:
            continue
        directive = Directive(words, is_section=is_section)
        around[-1].inner.append(directive)
        if is_section and len(around) < _DEEPEST:
            around.append(directive)
    return around[0]


def _words(text: str, start: int, end: int) -> Iterator[Word]:
    for match in _WORD.finditer(text, start, end):
        written = match[0]
        if written in ("<", ">", "\\"):
            continue
        is_quoted = len(written) > 1 and written[0] in "\"'" and written[-1] == written[0]
        is_known = "${" not in written and templates.HOLE not in written
        yield Word(written[1:-1] if is_quoted else written, Span(match.start(), match.end()), is_known)
