"""A whole fix as edits of lines: its imports are placed, and nothing else is to be done to the text."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from streamlint.fix import Edit, edited
from streamlint.reporters.diff import changes, lines
from streamlint.source import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlint.fix import Fix
    from streamlint.source import Source


def ready(fix: Fix, source: Source) -> tuple[Edit, ...]:
    _, ends = _lines(source.text)
    rows = replaced(fix, source)
    return tuple(Edit(Span(ends[first], ends[last]), "".join(new)) for first, last, new in rows)


def replaced(fix: Fix, source: Source) -> list[tuple[int, int, list[str]]]:
    """From and to which line of the text others stand after the fix, and these."""
    from streamlint.fixing import whole

    edits = whole(source, (fix,))
    near = _near(fix, edits, source.text)
    return _compared(fix, edits, source) if near is None else near


def _near(fix: Fix, edits: Sequence[Edit], text: str) -> list[tuple[int, int, list[str]]] | None:
    """The lines that differ near the edits, where those of the imports stand above the others; None where that does not tell."""
    if not fix.edits or not set(fix.edits) <= set(edits):
        return None
    before, ends = _lines(text)
    above = sorted(set(edits) - set(fix.edits))
    line = bisect_right(ends, min(edit.span.start for edit in fix.edits)) - 1
    if line >= len(before) or any(edit.span.end >= ends[line] for edit in above):
        return None
    found = [_within(text, above, 0, line) if above else [], _within(text, fix.edits, line, len(before))]
    parts = [rows for rows in found if rows is not None]
    return [row for rows in parts for row in rows] if len(parts) == len(found) else None


def _within(text: str, edits: Sequence[Edit], top: int, bottom: int) -> list[tuple[int, int, list[str]]] | None:
    """What `changes` says of the lines from `top` to `bottom`, of which only those around the edits are compared."""
    before, ends = _lines(text)
    first = max(bisect_right(ends, min(edit.span.start for edit in edits)) - 2, top)
    last = min(bisect_right(ends, max(edit.span.end for edit in edits)) + 1, bottom)
    start = ends[first]
    moved = [Edit(Span(one.span.start - start, one.span.end - start), one.text) for one in edits]
    old, new = before[first:last], lines(edited(text[start : ends[last]], moved))
    is_told = first == top or (new and new[0] == old[0])
    if last < bottom:  # a line that is in both ends the comparison
        shared = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), len(old))
        is_told = is_told and bool(new) and new[-1] == old[-1] and shared < min(len(old), len(new))
    rows = ((a + first, b + first, new[c:d]) for a, b, c, d in changes(old, new))
    return list(rows) if is_told else None


def _compared(fix: Fix, edits: Sequence[Edit], source: Source) -> list[tuple[int, int, list[str]]]:
    """The lines that differ anywhere in the text."""
    before, _ = _lines(source.text)
    after = lines(edited(source.text, edits))
    old, new = _split(fix, source, after)
    rows = [*changes(before[:old], after[:new])]
    rows += [(a + old, b + old, c + new, d + new) for a, b, c, d in changes(before[old:], after[new:])]
    return [(old_from, old_to, after[new_from:new_to]) for old_from, old_to, new_from, new_to in rows]


def _split(fix: Fix, source: Source, after: Sequence[str]) -> tuple[int, int]:
    """The line of the first edit, before and after, where only imports far above it change beside; else the first line."""
    _, ends = _lines(source.text)
    old = bisect_right(ends, min(edit.span.start for edit in fix.edits)) - 1 if fix.edits else 0
    rest = lines(edited(source.text, fix.edits)[ends[old] :])
    new = len(after) - len(rest)
    return (old, new) if new >= 0 and after[new:] == rest else (0, 0)


@lru_cache(maxsize=1)
def _lines(text: str) -> tuple[list[str], list[int]]:
    """The lines of a text, and where each begins and the last one ends: the same for all fixes of a file."""
    found = lines(text)
    return found, list(accumulate(map(len, found), initial=0))
