"""How many findings there are of a run, by rule, by what somebody sees of them, and by the level of their repair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, TypeVar

from streamlint import rule
from streamlint.fix import Level
from streamlint.immutable import immutable

if TYPE_CHECKING:
    from streamlint.finding import Finding, Symptom
    from streamlint.outcome import Outcome

Kind = TypeVar("Kind", bound=Hashable)


@immutable
class Count:
    """Findings of one kind: reported, of these fixable by `--fix`, fixed in this run, in the baseline, taken back by a comment."""

    found: int
    fixable: int
    fixed: int
    known: int
    ignored: int


@immutable
class Counts:
    """Of an outcome, each kind that it has in an order that only the numbers and the names decide."""

    outcome: Outcome

    def by_rule(self) -> list[tuple[tuple[str, str], Count]]:
        """By code and name; what is found most comes first."""
        return sorted(self._by(lambda each: (each.code, each.name)).items(), key=lambda row: (-row[1].found, row[0]))

    def by_symptom(self) -> list[tuple[Symptom | None, Count]]:
        """By what somebody sees; None is what no reader of a stream does."""
        codes = {each.code for findings in self._lists for each in findings}
        symptoms = {each.code: each.symptom for each in rule.discover(codes)}
        counts = self._by(lambda each: symptoms.get(each.code))
        return sorted(counts.items(), key=lambda row: (-row[1].found, row[0] is None, row[0] or ""))

    def by_level(self) -> list[tuple[Level | None, int]]:
        """How many of the reported findings have a repair of a level, from the mildest; None is what has none."""
        levels = Counter(each.fix.level if each.fix else None for each in self.outcome.findings)
        return [(level, levels[level]) for level in (*Level, None) if levels[level]]

    @property
    def _lists(self) -> tuple[Sequence[Finding], ...]:
        outcome = self.outcome
        fixable = [each for each in outcome.findings if outcome.applies(each.fix)]
        fixed = [each.finding for each in outcome.applied]
        return outcome.findings, fixable, fixed, outcome.known, outcome.taken_back

    def _by(self, kind: Callable[[Finding], Kind]) -> dict[Kind, Count]:
        found, fixable, fixed, known, ignored = (Counter(map(kind, findings)) for findings in self._lists)
        every = dict.fromkeys((*found, *fixed, *known, *ignored))
        return {each: Count(found[each], fixable[each], fixed[each], known[each], ignored[each]) for each in every}
