"""An outcome whose texts can be printed: every name in them, from whatever file, on one line and without control characters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlint.reporters.text import visible

if TYPE_CHECKING:
    from streamlint.finding import Finding, Related
    from streamlint.fix import Fix
    from streamlint.outcome import Applied, Outcome, Skipped


def readable(outcome: Outcome) -> Outcome:
    """The same outcome for a text format; places, edits and sources stay as they are."""
    return replace(
        outcome,
        findings=tuple(map(readable_finding, outcome.findings)),
        applied=tuple(map(_applied, outcome.applied)),
        left=tuple(map(_applied, outcome.left)),
        skipped=tuple(map(_skipped, outcome.skipped)),
        unwritten=tuple(map(_skipped, outcome.unwritten)),
    )


def readable_finding(finding: Finding, keep: str = "") -> Finding:
    """A finding without control characters but those in `keep`."""
    return replace(
        finding,
        message=visible(finding.message, keep),
        label=visible(finding.label, keep),
        related=_related(finding.related, keep),
        readers=_related(finding.readers, keep),
        help=visible(finding.help, keep),
        notes=tuple(visible(note, keep) for note in finding.notes),
        hint=visible(finding.hint, keep),
        fix=_fix(finding.fix) if finding.fix else None,
    )


def _related(places: tuple[Related, ...], keep: str) -> tuple[Related, ...]:
    return tuple(replace(related, label=visible(related.label, keep)) for related in places)


def _fix(fix: Fix) -> Fix:
    return replace(fix, title=visible(fix.title), reason=visible(fix.reason))


def _applied(applied: Applied) -> Applied:
    return replace(
        applied, finding=readable_finding(applied.finding), routes=tuple(visible(route) for route in applied.routes)
    )


def _skipped(skipped: Skipped) -> Skipped:
    return replace(skipped, reason=visible(skipped.reason))
