"""From the facts of a file to its faults: of several facts about one stream one speaks, and the others are spans of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from streamlint.finding import Also
from streamlint.precedence import rank

if TYPE_CHECKING:
    from streamlint.fact import Fact


def speaking(facts: Iterable[Fact], selects: Callable[[str], bool]) -> Iterator[Fact]:
    """The facts that are reported, in their order; `selects` says which codes may speak.

    A fact of a code that may not still lends its code and places to the one that does, for ignore comments.
    """
    facts = tuple(facts)
    spoken: dict[int, list[Fact]] = {}
    for at in sorted(range(len(facts)), key=lambda at: _order(facts[at], selects)):
        heard = [other for other in spoken if _is_same(facts[other], facts[at])]
        for other in heard:
            spoken[other].append(facts[at])
        if not heard:
            spoken[at] = []
    for at in sorted(spoken):
        if selects(facts[at].finding.code):
            yield _joined(facts[at], spoken[at])


def _order(fact: Fact, selects: Callable[[str], bool]) -> tuple[bool, int, int]:
    return (not selects(fact.finding.code), rank(fact.finding.code), fact.finding.place.span.start)


def _is_same(one: Fact, other: Fact) -> bool:
    return not one.stops.isdisjoint(other.stops)


def _joined(fact: Fact, others: Iterable[Fact]) -> Fact:
    """A fact with what the others say of its stream: their labelled spans, and what ignore comments may name."""
    finding = fact.finding
    taken = {
        (finding.place.path, finding.place.span),
        *((each.place.path, each.place.span) for each in finding.related),
    }
    related, also = list(finding.related), list(finding.also)
    for other in others:
        also.append(Also(other.finding.code, other.finding.place))
        for span in other.asides:
            if (span.place.path, span.place.span) not in taken:
                taken.add((span.place.path, span.place.span))
                related.append(span)
    return replace(fact, finding=replace(finding, related=tuple(related), also=tuple(also)))
