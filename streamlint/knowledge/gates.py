"""Load balancers, gateways and platforms that files declare, and how each fails a stream."""

from __future__ import annotations

from functools import cache

from streamlint.immutable import immutable
from streamlint.knowledge.table import Row, read


@immutable
class Unless:
    """A setting some steps above a limit that says that no program answers there."""

    key: str
    above: int
    holds: tuple[str, ...]


@immutable
class LimitRow:
    """Where a limit is written, below what must be there, and what holds where it is not."""

    setting: str
    needs: tuple[str, ...]
    at: tuple[str, ...]
    within: str
    failure: str
    default: float | None
    unlimited: tuple[str, ...]
    most: float | None
    write: str
    cure: str
    only: tuple[str, ...]
    is_always: bool
    """Whether answers are held back where nobody says anything."""
    is_whole_number: bool
    unless: Unless | None


@immutable
class GateRow:
    """One product under the names that a file has for it; `only` says which values of a setting are meant where it is written."""

    product: str
    title: str
    layer: str
    only: dict[str, tuple[str, ...]]
    needs: tuple[str, ...]
    """Settings that must be written, as without them it is something else."""
    unless_beside: tuple[str, ...]
    has_paths: bool
    """Whether it chooses by the path, so that a module of its own reads it."""
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
            row.texts("needs"),
            row.texts("unless_beside"),
            row.flag("has_paths"),
            tuple(_limit(each) for each in limits if kind in each.texts("kinds")),
        )
        for row in table.rows("gate")
        for kind in row.texts("kinds")
    }


def _only(row: Row) -> dict[str, tuple[str, ...]]:
    given = row.values.get("only", {})
    return {key: tuple(values) for key, values in given.items()} if isinstance(given, dict) else {}


def _limit(row: Row) -> LimitRow:
    unless = row.mapping("unless")
    return LimitRow(
        row.text("setting"),
        row.texts("needs"),
        row.texts("at"),
        row.text("within"),
        row.text("failure"),
        row.real("default"),
        row.texts("unlimited"),
        row.real("most"),
        row.text("write"),
        row.text("cure"),
        row.texts("only"),
        row.flag("always"),
        row.flag("is_whole_number"),
        Unless(unless["key"], int(unless["above"]), tuple(unless["holds"].split("|"))) if unless else None,
    )


@cache
def default(product: str, setting: str) -> float | None:
    """The seconds that hold for a product where nobody says anything."""
    rows = (row for row in read("gates").rows("limit") if row.text("product") == product)
    return next((row.real("default") for row in rows if row.text("setting") == setting), None)


@immutable
class EndpointRow:
    """Where the kind of endpoint of a REST API is written: in which resource, and how what asks the function names that."""

    apis: tuple[str, ...]
    named: tuple[str, ...]
    under: tuple[str, ...]
    shared: tuple[str, ...]
    is_implicit: bool
    """Whether what names no API has one of its own."""


@cache
def endpoints() -> dict[str, EndpointRow]:
    """Each, by the kind of what asks the function."""
    return {
        kind: EndpointRow(
            row.texts("apis"), row.texts("named"), row.texts("under"), row.texts("shared"), row.flag("is_implicit")
        )
        for row in read("gates").rows("endpoint")
        for kind in row.texts("kinds")
    }


@immutable
class Controller:
    """What an Ingress is for: by its class, or by the beginning of its annotations."""

    kind: str
    prefix: str
    classes: tuple[str, ...]


@cache
def controllers() -> tuple[Controller, ...]:
    rows = read("gates").rows("ingress")
    return tuple(Controller(row.text("kind"), row.text("prefix"), row.texts("classes")) for row in rows)
