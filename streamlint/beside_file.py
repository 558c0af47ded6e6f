"""A file that is not Python as rules see it: places in its text, and facts that stand there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from streamlint.fact import Fact, Offer, Stand
from streamlint.finding import Finding, Place, Related, Severity
from streamlint.source import Source, Span

if TYPE_CHECKING:
    from pathlib import Path

    from streamlint.rule import Rule


class BesideFile:
    """Knows the text only; `source` has the file's real path."""

    def __init__(self, source: Source) -> None:
        self.source = source

    @property
    def path(self) -> Path:
        return self.source.path

    def place(self, place: Any) -> Place:
        """The place of a node, or of a span."""
        return self.place_of(place if isinstance(place, Span) else place.span)

    def place_of(self, span: Span) -> Place:
        return Place.of(self.source, span)

    def fact(
        self,
        rule: Rule,
        on: Any,
        *,
        label: str = "",
        help: str = "",
        notes: Sequence[str] = (),
        related: Sequence[Related] = (),
        repair: Callable[[Any], Offer] | None = None,
        severity: Severity | None = None,
        **names: str,
    ) -> Fact:
        """What a rule has to say about a node or a span."""
        message = rule.message.format(**names)
        place = self.place(on)
        finding = Finding(rule.code, rule.name, severity or rule.severity, message, place, label, tuple(related))
        return Fact(replace(finding, notes=tuple(notes)), Stand(place.span, (), ""), help, repair)


def told(fact: Fact) -> Finding:
    """The finding of a fact, with its repair: there is no tree to ask."""
    return fact.told(fact.repair(None) if fact.repair is not None else None)
