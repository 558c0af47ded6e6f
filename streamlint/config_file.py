"""A file that is not Python as rules see it: its statements, where they stand, and what is found about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from streamlint.fact import Fact, Offer, Stand
from streamlint.finding import UNREADABLE_FILE, Finding, Place, Related, Severity
from streamlint.releases.declared import Declared, Reading
from streamlint.source import Source, Span

if TYPE_CHECKING:
    from pathlib import Path

    from streamlint.project import Project
    from streamlint.rule import Rule


class ConfigFile:
    """A dependency file of a project; `source` has the file's real path."""

    def __init__(self, source: Source, project: Project) -> None:
        self.source = source
        self.project = project

    @property
    def path(self) -> Path:
        return self.source.path

    @cached_property
    def reading(self) -> Reading:
        """What the file says itself, without what it includes."""
        return self.project.versions.files.reading(self.path)

    def nodes(self, kind: type[Any]) -> Iterator[tuple[Any, Any]]:
        """What the file holds of a kind, each as its own scope."""
        return iter([(each, each) for each in self.reading.declared] if kind is Declared else [])

    def place(self, place: Declared | Span) -> Place:
        span = place if isinstance(place, Span) else place.span
        return place_in(self.source, span)

    def faults(self) -> Iterator[Finding]:
        """Where the file is not what its format asks for; what can be read is judged."""
        code = UNREADABLE_FILE
        for fault in self.reading.faults[:1]:
            end = min(fault.offset + 1, len(self.source.text))
            where = self.place(Span(min(fault.offset, end), end))
            note = "what stands in this file behind the fault may not have been checked"
            yield Finding(
                code.code, code.name, code.severity, f"cannot be read here: {fault.message}", where, notes=(note,)
            )

    def fact(
        self,
        rule: Rule,
        on: Declared,
        *,
        label: str = "",
        help: str = "",
        notes: Sequence[str] = (),
        related: Sequence[Related] = (),
        repair: Callable[[Any], Offer] | None = None,
        severity: Severity | None = None,
        **names: str,
    ) -> Fact:
        """What a rule has to say about a statement."""
        message = rule.message.format(**names)
        place = self.place(on)
        finding = Finding(rule.code, rule.name, severity or rule.severity, message, place, label, tuple(related))
        return Fact(replace(finding, notes=tuple(notes)), Stand(on.span, (), ""), help, repair)


def told(fact: Fact) -> Finding:
    """The finding of a fact, with its repair: there is no tree to ask."""
    return fact.told(fact.repair(None) if fact.repair is not None else None)


def place_in(source: Source, span: Span) -> Place:
    start = source.position(span.start)
    return Place(source.path, span, start, source.position(span.end), source.line(start.line))
