"""What leaves a text as it is on its way into an answer, and what may be read of a stream without taking its tokens."""

from __future__ import annotations

from functools import cache

from streamlint.knowledge.table import read


@cache
def names(key: str) -> frozenset[str]:
    """One list of the table, by its key."""
    return frozenset(read("untouched").texts(key))
