"""A whole fix as edits of lines: its imports are placed, and nothing else is to be done to the text."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from streamlint.fix import Edit
from streamlint.reporters.diff import changes, lines
from streamlint.source import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlint.fix import Fix
    from streamlint.source import Source


def ready(fix: Fix, source: Source) -> tuple[Edit, ...]:
    from streamlint.fixing import apply

    before, ends = _lines(source.text)
    after = lines(apply(source, (fix,)))
    old, new = _split(fix, source, after)
    rows = [*changes(before[:old], after[:new])]
    rows += [(a + old, b + old, c + new, d + new) for a, b, c, d in changes(before[old:], after[new:])]
    return tuple(
        Edit(Span(ends[old_from], ends[old_to]), "".join(after[new_from:new_to]))
        for old_from, old_to, new_from, new_to in rows
    )


def _split(fix: Fix, source: Source, after: Sequence[str]) -> tuple[int, int]:
    """The line of the first edit, before and after, where only imports far above it change beside; else the first line."""
    from streamlint.fixing import edited

    _, ends = _lines(source.text)
    old = bisect_right(ends, min(edit.span.start for edit in fix.edits)) - 1 if fix.edits else 0
    rest = lines(edited(source, (fix,))[ends[old] :])
    new = len(after) - len(rest)
    return (old, new) if new >= 0 and after[new:] == rest else (0, 0)


@lru_cache(maxsize=1)
def _lines(text: str) -> tuple[list[str], list[int]]:
    """The lines of a text, and where each begins and the last one ends: the same for all fixes of a file."""
    found = lines(text)
    return found, list(accumulate(map(len, found), initial=0))
