"""What a run leaves behind: findings, the texts that they stand in, and what was fixed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.finding import UNREADABLE_FILE, Finding, Severity
from streamlint.fix import Level
from streamlint.immutable import immutable

if TYPE_CHECKING:
    from streamlint.fix import Fix
    from streamlint.source import Source


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in the middle of a run: `left` are the files that were not looked at, or not written, as `what` says."""

    def __init__(self, left: Iterable[Path], what: str) -> None:
        super().__init__()
        self.left, self.what = tuple(left), what


@immutable
class Skipped:
    """A path that was not looked at, and why, in words for its owner."""

    path: Path
    reason: str
    failed: bool = False
    """Whether it should have been looked at and could not be read."""


@immutable
class Applied:
    """A finding whose fix was applied, or would be; `routes` are those that run the changed code, where that is known."""

    finding: Finding
    routes: tuple[str, ...] = ()
    is_in_code: bool = True
    """Whether the fix changed code, not what is installed."""

    @property
    def level(self) -> Level:
        return self.finding.fix.level if self.finding.fix else Level.DISPLAY


@immutable
class Change:
    """A file's text before and after its fixes."""

    before: Source
    after: Source


@immutable
class Outcome:
    """Everything that a reporter shows. Findings stand in `sources`, which hold the texts after the fixes.

    `checked` counts the files that could be judged. `held` are files whose fixes would not be written, `unwritten` those whose
    fixes were not; `leftovers` lie where a run was killed. `left` are fixes that `--fix` would have made, if nothing in the
    repository were seen to read the old answers.
    """

    findings: tuple[Finding, ...] = ()
    sources: Mapping[Path, Source] = field(default_factory=dict)
    checked: int = 0
    skipped: tuple[Skipped, ...] = ()
    applied: tuple[Applied, ...] = ()
    left: tuple[Applied, ...] = ()
    changes: tuple[Change, ...] = ()
    held: tuple[Skipped, ...] = ()
    unwritten: tuple[Skipped, ...] = ()
    leftovers: tuple[Path, ...] = ()
    is_empty: bool = False
    """Whether there was nothing to look at, although nothing was left out on purpose."""
    known: tuple[Finding, ...] = ()
    """Findings that the baseline has."""
    taken_back: tuple[Finding, ...] = ()
    """Findings that a comment takes back."""
    excused: Mapping[Path, int] = field(default_factory=dict)
    """How many findings of a file the comments take back that this run writes."""
    stale: int = 0
    """Entries of the baseline that no finding needs any more."""
    is_unserved: bool = False
    """Whether there are coroutine functions, but no function is known that a framework calls."""
    level: Level = Level.RESPONSE
    """What `--fix` applies in this run."""

    def applies(self, fix: Fix | None) -> bool:
        """Whether `--fix` at the level of this run applies a fix."""
        return fix is not None and fix.within(self.level)

    @property
    def fails(self) -> bool:
        """Whether there is a finding that must be dealt with: advice need not be, and a newer Python is ours to have."""
        return len(self.findings) > self.too_new + self.count(Severity.ADVICE)

    @property
    def too_new(self) -> int:
        """Files that need a newer Python than the one that runs streamlint."""
        return sum(is_too_new(finding) for finding in self.findings)

    def count(self, severity: Severity) -> int:
        return sum(finding.severity is severity for finding in self.findings)

    @property
    def fixable(self) -> int:
        """Findings that `--fix` would fix."""
        return sum(self.applies(finding.fix) for finding in self.findings)

    def fixable_beyond(self, level: Level) -> int:
        """Findings with a fix of exactly this level that the configured level leaves out."""
        fixes = [finding.fix for finding in self.findings if finding.fix]
        return sum(fix.level is level and not fix.within(self.level) for fix in fixes)


def is_too_new(finding: Finding) -> bool:
    """Whether a file needs a newer Python than the one that runs streamlint."""
    return finding.code == UNREADABLE_FILE.code and finding.severity is Severity.WARNING
