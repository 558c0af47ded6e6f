"""One line per finding, as compilers and grep print them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint import reporters
from streamlint.reporters.summary import render_fixed, render_summary

if TYPE_CHECKING:
    from streamlint.finding import Finding
    from streamlint.outcome import Outcome
    from streamlint.reporters.style import Style


def render(outcome: Outcome, style: Style) -> str:
    lines = [_line(finding, style) for finding in outcome.findings]
    return "".join(f"{line}\n" for line in lines) + render_fixed(outcome, style) + render_summary(outcome, style) + "\n"


def _line(finding: Finding, style: Style) -> str:
    start = finding.place.start
    where = style.paint("strong", f"{reporters.shown(finding.path)}:{start.line}:{start.column}:")
    title = style.paint(finding.severity, f"{finding.severity}[{finding.code}]")
    fix = f" [fix: {finding.fix.level}]" if finding.fix else ""
    return f"{where} {title} {finding.name}: {' '.join(finding.message.split())}{fix}"
