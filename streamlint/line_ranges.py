"""Which of many ranges of lines hold a line, without a look at all of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Generic, TypeVar

Held = TypeVar("Held")


class LineRanges(Generic[Held]):
    """What stands in ranges of lines, first and last included."""

    def __init__(self, ranges: Iterable[tuple[int, int, Held]]) -> None:
        numbered = enumerate(ranges)
        self._rows = sorted(
            ((first, last, number, held) for number, (first, last, held) in numbered), key=lambda row: row[:3]
        )
        self._firsts = [first for first, *_ in self._rows]
        self._reach = list(accumulate((last for _, last, *_ in self._rows), max))
        """How far any of those up to each reaches."""

    def holding(self, first: int, last: int | None = None) -> list[Held]:
        """What has a line from `first` to `last`, or the one line, in the order in which it was given."""
        found = sorted(self._rows_with(first, first if last is None else last), key=lambda row: row[0])
        return [held for _, held in found]

    def _rows_with(self, first: int, last: int) -> Iterator[tuple[int, Held]]:
        at = bisect_right(self._firsts, last)
        while at and self._reach[at - 1] >= first:
            at -= 1
            if self._rows[at][1] >= first:
                yield self._rows[at][2:]
