"""What Python says of the system that it runs on, as servers have it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from streamlint.immutable import immutable
from streamlint.knowledge.table import read


@immutable
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
