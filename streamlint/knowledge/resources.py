"""Context managers that a stream cannot outlive, and the readers that read only when they are iterated."""

from __future__ import annotations

from enum import StrEnum
from functools import cache

from packaging.version import Version

from streamlint.knowledge.table import Row, read


class End(StrEnum):
    """What becomes of a resource at the end of its block."""

    CLOSED = "closed"
    RELEASED = "released"
    OVER = "over"


@cache
def resource_ends() -> dict[str, End]:
    """By the dotted name of what makes the resource."""
    return {name: End(row.text("end")) for row in read("resources").rows("resource") for name in row.texts("names")}


@cache
def lazy_readers() -> frozenset[str]:
    return frozenset(name for row in read("resources").rows("reader") for name in row.texts("names"))


@cache
def closers() -> dict[str, frozenset[str]]:
    """Calls that close what they are given, and what fails after that."""
    rows = read("resources").rows("closing")
    return {name: frozenset(row.texts("around")) for row in rows for name in row.texts("names")}


@cache
def lasting_facts() -> frozenset[str]:
    return frozenset(name for row in read("resources").rows("fact") for name in row.texts("names"))


def closes_dependencies_early(fastapi: Version | None) -> bool:
    """Whether this release of FastAPI ends dependencies before it sends the response; False where it is not known."""
    values = read("resources").values["dependencies"]
    row = Row(values) if isinstance(values, dict) else Row({})
    return fastapi is not None and Version(row.text("since")) <= fastapi < Version(row.text("before"))
