"""Which of the offered fixes a run could apply, and what stands in the way of the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.fix import Fix, Level

if TYPE_CHECKING:
    from streamlint.finding import Finding
    from streamlint.source import Source

_LEFT = "the other repairs of this run left no room for it"
_BROKEN = "the file could no longer be read with it"


def judge(
    findings: Sequence[Finding], sources: Mapping[Path, Source], level: Level, fixed: bool = False
) -> Iterator[Finding]:
    """The findings, which are in order of their files; a fix that cannot be applied is only shown, and says why.

    `fixed` says that everything at this level was already applied that could be.
    """
    for path, group in groupby(findings, key=lambda finding: finding.path):
        rows = list(group)
        source = sources.get(path)
        if source is None or not any(finding.is_fixable for finding in rows):
            yield from rows
            continue
        hindrances = _hindrances(source, rows, level, fixed)
        for finding in rows:
            reason = hindrances.get(finding.fix) if finding.fix else None
            yield finding.without(reason) if reason else finding


def _hindrances(source: Source, findings: Sequence[Finding], level: Level, fixed: bool) -> dict[Fix, str]:
    """Why a fix cannot be applied, for each of the fixes that cannot."""
    from streamlint.fixing import choose

    chosen = () if fixed else choose(findings, level, source)
    applied = frozenset(chosen)
    found: dict[Fix, str] = {}
    for finding in findings:
        fix = finding.fix
        if fix is None or not finding.is_fixable or fix in applied or fix in found:
            continue
        if taken := _taken(source, fix, chosen):
            found[fix] = taken
        elif not choose([replace(finding, fix=replace(fix, is_held=False))], Level.UNSAFE, source):
            found[fix] = _BROKEN
        elif fixed and fix.within(level):
            found[fix] = _LEFT
    return found


def _taken(source: Source, fix: Fix, chosen: Sequence[Fix]) -> str:
    """That a name which the fix imports means something else, in the file or by a fix that comes first."""
    if not fix.imports:
        return ""
    from streamlint import imports

    coming = [each for other in chosen for each in other.imports]
    for needed in sorted(fix.imports):
        others = any(each.binds == needed.binds and each != needed for each in coming)
        if others or not imports.available(source.text, (needed,)):
            why = "the name is taken" if needed.binds in source.text or others else "no import can be written there"
            return f"it needs `{needed.binds}` from `{needed.module}`, and {why} in this file"
    return ""
