"""Load balancers, gateways and platforms that files declare, and how each fails a stream."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from streamlint.knowledge.table import Row, read


@dataclass(frozen=True)
class LimitRow:
    """Where a limit is written, and what holds where it is not."""

    setting: str
    at: tuple[str, ...]
    within: str
    failure: str
    default: float | None
    unlimited: tuple[str, ...]
    most: float | None
    write: str


@dataclass(frozen=True)
class GateRow:
    """One product under the names that a file has for it; `only` are the settings that it must have."""

    product: str
    title: str
    layer: str
    only: dict[str, tuple[str, ...]]
    limits: tuple[LimitRow, ...]


@cache
def by_kind() -> dict[str, GateRow]:
    """Each product, by what files call it."""
    table = read("gates")
    limits = list(table.rows("limit"))
    return {
        kind: GateRow(
            row.text("product"),
            row.text("title"),
            row.text("layer"),
            _only(row),
            tuple(_limit(each) for each in limits if kind in each.texts("kinds")),
        )
        for row in table.rows("gate")
        for kind in row.texts("kinds")
    }


def _only(row: Row) -> dict[str, tuple[str, ...]]:
    given = row.values.get("only", {})
    return {key: tuple(values) for key, values in given.items()} if isinstance(given, dict) else {}


def _limit(row: Row) -> LimitRow:
    return LimitRow(
        row.text("setting"),
        row.texts("at"),
        row.text("within"),
        row.text("failure"),
        row.real("default"),
        row.texts("unlimited"),
        row.real("most"),
        row.text("write"),
    )
