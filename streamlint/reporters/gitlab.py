"""GitLab's Code Quality report (https://docs.gitlab.com/ci/testing/code_quality/), paths below the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streamlint.finding import Finding, Severity
from streamlint.reporters.json_text import dumped
from streamlint.reporters.marks import Marks
from streamlint.reporters.roots import below, root

if TYPE_CHECKING:
    from pathlib import Path

    from streamlint.outcome import Outcome
    from streamlint.reporters.style import Style

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.ADVICE: "info"}
"""Blocker and critical are left to faults that lose or leak something."""


def render(outcome: Outcome, _style: Style) -> str:
    base = root(finding.path for finding in outcome.findings)
    return dumped([_issue(finding, mark, base) for finding, mark in Marks.of(outcome).findings]) + "\n"


def _issue(finding: Finding, fingerprint: str, base: Path) -> dict[str, Any]:
    return {
        "description": f"{finding.code} {finding.name}: {finding.message}",
        "check_name": finding.code,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": below(finding.path, base),
            "lines": {"begin": finding.place.start.line, "end": finding.place.end.line},
        },
    }
