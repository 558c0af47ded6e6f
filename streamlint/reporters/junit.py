"""JUnit's XML, as Jenkins, GitLab and Azure read it: a file is a suite, a finding a test that failed."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from streamlint.finding import RULE_CRASHED
from streamlint.reporters.readable import readable_finding
from streamlint.reporters.roots import below, root
from streamlint.reporters.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlint.finding import Finding
    from streamlint.outcome import Outcome
    from streamlint.reporters.style import Style


def render(outcome: Outcome, _style: Style) -> str:
    base = root(finding.path for finding in outcome.findings)
    whole = ElementTree.Element("testsuites", {"name": "streamlint", **_counts(outcome.findings)})
    for path, findings in groupby(outcome.findings, key=lambda finding: finding.path):
        _suite(whole, visible(below(path, base)), list(findings))
    if not outcome.findings:
        suite = ElementTree.SubElement(whole, "testsuite", {"name": "streamlint", **_counts(())})
        ElementTree.SubElement(
            suite, "testcase", name=f"no findings in {outcome.checked} files", classname="streamlint"
        )
    ElementTree.indent(whole)
    written: bytes = ElementTree.tostring(whole, encoding="us-ascii", xml_declaration=True)
    return written.decode("ascii") + "\n"


def _suite(whole: ElementTree.Element, name: str, findings: Sequence[Finding]) -> None:
    suite = ElementTree.SubElement(whole, "testsuite", {"name": name, **_counts(findings)})
    for finding in map(readable_finding, findings):
        line = str(finding.place.start.line)
        title = f"{finding.code} {finding.name}: {finding.message}"
        case = ElementTree.SubElement(suite, "testcase", name=title, classname=name, file=name, line=line)
        kind = "error" if finding.code == RULE_CRASHED.code else "failure"
        failed = ElementTree.SubElement(case, kind, message=finding.message, type=finding.code)
        failed.text = "\n".join(_told(finding, f"{name}:{line}:{finding.place.start.column}"))


def _told(finding: Finding, where: str) -> list[str]:
    lines = [f"{where}: {finding.severity}[{finding.code}] {finding.name}: {finding.message}"]
    lines += [finding.label] if finding.label else []
    lines += [f"help: {finding.help}"] if finding.help else []
    return lines + [f"note: {note}" for note in finding.notes]


def _counts(findings: Sequence[Finding]) -> dict[str, str]:
    errors = sum(finding.code == RULE_CRASHED.code for finding in findings)
    return {"tests": str(len(findings) or 1), "failures": str(len(findings) - errors), "errors": str(errors)}
