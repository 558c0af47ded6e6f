"""Ignore comments as they stand in a text: `# streamlint: ignore[STL101] reason`, and what each of them speaks for."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Collection, Iterator, Mapping

from streamlint.finding import Finding, Place
from streamlint.immutable import immutable
from streamlint.line_ranges import LineRanges
from streamlint.logical_lines import Lines, LogicalLines
from streamlint.plain_lines import PlainLines
from streamlint.selectors import EVERYTHING, prefix
from streamlint.source import Source, Span

MARK = "streamlint:"
_COMMENT = re.compile(
    r"#\s*streamlint:\s*(?P<kind>ignore-file|ignore)(?![\w-])"
    r"(?:\s*\[(?P<codes>[^\]\[#]*)\]|(?P<broken>\s*(?:[\[({<]|[:=]?\s*(?i:stl)\d)[^#]*))?"
)
"""Codes stand in closed square brackets; `broken` is what was meant as codes and is not."""


@immutable
class Entry:
    """A code, the beginning of codes or a name in the brackets; `prefix` is empty where nothing is called that."""

    written: str
    span: Span
    prefix: str

    def names(self, code: str) -> bool:
        return bool(self.prefix) and code.startswith(self.prefix)


@immutable
class Ignore:
    """An ignore comment that speaks for `line` of `statement`, and for all of `decorated`: decorators, header and body.

    `broken` is what stands where the codes should be; such a comment hides nothing.
    """

    span: Span
    entries: tuple[Entry, ...]
    blanket: bool
    whole_file: bool
    line: int
    statement: Lines
    decorated: Lines | None = None
    broken: str = ""

    @property
    def lines(self) -> tuple[int, int]:
        """The first and last line that it can speak for, where that is not the whole file."""
        reached = (self.statement, *((self.decorated,) if self.decorated is not None else ()))
        return min(self.line, *(one.first for one in reached)), max(self.line, *(one.last for one in reached))

    def reaches(self, finding: Finding) -> bool:
        """Whether the comment stands where it can speak for this finding."""
        return any(self._reaches(place) for place in finding.places)

    def _reaches(self, place: Place) -> bool:
        first, last = place.start.line, place.end.line
        if self.whole_file or first == self.line:
            return True
        if self.decorated is not None and self.decorated.first <= first <= self.decorated.last:
            return True
        if not self.statement.first <= first <= self.statement.last:
            return False
        return self.line in (self.statement.first, self.statement.last) or first <= self.line <= last


class Reach:
    """The ignore comments of a file, by the findings for which they can speak."""

    def __init__(self, ignores: Collection[Ignore]) -> None:
        self._everywhere = [one for one in ignores if one.whole_file]
        self._by_lines = LineRanges((*one.lines, one) for one in ignores if not one.whole_file)

    def of(self, finding: Finding) -> list[Ignore]:
        """Those that reach a finding."""
        near = (one for place in finding.places for one in self._by_lines.holding(place.start.line))
        return self._everywhere + [one for one in dict.fromkeys(near) if one.reaches(finding)]


def read(source: Source, codes: Mapping[str, str]) -> tuple[Ignore, ...]:
    """The ignore comments of a Python file, up to where it stops being Python; text in strings does not count.

    In any other file a comment begins with `#` at the start of a line or behind a space.
    """
    return tuple(_of_python(source, codes) if source.is_python else _of_lines(source, codes))


def _of_python(source: Source, codes: Mapping[str, str]) -> Iterator[Ignore]:
    text = LogicalLines(source)
    for token in text.tokens:
        if token.type == tokenize.COMMENT and (match := _COMMENT.search(token.string)):
            base = source.line_starts[token.start[0] - 1] + token.start[1]
            alone = not source.text[source.line_starts[token.start[0] - 1] : base].strip()
            yield _ignore(source, base, match, _speaks_for(token.start[0], text, alone=alone), codes)


def _of_lines(source: Source, codes: Mapping[str, str]) -> Iterator[Ignore]:
    text = PlainLines(source)
    for number, line in enumerate(text.texts, 1):
        match = _COMMENT.search(line)
        if match is None or not (match.start() == 0 or line[match.start() - 1].isspace()):
            continue
        speaks_for = number if line[: match.start()].strip() else text.code_behind(number)
        target = _Target(speaks_for, text.around(speaks_for))
        yield _ignore(source, source.line_starts[number - 1], match, target, codes)


@immutable
class _Target:
    line: int
    statement: Lines
    decorated: Lines | None = None


def _speaks_for(line: int, text: LogicalLines, *, alone: bool) -> _Target:
    line = text.code_behind(line) if alone else line
    number = text.index(line)
    if number is None:
        return _Target(line, Lines(line, line))
    statement = text.statements[number]
    decorated = text.block(number) if alone and statement.is_decorator else None
    return _Target(line, statement.lines, decorated)


def _ignore(source: Source, base: int, match: re.Match[str], target: _Target, codes: Mapping[str, str]) -> Ignore:
    start = match.start("codes")
    entries = tuple(
        Entry(word.group(), Span(base + start + word.start(), base + start + word.end()), prefix(word.group(), codes))
        for word in re.finditer(r"[^\s,]+", match["codes"] or "")
    )
    broken = (match["broken"] or "").strip()
    return Ignore(
        span=Span(base + match.start(), base + match.end()),
        entries=entries,
        blanket=not broken and (not entries or any(entry.prefix == EVERYTHING for entry in entries)),
        whole_file=match["kind"] == "ignore-file",
        line=target.line,
        statement=target.statement,
        decorated=target.decorated,
        broken=broken,
    )
