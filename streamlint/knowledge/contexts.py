"""Which objects of a framework exist only while a view runs, and what keeps them for a generator."""

from __future__ import annotations

from dataclasses import replace

from streamlint.immutable import immutable
from streamlint.knowledge.table import Row


@immutable
class ViewContext:
    """`by_call`: the keeper is given the generator; otherwise it decorates the generator function."""

    framework: str
    names: frozenset[str]
    keeps: tuple[str, ...]
    opens: frozenset[str]
    by_call: bool
    makes: frozenset[str]
    """Attributes of the application that make a response."""


def view_contexts(table: Row) -> dict[str, ViewContext]:
    """By framework; several rows for one are taken together."""
    found: dict[str, ViewContext] = {}
    for row in table.rows("context"):
        context = _context(row)
        known = found.get(context.framework)
        found[context.framework] = replace(known, names=known.names | context.names) if known is not None else context
    return found


def _context(row: Row) -> ViewContext:
    return ViewContext(
        row.text("framework"),
        frozenset(row.texts("names")),
        row.texts("keeps"),
        frozenset(row.texts("opens")),
        row.flag("keeps-call"),
        frozenset(row.texts("makes")),
    )
