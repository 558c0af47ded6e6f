"""The source of a finding with its places underlined, as rustc draws it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint import reporters
from streamlint.immutable import immutable
from streamlint.reporters.text import printable, width, window

if TYPE_CHECKING:
    from streamlint.finding import Finding, Place
    from streamlint.reporters.style import Style
    from streamlint.source import Source


_READERS = 3
"""How many of those who read an answer are shown with their code."""


@immutable
class Mark:
    """An underlined stretch of one line, columns from 0, end behind the last character."""

    line: int
    start: int
    end: int
    label: str
    primary: bool
    text: str
    """The whole line."""


def render_snippet(finding: Finding, sources: Mapping[Path, Source], gutter: int, style: Style) -> list[str]:
    """The lines from ` --> path:line:column` to the last file's snippet; line numbers take `gutter` columns."""
    by_path: dict[Path, list[Mark]] = {finding.path: []}
    for place, label, primary in _places(finding):
        marks = by_path.setdefault(place.path, [])
        marks += [mark for mark in _marks(place, label, primary, sources.get(place.path)) if mark not in marks]
    lines: list[str] = []
    for path, marks in by_path.items():
        first = finding.place if path == finding.path else None
        lines.append(_heading(path, marks, first, gutter, style))
        lines += _body(marks, sources.get(path), gutter, style, is_first=first is not None)
    return lines


def gutter_width(finding: Finding, sources: Mapping[Path, Source]) -> int:
    places = list(_places(finding))
    marks = [mark for place, label, one in places for mark in _marks(place, label, one, sources.get(place.path))]
    return len(str(max((mark.line for mark in marks), default=1)))


def _places(finding: Finding) -> Iterator[tuple[Place, str, bool]]:
    yield finding.place, finding.label, True
    for related in (*finding.related, *finding.readers[:_READERS]):
        yield related.place, related.label, False


def _marks(place: Place, label: str, primary: bool, source: Source | None) -> Iterator[Mark]:
    """One mark, or for a span over several lines one at its first line and one at its last, which bears the label."""
    start, end = place.start, place.end
    text = _line(source, start.line) or place.line
    if start.line == end.line or source is None:
        last = end.column - 1 if start.line == end.line else len(text)
        yield Mark(start.line, start.column - 1, max(last, start.column), label, primary, text)
        return
    yield Mark(start.line, start.column - 1, len(text.rstrip()), "", primary, text)
    below = _line(source, end.line)
    indent = len(below) - len(below.lstrip())
    yield Mark(end.line, indent, max(end.column - 1, indent + 1), label, primary, below)


def _line(source: Source | None, number: int) -> str:
    return source.line(number) if source is not None and 0 < number <= len(source.line_starts) else ""


def _heading(path: Path, marks: Sequence[Mark], place: Place | None, gutter: int, style: Style) -> str:
    arrow = "-->" if place else ":::"
    line, column = (place.start.line, place.start.column) if place else (marks[0].line, marks[0].start + 1)
    return f"{' ' * gutter}{style.paint('gutter', arrow)} {reporters.shown(path)}:{line}:{column}"


def _body(marks: Sequence[Mark], source: Source | None, gutter: int, style: Style, *, is_first: bool) -> Iterator[str]:
    """The marked lines in their order; their numbers say what is left out between them, but for a single line."""
    bar = style.paint("gutter", f"{' ' * gutter} |")
    texts = {mark.line: mark.text for mark in marks}
    if not any(text.strip() for text in texts.values()):
        return
    if is_first:
        yield bar
    previous = 0
    for line in sorted(texts):
        if previous and line - previous == 2 and source is not None and _line(source, line - 1).strip():
            yield _numbered(line - 1, _line(source, line - 1), gutter, style)
        yield from _marked(line, texts[line], [mark for mark in marks if mark.line == line], gutter, style)
        previous = line


def _marked(line: int, text: str, marks: Sequence[Mark], gutter: int, style: Style) -> Iterator[str]:
    first = min(marks, key=lambda mark: (not mark.primary, mark.start))
    shown, start, _ = window(text, first.start, first.end)
    yield _numbered(line, shown, gutter, style)
    bar = style.paint("gutter", f"{' ' * gutter} |")
    strokes = [_stroke(mark, shown, start - first.start) for mark in marks]
    for row in _underlines(strokes, style):
        yield f"{bar} {row}".rstrip()


@immutable
class _Stroke:
    """A mark in screen columns, from 0, end behind the last."""

    start: int
    end: int
    label: str
    primary: bool

    @property
    def role(self) -> str:
        return "error" if self.primary else "secondary"


def _stroke(mark: Mark, shown: str, shift: int) -> _Stroke:
    begin, end = max(mark.start + shift, 0), max(mark.end + shift, 0)
    column = width(shown[:begin])
    return _Stroke(column, max(width(shown[:end]), column + 1), mark.label, mark.primary)


def _underlines(strokes: Sequence[_Stroke], style: Style) -> Iterator[str]:
    """One row with all strokes and the label of the last to end; below it the other labels hang, the rightmost first."""
    last = max(strokes, key=lambda stroke: (stroke.end, stroke.primary))
    hanging = sorted((each for each in strokes if each is not last and each.label), key=lambda each: -each.start)
    row = "".join(style.paint(role, run) for role, run in _runs(strokes))
    yield f"{row} {style.paint(last.role, last.label)}"
    if len(hanging) > 1:
        yield _connectors(hanging, style)
    for number, stroke in enumerate(hanging):
        left = [each for each in hanging[number:] if each.start < stroke.start]
        connectors, drawn = _connectors(left, style), max((each.start + 1 for each in left), default=0)
        yield f"{connectors}{' ' * (stroke.start - drawn)}{style.paint(stroke.role, stroke.label)}"


def _runs(strokes: Sequence[_Stroke]) -> Iterator[tuple[str, str]]:
    """The row of strokes from the left as (role, text), shorter strokes over longer ones."""
    cells = [("", " ")] * max(stroke.end for stroke in strokes)
    for stroke in sorted(strokes, key=lambda stroke: (stroke.start - stroke.end, stroke.primary)):
        cell = (stroke.role, "^" if stroke.primary else "-")
        cells[stroke.start : stroke.end] = [cell] * (stroke.end - stroke.start)
    for (role, character), group in groupby(cells):
        yield role, character * len(list(group))


def _connectors(strokes: Sequence[_Stroke], style: Style) -> str:
    row, column = "", 0
    for start, role in sorted({stroke.start: stroke.role for stroke in strokes}.items()):
        row += " " * (start - column) + style.paint(role, "|")
        column = start + 1
    return row


def _numbered(line: int, text: str, gutter: int, style: Style) -> str:
    return f"{style.paint('gutter', f'{line:>{gutter}} |')} {printable(text)}".rstrip()
