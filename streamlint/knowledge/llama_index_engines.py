"""What makes a query engine of LlamaIndex stream, and which arguments the methods of engines take."""

from __future__ import annotations

from enum import StrEnum
from functools import cache

from streamlint.immutable import immutable
from streamlint.knowledge.llama_index_facts import Range, Role, span
from streamlint.knowledge.table import Row, read

__all__ = ["By", "Engine", "engine", "parameters"]


class By(StrEnum):
    """What decides whether an engine streams."""

    ARGUMENT = "argument"
    SYNTHESIZER = "synthesizer"
    ENGINE = "engine"
    CHOICE = "choice"
    NEVER = "never"


@immutable
class Engine:
    """How the engines of some classes come to stream; `position` is that of the argument which decides, if one does."""

    by: By
    classes: tuple[str, ...]
    but: tuple[str, ...]
    call: str
    position: int | None
    range: Range
    ignored_beside: tuple[str, ...]
    """With one of these arguments `streaming=True` changes nothing."""
    streaming_modes: tuple[str, ...]
    """The values of `response_mode=` with which `streaming=True` gives a stream."""

    def fits(self, name: str, call: str) -> bool:
        """Whether it holds for what `call` on the class of this bare name builds."""
        if name in self.but or (self.call and self.call != call):
            return False
        return name in self.classes if self.classes else bool(self.call)


def engine(owner: str, call: str, version: str | None = None) -> Engine | None:
    """What is known of the query engine that `owner.call(...)` builds; the constructor's call is "". None: nothing.

    `owner` is the class by any import path, of an index for `as_query_engine`; "" where that cannot be seen.
    """
    name = owner.rpartition(".")[2]
    found = (row for row in _engines() if row.fits(name, call))
    return next((row for row in found if row.range.holds(version)), None)


def parameters(role: Role, method: str) -> tuple[str, ...] | None:
    """The parameters that a method of engines takes; None where it is not known, or takes any."""
    return _parameters().get((role, method))


@cache
def _engines() -> tuple[Engine, ...]:
    """Those of one call before those of every call."""
    table = read("llama_index_engines")
    rows = [_engine(row, table) for row in table.rows("engine")]
    return tuple(sorted(rows, key=lambda row: not row.call))


def _engine(row: Row, table: Row) -> Engine:
    return Engine(
        By(row.text("by")),
        row.texts("classes"),
        row.texts("except"),
        row.text("call"),
        row.number("position"),
        span(row),
        table.texts("ignored_beside"),
        table.texts("streaming_modes"),
    )


@cache
def _parameters() -> dict[tuple[Role, str], tuple[str, ...]]:
    rows = read("llama_index_engines").rows("parameters")
    return {(Role(row.text("role")), name): row.texts("names") for row in rows for name in row.texts("methods")}
