"""Where what stood in a text of Python stands in one of the same code, which has other comments or empty lines."""

from __future__ import annotations

import ast
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from streamlint import disk
from streamlint.finding import Place
from streamlint.immutable import immutable
from streamlint.model.comments import uncommented
from streamlint.parsed import parsed
from streamlint.source import Source, Span

_BLOCKS = (
    *(
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.ClassDef,
        ast.If,
        ast.For,
        ast.AsyncFor,
        ast.While,
        ast.With,
        ast.AsyncWith,
    ),
    *(ast.Try, ast.TryStar, ast.Match, ast.ExceptHandler),
)
"""What holds statements."""


@immutable
class _Lines:
    """The lines of a text with their ends, and of each the code in it; `coded` are the numbers of those that have some."""

    whole: Sequence[str]
    code: Sequence[str]
    coded: Sequence[int]

    @classmethod
    def of(cls, source: Source) -> _Lines:
        spans = list(pairwise((*source.line_starts, len(source.text))))
        bare = uncommented(source.text)
        code = [bare[start:end].rstrip() for start, end in spans]
        whole = [source.text[start:end] for start, end in spans]
        return cls(whole, code, [number for number, line in enumerate(code) if line])

    def gap(self, index: int) -> range:
        """The lines without code that stand before a line of code, by its place among those."""
        after = self.coded[index] if index < len(self.coded) else len(self.whole)
        return range(self.coded[index - 1] + 1 if index else 0, after)

    def end(self, number: int) -> str:
        """What ends a line."""
        line = self.whole[number]
        return line[len(line.rstrip("\r\n")) :]


class Moves:
    """From the places of one text to those of another; what stood in comments that changed, or beside them, has none."""

    def __init__(self, old: Source, new: Source, before: _Lines, after: _Lines) -> None:
        self._old, self._new, self._coded = old, new, before.coded
        self.digest = disk.digest(new.encode(new.text))
        """Of the new content."""
        self._lines: dict[int, int] = {}
        """The lines that are there as they were, or at least their code."""
        self._code: dict[int, int] = {}
        """Of lines with another comment, where their code ends."""
        self._changed: list[Span] = []
        for index in range(len(before.coded) + 1):
            self._note_gap(before.gap(index), after.gap(index), before, after)
        for number, other in zip(before.coded, after.coded, strict=True):
            self._note_line(number, other, before, after)

    def _note_gap(self, gap: range, other: range, before: _Lines, after: _Lines) -> None:
        if [before.whole[number] for number in gap] == [after.whole[number] for number in other]:
            self._lines.update(zip(gap, other, strict=True))
        else:
            self._changed.append(Span(self._start(gap.start), self._start(gap.stop)))

    def _note_line(self, number: int, other: int, before: _Lines, after: _Lines) -> None:
        self._lines[number] = other
        if before.whole[number] != after.whole[other]:
            self._code[number] = len(before.code[number])
            self._changed.append(Span(self._start(number), self._start(number + 1)))

    def _start(self, number: int) -> int:
        starts = self._old.line_starts
        return starts[number] if number < len(starts) else len(self._old.text)

    def changes(self, start: int, end: int) -> bool:
        """Whether comments or empty lines are others in these whole lines of the old text, or between them and the code behind."""
        below = bisect_right(self._old.line_starts, max(end - 1, start))
        behind = bisect_left(self._coded, below)
        stop = self._start(self._coded[behind]) if behind < len(self._coded) else len(self._old.text)
        return any(
            one.start < stop and start < one.end if one.start < one.end else start <= one.start <= stop
            for one in self._changed
        )

    def offset(self, old: int) -> int | None:
        """The new place of a character."""
        number = bisect_right(self._old.line_starts, old) - 1
        line, column = self._lines.get(number), old - self._start(number)
        if line is None or column > self._code.get(number, column):
            return None
        return self._new.line_starts[line] + column

    def span(self, old: Span) -> Span | None:
        start, end = self.offset(old.start), self.offset(old.end)
        return Span(start, end) if start is not None and end is not None else None

    def place(self, old: Place) -> Place | None:
        """The same place with its new position, and the line that now stands there."""
        span = self.span(old.span)
        if span is None:
            return None
        start = self._new.position(span.start)
        return Place(old.path, span, start, self._new.position(span.end), self._new.line(start.line))


def moves(old: Source, new: Source) -> Moves | None:
    """How to come from one text to another; None where their code differs, or where comments within a statement do."""
    before, after = _Lines.of(old), _Lines.of(new)
    code = [[lines.code[number] for number in lines.coded] for lines in (before, after)]
    if (old.encoding, old.has_bom) != (new.encoding, new.has_bom) or code[0] != code[1]:
        return None
    ends = zip(map(before.end, before.coded), map(after.end, after.coded), strict=True)
    if any(one != other and one and other for one, other in ends):
        return None
    trees = [parsed(source.text) for source in (old, new)]
    if None in trees or ast.dump(trees[0]) != ast.dump(trees[1]):  # type: ignore[arg-type]  # neither is None
        return None
    held = [
        [lines.whole[first - 1 : last - 1] for first, last in _held(tree)]
        for tree, lines in zip(trees, (before, after), strict=True)
    ]
    return Moves(old, new, before, after) if held[0] == held[1] else None


def _held(tree: ast.AST | None) -> Iterator[tuple[int, int]]:
    """The first and the last lines of what goes over several and is told in its own words: expressions and plain statements."""
    pending: list[Any] = [tree] if tree is not None else []
    while pending:
        for node in ast.iter_child_nodes(pending.pop()):
            first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
            if isinstance(node, _BLOCKS) or not last:  # arguments and cases stand nowhere themselves
                pending.append(node)
            elif first < last:
                yield first, last
