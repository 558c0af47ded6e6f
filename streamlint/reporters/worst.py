"""Which findings come first where not all are shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from streamlint.finding import Severity

if TYPE_CHECKING:
    from streamlint.finding import Finding

_ORDER = list(Severity)


def rank(finding: Finding) -> int:
    """0 for an error, more for what matters less."""
    return _ORDER.index(finding.severity)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """By severity; those of one severity stay in their order."""
    return sorted(findings, key=rank)
