"""One line per finding, as compilers and grep print them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint import reporters
from streamlint.fix import Level
from streamlint.reporters.readable import readable
from streamlint.reporters.summary import option, render_changed, render_fixed, render_hints, render_summary

if TYPE_CHECKING:
    from streamlint.finding import Finding
    from streamlint.outcome import Outcome
    from streamlint.reporters.style import Style


def render(outcome: Outcome, style: Style) -> str:
    texts = [render_findings(outcome, style), render_fixed(outcome, style), render_summary(outcome, style)]
    return "".join([*texts, "\n", render_hints(outcome), render_changed(outcome, style)])


def render_findings(outcome: Outcome, style: Style) -> str:
    """The findings alone."""
    return "".join(f"{_line(finding, outcome, style)}\n" for finding in readable(outcome).findings)


def _line(finding: Finding, outcome: Outcome, style: Style) -> str:
    start = finding.place.start
    where = style.paint("strong", f"{reporters.shown(finding.path)}:{start.line}:{start.column}:")
    title = style.paint(finding.severity, f"{finding.severity}[{finding.code}]")
    return f"{where} {title} {finding.name}: {finding.message}{fix_told(finding, outcome)}"


def fix_told(finding: Finding, outcome: Outcome) -> str:
    """What `--fix` would do with it, in brackets."""
    if finding.fix is None:
        return ""
    level = finding.fix.level
    by = "" if level is Level.DISPLAY or outcome.applies(finding.fix) else f", by {option(level)}"
    return f" [fix: {level}{by}]"
