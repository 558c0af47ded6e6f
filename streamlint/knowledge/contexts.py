"""Which objects of a framework exist only while a view runs, and what keeps them for a generator."""

from __future__ import annotations

from dataclasses import dataclass

from streamlint.knowledge.table import read


@dataclass(frozen=True)
class ViewContext:
    """`by_call`: the keeper is given the generator; otherwise it decorates the generator function."""

    framework: str
    names: frozenset[str]
    keeps: tuple[str, ...]
    opens: frozenset[str]
    by_call: bool
    makes: frozenset[str]
    """Attributes of the application that make a response."""


def view_contexts() -> dict[str, ViewContext]:
    """By framework."""
    return {
        row.text("framework"): ViewContext(
            row.text("framework"),
            frozenset(row.texts("names")),
            row.texts("keeps"),
            frozenset(row.texts("opens")),
            row.flag("keeps-call"),
            frozenset(row.texts("makes")),
        )
        for row in read("contexts").rows("context")
    }
