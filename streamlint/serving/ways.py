"""The calls that lead to a place; ways share their ends, so that a long chain of functions costs no more than its length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Hop:
    """A call on the way: where it stands, in character offsets, and what it calls."""

    path: Path
    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """At least one hop, the first one first; `rest` is the way from there on.

    Two ways are equal if they begin alike and have the same length.
    """

    first: Hop
    rest: Way | None = None
    length: int = 1

    def behind(self, hop: Hop) -> Way:
        return Way(hop, self, self.length + 1)

    @property
    def steps(self) -> tuple[Hop, ...]:
        return tuple(self)

    def __iter__(self) -> Iterator[Hop]:
        way: Way | None = self
        while way is not None:
            yield way.first
            way = way.rest

    def __len__(self) -> int:
        return self.length

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Way) and (self.length, self.first) == (other.length, other.first)

    def __hash__(self) -> int:
        return hash((self.length, self.first))


def through(hops: Sequence[Hop]) -> Way | None:
    """The way that leads through these hops."""
    way: Way | None = None
    for hop in reversed(hops):
        way = way.behind(hop) if way is not None else Way(hop)
    return way


def straight(hops: Sequence[Hop]) -> tuple[Hop, ...]:
    """The hops of a way without its circles: where one comes again, what lies between led nowhere."""
    kept: dict[Hop, None] = {}
    for hop in hops:
        while hop in kept and next(reversed(kept)) != hop:
            kept.popitem()
        kept[hop] = None
    return tuple(kept)
