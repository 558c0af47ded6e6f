"""What each finding of a run is known by, those that a baseline or a comment holds back included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fingerprints import fingerprints
from streamlint.immutable import immutable

if TYPE_CHECKING:
    from streamlint.finding import Finding
    from streamlint.outcome import Outcome

Marked = tuple["Finding", str]


@immutable
class Marks:
    """Findings with their fingerprints: what is reported, what the baseline has, what a comment takes back."""

    findings: tuple[Marked, ...]
    known: tuple[Marked, ...]
    taken_back: tuple[Marked, ...]

    @classmethod
    def of(cls, outcome: Outcome) -> Marks:
        everything = (*outcome.findings, *outcome.known, *outcome.taken_back)
        marked = tuple(zip(everything, fingerprints(everything, outcome.sources), strict=True))
        first = len(outcome.findings)
        second = first + len(outcome.known)
        return cls(marked[:first], marked[first:second], marked[second:])
