"""The findings of each file under its name, a line each, for people."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from streamlint import reporters
from streamlint.reporters.concise import fix_told
from streamlint.reporters.readable import readable
from streamlint.reporters.summary import render_changed, render_fixed, render_hints, render_summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streamlint.finding import Finding
    from streamlint.outcome import Outcome
    from streamlint.reporters.style import Style


def render(outcome: Outcome, style: Style) -> str:
    texts = [render_findings(outcome, style), render_fixed(outcome, style), render_summary(outcome, style)]
    return "".join([*texts, "\n", render_hints(outcome), render_changed(outcome, style)])


def render_findings(outcome: Outcome, style: Style) -> str:
    """The findings alone."""
    lines: list[str] = []
    for path, findings in groupby(readable(outcome).findings, key=lambda finding: finding.path):
        lines += [style.paint("strong", f"{reporters.shown(path)}:"), *_rows(list(findings), outcome, style), ""]
    return "".join(f"{line}\n" for line in lines)


def _rows(findings: Sequence[Finding], outcome: Outcome, style: Style) -> Iterator[str]:
    places = [f"{finding.place.start.line}:{finding.place.start.column}" for finding in findings]
    for finding, place in zip(findings, places, strict=True):
        title = style.paint(finding.severity, f"{finding.severity}[{finding.code}]")
        where = place.rjust(max(map(len, places)))
        yield f"  {where}  {title} {finding.name}: {finding.message}{fix_told(finding, outcome)}"
