"""Which calls fail where an event loop runs already."""

from __future__ import annotations

from functools import cache

from streamlint.knowledge.table import read


def starts_loop(dotted: str) -> bool:
    return dotted in _names("starts")


def asks_for_loop(dotted: str) -> bool:
    return dotted in _names("asks")


def patches_loop(dotted: str) -> bool:
    return dotted in _names("patches")


def patching_packages() -> frozenset[str]:
    """What is imported to make loops within loops possible."""
    return frozenset(name.partition(".")[0] for name in _names("patches"))


@cache
def _names(kind: str) -> frozenset[str]:
    rows = read("nested_loops").rows(kind)
    return frozenset(name for row in rows for name in (*row.texts("names"), *row.texts("methods")))
