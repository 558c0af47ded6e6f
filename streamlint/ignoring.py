"""Where the comments of `--add-ignore` stand: behind the line of a finding, above it, or in a comment that is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from textwrap import wrap

from streamlint.comment_formats import CommentFormat, comment_format
from streamlint.finding import TOOL_CODES, Finding
from streamlint.fix import Edit
from streamlint.ignores import Ignore, read
from streamlint.immutable import immutable
from streamlint.logical_lines import LogicalLines
from streamlint.plain_lines import PlainLines
from streamlint.source import Source, Span

_OF_THE_PROGRAM = frozenset(row.code for row in TOOL_CODES)
"""Codes that no comment excuses: what is said of comments themselves, and of what nobody could read."""


@immutable
class Spot:
    """A place for a comment: behind the text of a line, or on a line of its own above it."""

    line: int
    is_above: bool


def is_excusable(finding: Finding) -> bool:
    return finding.code not in _OF_THE_PROGRAM


@immutable
class Ignoring:
    """Writes comments that give this reason into one text, in lines that are no longer than `width` where that can be had."""

    source: Source
    reason: str
    codes: Mapping[str, str]
    width: int

    def commented(self, findings: Iterable[Finding]) -> str:
        """The text in which comments take these findings back; nothing else in it is another than before."""
        if not self.source.is_python and self._format.without:
            return self.source.text
        merged: defaultdict[Ignore, set[str]] = defaultdict(set)
        grouped: defaultdict[int, set[str]] = defaultdict(set)
        for finding in filter(is_excusable, findings):
            ignore = next((each for each in self._ignores if _takes(each, finding)), None)
            if ignore is not None:
                merged[ignore].add(finding.code)
            else:
                grouped[finding.place.start.line].add(finding.code)
        spots: defaultdict[Spot, set[str]] = defaultdict(set)
        for line, found in grouped.items():
            spot = self._spot(line, found)
            if spot is not None:
                spots[spot] |= found
        edits = [edit for ignore, found in merged.items() for edit in self._added(ignore, found)]
        edits += [self._edit(spot, found) for spot, found in spots.items()]
        return _edited(self.source.text, edits)

    @cached_property
    def _ignores(self) -> tuple[Ignore, ...]:
        return read(self.source, self.codes)

    @cached_property
    def _text(self) -> LogicalLines | PlainLines:
        return LogicalLines(self.source) if self.source.is_python else PlainLines(self.source)

    @cached_property
    def _format(self) -> CommentFormat:
        return comment_format(self.source.path)

    def _spot(self, line: int, found: set[str]) -> Spot | None:
        """The best place from which a comment speaks for a line; None where there is none."""
        spots = [spot for spot in self._spots(line) if self._is_free(spot)]
        fitting = (spot for spot in spots if self._fits(spot, found))
        return next((spot for spot in (*fitting, *spots) if self._is_harmless(self._edit(spot, found))), None)

    def _spots(self, line: int) -> list[Spot]:
        """Behind the line, above it, behind the end of its statement and above that; above decorators comes last."""
        statement = self._text.around(line)
        spots = [Spot(line, False), Spot(line, True), Spot(statement.last, False), Spot(statement.first, True)]
        if self._is_decorator(line):
            spots.sort(key=lambda spot: spot.is_above)
        return list(dict.fromkeys(spots))

    def _is_decorator(self, line: int) -> bool:
        """Whether a comment above a line speaks for a whole function or class."""
        return isinstance(self._text, LogicalLines) and self._text.is_decorator(line)

    def _is_free(self, spot: Spot) -> bool:
        """Whether a comment can be written there, and would be read."""
        text = self._text
        if isinstance(text, LogicalLines):
            free = text.takes_above(spot.line) if spot.is_above else text.takes_behind(spot.line)
        elif spot.is_above:
            free = self._format.between or spot.line == text.around(spot.line).first
        else:
            free = self._format.behind and not text.goes_on(spot.line)
        return free and (spot.is_above or spot.line not in self._taken)

    @cached_property
    def _taken(self) -> frozenset[int]:
        """Lines with an ignore comment; a second one behind it would not be read."""
        return frozenset(self.source.position(ignore.span.start).line for ignore in self._ignores)

    def _fits(self, spot: Spot, found: set[str]) -> bool:
        if spot.is_above:
            return not self._is_decorator(spot.line)
        return len(self.source.line(spot.line)) + len(self._behind(spot, found)) <= self.width

    def _is_harmless(self, edit: Edit) -> bool:
        text = self.source.text
        return self.source.is_python or self._format.means_the_same(text, _edited(text, [edit]))

    def _edit(self, spot: Spot, found: set[str]) -> Edit:
        start = self.source.line_starts[spot.line - 1]
        if spot.is_above:
            return Edit(Span(start, start), self._above(spot.line, found))
        end = start + len(self.source.line(spot.line))
        return Edit(Span(end, end), self._behind(spot, found))

    def _behind(self, spot: Spot, found: set[str]) -> str:
        text = self.source.line(spot.line)
        blanks = len(text) - len(text.rstrip(" \t"))
        return f"{' ' * max(0, 2 - blanks)}{self._comment(found)}"

    def _above(self, line: int, found: set[str]) -> str:
        """A line for the comment, and more where its reason is long."""
        text = self.source.line(line)
        indent = text[: len(text) - len(text.lstrip())]
        room = max(self.width - len(indent) - len("# "), len(self._comment(found).partition("]")[0]))
        end = self._line_end(line)
        words = wrap(self._comment(found)[2:], room, break_long_words=False, break_on_hyphens=False)
        return "".join(f"{indent}# {part}{end}" for part in words)

    def _line_end(self, line: int) -> str:
        text = self.source.slice(self.source.line_span(self.source.line_starts[line - 1]))
        return text[len(text.rstrip("\r\n")) :] or self.source.newline

    def _comment(self, found: set[str]) -> str:
        return f"# streamlint: ignore[{', '.join(sorted(found))}] {self.reason}"

    def _added(self, ignore: Ignore, found: set[str]) -> Iterator[Edit]:
        """What a comment that is there needs: the codes, and the reason where it does not give it."""
        end = ignore.entries[-1].span.end
        yield Edit(Span(end, end), "".join(f", {code}" for code in sorted(found)))
        said = self._said(ignore)
        if self.reason not in " ".join(said.split()):
            end = ignore.span.end + len(said)
            yield Edit(Span(end, end), f"{'; ' if said.strip() else ' '}{self.reason}")

    def _said(self, ignore: Ignore) -> str:
        """The reason that a comment gives, on its own line, up to a comment behind it."""
        line = self.source.slice(Span(ignore.span.end, self.source.line_span(ignore.span.end).end))
        return line.partition("#")[0].rstrip()


def _takes(ignore: Ignore, finding: Finding) -> bool:
    """Whether a comment that is there can name one more code without speaking for more than a statement."""
    is_plain = bool(ignore.entries) and not (ignore.blanket or ignore.whole_file or ignore.broken)
    own = any(ignore.statement.hold(place.start.line) for place in finding.places)
    return is_plain and own and ignore.reaches(finding) and not any(each.names(finding.code) for each in ignore.entries)


def _edited(text: str, edits: Sequence[Edit]) -> str:
    for edit in sorted(edits, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text
