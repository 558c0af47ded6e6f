"""How a function comes to run: from which entry point, through which calls, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from streamlint.serving.entry_points import Entry
from streamlint.serving.ways import Hop

Key = tuple[Path, int]
"""A scope by its file and its number there."""


@dataclass(frozen=True, eq=False)
class Reached:
    """How a function comes to run: from an entry point through calls; `entry` is None where a library calls it."""

    entry: Entry | None
    last: Hop | None = None
    before: Reached | None = None
    """How the function that makes the last call comes to run."""
    doubt: str = ""
    """Why that is only likely, as a sentence; nothing where every call was followed."""

    @property
    def hops(self) -> tuple[Hop, ...]:
        found: list[Hop] = []
        current: Reached | None = self
        while current is not None and current.last is not None:
            found.append(current.last)
            current = current.before
        return tuple(reversed(found))

    @property
    def is_certain(self) -> bool:
        return not self.doubt

    def calling(self, name: str, hop_at: tuple[Path, int, int], doubt: str = "") -> Reached:
        """How what it calls at a place comes to run."""
        return Reached(self.entry, Hop(*hop_at, f"calls `{name}`"), self, doubt or self.doubt)
