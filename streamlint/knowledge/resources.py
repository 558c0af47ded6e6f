"""Context managers that a stream cannot outlive, and the readers that read only when they are iterated."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from streamlint.immutable import immutable
from streamlint.knowledge.table import Row


class End(StrEnum):
    """What becomes of a resource at the end of its block."""

    CLOSED = "closed"
    REOPENED = "reopened"
    RELEASED = "released"
    OVER = "over"

    @property
    def is_of_readers(self) -> bool:
        """Whether it matters to what reads from the resource, and to nothing else."""
        return self in (End.CLOSED, End.REOPENED)


@immutable
class ResourceFacts:
    """`ends` by the dotted name of what makes the resource; `closers` by the call that closes, with what fails after that."""

    ends: Mapping[str, End]
    closers: Mapping[str, frozenset[str]]
    lazy_readers: frozenset[str]
    lasting_facts: frozenset[str]
    cursors: frozenset[str]
    stacks: frozenset[str]
    package: str
    """Whose releases from `since` until before `before` end dependencies before they send the response."""
    since: str
    before: str


def resource_facts(table: Row) -> ResourceFacts:
    (dependencies,) = table.rows("dependencies")
    return ResourceFacts(
        ends={name: End(row.text("end")) for row in table.rows("resource") for name in row.texts("names")},
        closers={name: frozenset(row.texts("around")) for row in table.rows("closing") for name in row.texts("names")},
        lazy_readers=_names(table, "reader"),
        lasting_facts=_names(table, "fact"),
        cursors=_names(table, "cursor"),
        stacks=_names(table, "stack"),
        package=dependencies.text("package"),
        since=dependencies.text("since"),
        before=dependencies.text("before"),
    )


def _names(table: Row, kind: str) -> frozenset[str]:
    return frozenset(name for row in table.rows(kind) for name in row.texts("names"))
