"""Whether repairs ended their faults: what is reported of a function before they were applied, and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from streamlint.finding import TOOL_CODES, Finding, Severity
from streamlint.parts import OUTSIDE, part_of
from streamlint.precedence import NEXT

if TYPE_CHECKING:
    from pathlib import Path

    from streamlint.fix import Fix
    from streamlint.model.modules import Module
    from streamlint.outcome import Applied
    from streamlint.source import Source

Faults: TypeAlias = Counter[tuple[str, str]]
"""How often each code is reported in each part of a file."""
STILL_THERE = "something of the fault would still be there after it"
_OURS = frozenset(code.code for code in TOOL_CODES)
_Parts: TypeAlias = frozenset[str]
Asked: TypeAlias = Callable[[], "Module | None"]
"""Gives the Summary of a file as it is now; most files are never asked for it."""


@dataclass(frozen=True, eq=False)
class Attempt:
    """The repairs of one file in one round, or in several where one leads to the next."""

    source: Source
    """What they began with, and what was reported of it."""
    findings: Sequence[Finding]
    applied: tuple[Applied, ...]
    before: Faults
    ended: Faults
    """Of it, what they are to end."""
    next: frozenset[tuple[str, str]]
    """What is said of the repaired text, and of each part of it where, without being another fault."""
    fixes: tuple[tuple[Fix, _Parts], ...]
    """Each with the outermost functions that it changes, or in which it is offered."""

    @classmethod
    def of(
        cls, module: Module | None, source: Source, findings: Sequence[Finding], applied: tuple[Applied, ...]
    ) -> Attempt:
        repaired = [one.finding for one in applied]
        fixes = tuple(_parts(module, repaired).items())
        ended = [one for one in repaired if one.fix is None or not one.fix.is_partial]
        following = frozenset(
            (code, part_of(module, one.place.span.start)) for one in repaired for code in NEXT.get(one.code, ())
        )
        return cls(source, findings, applied, _faults(module, findings), _faults(module, ended), following, fixes)

    def failing(self, after: Faults) -> tuple[tuple[Fix, _Parts], ...]:
        """The repairs in whose functions something of their faults is still there, or another one has come."""
        grown = (fault for fault, count in after.items() if count > self._may_stay(*fault))
        more = {part for code, part in grown if (code, part) not in self.next}
        whole = ((fix, own) for fix, own in self.fixes if more and not fix.is_partial)
        return tuple((fix, own) for fix, own in whole if OUTSIDE in own or not more.isdisjoint(own))

    def _may_stay(self, code: str, part: str) -> int:
        return max(0, self.before[code, part] - self.ended[code, part])


@dataclass
class Proofs:
    """What the rounds of a run show of its repairs."""

    seen: set[tuple[Path, str]]
    """The texts that were judged; none comes twice."""
    applied: list[Applied] = field(default_factory=list)
    _open: dict[Path, Attempt] = field(default_factory=dict)
    _refused: set[tuple[Path, Fix]] = field(default_factory=set)
    _singly: set[tuple[Path, str]] = field(default_factory=set)
    """The functions whose repairs are tried one by one, as together they left something."""

    def to_try(self, path: Path, module: Asked, findings: Iterable[Finding]) -> list[Finding]:
        """The findings whose repairs may be applied in this round; the first of a function is what the others come from."""
        found: list[Finding] = []
        taken: dict[str, Fix] = {}
        for finding in sorted(findings, key=lambda each: each.sort_key):
            if finding.fix is None or (path, finding.fix) in self._refused:
                continue
            part = part_of(module(), finding.place.span.start) if self._singly else OUTSIDE
            if (path, part) not in self._singly or taken.setdefault(part, finding.fix) == finding.fix:
                found.append(finding)
        return found

    def fallen(
        self, module: Asked, source: Source, findings: Iterable[Finding], more: Iterable[Finding]
    ) -> Attempt | None:
        """The repairs of the last round, where the file is to be as it was before them.

        They fall where something of their faults is left, and no repair that comes now goes on with it.
        """
        attempt = self._open.get(source.path)
        failing = attempt.failing(_faults(module(), findings)) if attempt is not None else ()
        if attempt is None or not failing:
            self._open.pop(source.path, None)
            return None
        left = frozenset[str]().union(*(own for _, own in failing))
        if any(not left.isdisjoint(own) for own in _parts(module(), more).values()):
            return None
        self._refuse(source.path, failing)
        del self._open[source.path]
        self.applied = [one for one in self.applied if one not in attempt.applied]
        return attempt

    def note(self, module: Asked, source: Source, findings: Sequence[Finding], applied: tuple[Applied, ...]) -> None:
        """That repairs are applied, of which the next round will tell whether they stand."""
        attempt = self._open.get(source.path)
        self.applied += applied
        self._open[source.path] = (
            replace(attempt, applied=(*attempt.applied, *applied))
            if attempt is not None
            else Attempt.of(module(), source, findings, applied)
        )

    def told(self, finding: Finding) -> Finding:
        """A finding; its repair is only shown where it was refused."""
        return finding.without(STILL_THERE) if (finding.path, finding.fix) in self._refused else finding

    def _refuse(self, path: Path, failing: Sequence[tuple[Fix, _Parts]]) -> None:
        """Refuse a repair that failed alone; those that failed together are tried one by one."""
        for fix, own in failing:
            if sum(not own.isdisjoint(others) for _, others in failing) == 1:
                self._refused.add((path, fix))
            self._singly.update((path, part) for part in own)


def _parts(module: Module | None, findings: Iterable[Finding]) -> dict[Fix, _Parts]:
    """The functions that each of the repairs changes, or in which it is offered."""
    found: dict[Fix, _Parts] = {}
    for finding in findings:
        if finding.fix is not None:
            places = (finding.place.span.start, *(edit.span.start for edit in finding.fix.edits))
            own = frozenset(part_of(module, place) for place in places)
            found[finding.fix] = found.get(finding.fix, frozenset()) | own
    return found


def _faults(module: Module | None, findings: Iterable[Finding]) -> Faults:
    counted = (one for one in findings if one.severity is not Severity.ADVICE and one.code not in _OURS)
    return Counter((one.code, part_of(module, one.place.span.start)) for one in counted)
