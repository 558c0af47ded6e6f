"""Ignore comments that take nothing back and stand near a finding: with another code, a misspelt one, or on another line."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from streamlint.finding import Finding
from streamlint.ignores import Entry, Ignore
from streamlint.immutable import immutable
from streamlint.line_ranges import LineRanges
from streamlint.logical_lines import Lines, LogicalLines
from streamlint.selectors import nearest
from streamlint.source import Source

_NEAR = 2
"""Lines between a finding and a comment that may have been meant for it."""


@immutable
class NearMisses:
    """Of one text: `idle` are the entries of its comments that no finding needs."""

    source: Source
    ignores: Sequence[Ignore]
    idle: Collection[Entry]
    codes: Mapping[str, str]

    def hinted(self, finding: Finding) -> Finding:
        """The finding, with a word on the nearest comment that may have been meant for it."""
        if not self.idle:
            return finding
        line = finding.place.start.line
        ordered = sorted(self._candidates(finding), key=lambda pair: (abs(self._line(pair[0]) - line), pair[1].span))
        told = (self._hint(ignore, entry, finding) for ignore, entry in ordered)
        return replace(finding, hint=next((hint for hint in told if hint), ""))

    def _candidates(self, finding: Finding) -> Iterator[tuple[Ignore, Entry]]:
        """Those that reach a finding, and those that are near it."""
        first, last = finding.place.start.line, finding.place.end.line
        near = (one for place in finding.places for one in self._reaching.holding(place.start.line))
        beside = self._written.holding(first - _NEAR, last + _NEAR)
        return iter(dict.fromkeys((*self._everywhere, *near, *beside, *self._heading.holding(first))))

    @cached_property
    def _everywhere(self) -> list[tuple[Ignore, Entry]]:
        return [(ignore, entry) for ignore, entry in self._idle if ignore.whole_file]

    @cached_property
    def _reaching(self) -> LineRanges[tuple[Ignore, Entry]]:
        return LineRanges((*pair[0].lines, pair) for pair in self._idle if not pair[0].whole_file)

    @cached_property
    def _written(self) -> LineRanges[tuple[Ignore, Entry]]:
        return LineRanges((self._line(pair[0]), self._line(pair[0]), pair) for pair in self._idle)

    @cached_property
    def _heading(self) -> LineRanges[tuple[Ignore, Entry]]:
        """By the lines of the functions at whose heads they stand."""
        found = ((self._headed(pair[0]), pair) for pair in self._idle)
        return LineRanges((lines.first, lines.last, pair) for lines, pair in found if lines is not None)

    @cached_property
    def _idle(self) -> list[tuple[Ignore, Entry]]:
        return [(ignore, entry) for ignore in self.ignores for entry in ignore.entries if entry in self.idle]

    def _hint(self, ignore: Ignore, entry: Entry, finding: Finding) -> str:
        is_meant = any(entry.names(code) for code in finding.codes) or self._is_misspelt(entry, finding)
        comment, right = f"the comment in line {self._line(ignore)}", f"`ignore[{finding.code}]`"
        if ignore.reaches(finding):
            speaks = is_meant or not (ignore.whole_file or ignore.decorated)
            return f"{comment} says `{entry.written}`, and this is {finding.code}: write {right}" if speaks else ""
        if not is_meant or not self._is_near(ignore, finding):
            return ""
        return f"{comment} does not reach this: put {right} in line {finding.place.start.line}, or alone above it"

    def _is_misspelt(self, entry: Entry, finding: Finding) -> bool:
        if entry.prefix:
            return False
        names = {self.codes.get(code, "") for code in finding.codes}
        return nearest(entry.written, (*self.codes, *self.codes.values())) in {*finding.codes, *names}

    def _is_near(self, ignore: Ignore, finding: Finding) -> bool:
        """Whether the comment stands a line or two away, or at the head of a function around the finding."""
        first, last = finding.place.start.line, finding.place.end.line
        comment = self._line(ignore)
        if first - _NEAR <= comment <= last + _NEAR:
            return True
        headed = self._headed(ignore)
        return headed is not None and headed.hold(first)

    def _headed(self, ignore: Ignore) -> Lines | None:
        """The lines of what the comment's statement heads."""
        number = self._text.index(ignore.statement.first) if self._text is not None else None
        return self._text.block(number) if self._text is not None and number is not None else None

    @cached_property
    def _text(self) -> LogicalLines | None:
        return LogicalLines(self.source) if self.source.is_python else None

    def _line(self, ignore: Ignore) -> int:
        return self.source.position(ignore.span.start).line
