"""What Python says of the system that it runs on, as servers have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from streamlint.knowledge.table import read


@dataclass(frozen=True)
class Platforms:
    """By their dotted names: what attributes are, and what functions without arguments give."""

    values: Mapping[str, str]
    results: Mapping[str, str]

    @property
    def names(self) -> frozenset[str]:
        return frozenset((*self.values, *self.results))


@cache
def platforms() -> Platforms:
    """The one table."""
    return Platforms(
        *({row.text("name"): row.text("value") for row in read("platforms").rows(key)} for key in ("value", "result"))
    )
