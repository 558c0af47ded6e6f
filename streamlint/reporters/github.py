"""Annotations for a GitHub Actions step; the escapes are those of @actions/core's command.ts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint import reporters
from streamlint.finding import Finding, Severity
from streamlint.reporters.readable import readable_finding

if TYPE_CHECKING:
    from streamlint.outcome import Outcome
    from streamlint.reporters.style import Style

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}


def render(outcome: Outcome, _style: Style) -> str:
    findings = (readable_finding(finding, keep="\r\n") for finding in outcome.findings)
    return "".join(f"{_annotation(finding)}\n" for finding in findings)


def _annotation(finding: Finding) -> str:
    start, end = finding.place.start, finding.place.end
    properties = {
        "file": reporters.shown(finding.path),
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
