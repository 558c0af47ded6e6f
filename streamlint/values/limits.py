"""Where a limit ended a search for an answer: which limit, at which place, and how often."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Limit(StrEnum):
    """What was too much; all that rests on it is taken for unknown."""

    ALTERNATIVES = "too many alternatives"
    NESTING = "values nested too deeply"
    ITEMS = "too many items of a display"
    CALLS = "too many calls within calls: judged for any call"
    FRAMES = "too many different calls of a function: judged for any call"
    CIRCLE = "a circle that does not come to rest"
    QUESTIONS = "too many questions behind one"
    CLASSES = "too many classes above one"
    WRAPPERS = "too many wrappers around a stream"
    GENERATORS = "too many generators within generators"
    NAMES = "a value handed on through too many names"
    MANAGERS = "too many context managers within each other"
    TESTS = "too many tests of one value: the nearest are looked at"
    FUNCTIONS = "too many functions to look through"


@dataclass(frozen=True, slots=True, order=True)
class Ended:
    """A limit that ended `times` searches at a place; `start` is a character offset."""

    path: Path
    start: int
    limit: Limit
    times: int


class Limits:
    """Counts what was given up; it changes no answer."""

    def __init__(self) -> None:
        self._ended: Counter[tuple[Path, int, Limit]] = Counter()

    def note(self, limit: Limit, path: Path, start: int) -> None:
        self._ended[path, start, limit] += 1

    @property
    def ended(self) -> list[Ended]:
        """What was given up, the most frequent first."""
        rows = (Ended(path, start, limit, times) for (path, start, limit), times in self._ended.items())
        return sorted(rows, key=lambda row: (-row.times, row))
