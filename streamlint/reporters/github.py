"""Annotations for a step of GitHub Actions: the worst ten, as it shows no more, and the others as lines of the log.

The escapes are those of @actions/core's command.ts; GitHub shows ten annotations of a kind a step, and fifty a job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint import reporters
from streamlint.finding import Finding, Severity
from streamlint.reporters.readable import readable_finding
from streamlint.reporters.roots import below, root
from streamlint.reporters.text import printed, visible
from streamlint.reporters.worst import worst_first

if TYPE_CHECKING:
    from pathlib import Path

    from streamlint.outcome import Outcome
    from streamlint.reporters.style import Style

SHOWN = 10
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}


def render(outcome: Outcome, _style: Style) -> str:
    base = root(finding.path for finding in outcome.findings)
    findings = worst_first(outcome.findings)
    lines = [_annotation(readable_finding(finding, keep="\r\n"), base) for finding in findings[:SHOWN]]
    rest = findings[SHOWN:]
    if rest:
        lines.append(f"{len(rest)} more, which GitHub would not show as annotations:")
        lines += (printed(_line(readable_finding(finding), base)) for finding in rest)
    return "".join(f"{line}\n" for line in lines)


def _line(finding: Finding, base: Path) -> str:
    start = finding.place.start
    where = f"{visible(below(finding.path, base))}:{start.line}:{start.column}"
    return f"{where}: {finding.severity}[{finding.code}] {finding.name}: {finding.message}"


def _annotation(finding: Finding, base: Path) -> str:
    start, end = finding.place.start, finding.place.end
    properties = {
        "file": visible(below(finding.path, base)),
        "line": str(start.line),
        "col": str(start.column),
        "endLine": str(end.line),
        "endColumn": str(end.column),
        "title": f"{finding.code} {finding.name}",
    }
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    label = [finding.label] if finding.label else []
    help_lines = [f"help: {finding.help}"] if finding.help else []
    readers = [f"{reporters.shown(each.place.path)}:{each.place.start.line}: {each.label}" for each in finding.readers]
    message = "\n".join([finding.message, *label, *help_lines, *finding.notes, *readers])
    return f"::{_COMMANDS[finding.severity]} {written}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
