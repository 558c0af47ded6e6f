"""A finding as a result of SARIF: where, why, the way that calls take, and how to repair it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from streamlint.finding import Finding, Related, Severity
from streamlint.fix import Level
from streamlint.immutable import immutable
from streamlint.reporters.edits import ready
from streamlint.reporters.sarif_places import Places, region_of

if TYPE_CHECKING:
    from streamlint.fix import Fix

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "note"}
LOCATIONS = 1_000
"""That GitHub takes of one result."""
_STEP = re.compile(r"(\d+)\. ")
_BRACKET = re.compile(r"[\\\[\]]")


@immutable
class Result:
    """A finding with its fingerprint, whether an older run had it, and by what it is held back."""

    finding: Finding
    fingerprint: str
    state: str = ""
    """`new` or `unchanged` where there is a baseline."""
    suppression: str | None = None
    """`inSource` by a comment, `external` by a baseline, "" by nothing; None where nothing in the run is held back."""

    def written(self, rule: int | None, places: Places, *, is_whole: bool) -> dict[str, Any]:
        finding = self.finding
        related = (*finding.related, *finding.readers)[: LOCATIONS - 1]
        found: dict[str, Any] = {
            "ruleId": finding.code,
            "kind": "fail",
            "level": LEVELS[finding.severity],
            "message": {"text": _message(finding, related)},
            "locations": [places.location(finding.place, finding.label)],
            "relatedLocations": [
                places.location(each.place, each.label, number) for number, each in enumerate(related, start=1)
            ],
            "partialFingerprints": {"streamlint/v1": self.fingerprint},
        }
        found |= {"ruleIndex": rule} if rule is not None else {}
        found |= {"baselineState": self.state} if self.state else {}
        if self.suppression is not None:
            found["suppressions"] = [{"kind": self.suppression}] if self.suppression else []
        return found | _flows(finding, places) | _fixes(finding, places) if is_whole else found


def _message(finding: Finding, related: tuple[Related, ...]) -> str:
    """The words, with links to the related places, which GitHub shows only where something leads to them."""
    paragraphs = [_plain(finding.message)]
    paragraphs += [f"Help: {_plain(finding.help)}"] if finding.help else []
    links = [f"[{_plain(each.label)}]({number})" for number, each in enumerate(related, start=1) if each.label]
    paragraphs += [f"See: {', '.join(links)}"] if links else []
    paragraphs += [f"Note: {_plain(note)}" for note in finding.notes]
    return "\n\n".join(paragraphs)


def _plain(text: str) -> str:
    """A text in which no bracket begins a link (SARIF 3.11.6)."""
    return _BRACKET.sub(lambda bracket: f"\\{bracket[0]}", text)


def _flows(finding: Finding, places: Places) -> dict[str, Any]:
    """The numbered places of a call path, from the entry point down."""
    own = Related(finding.place, finding.label)
    steps = [(int(match[1]), each) for each in (own, *finding.related) if (match := _STEP.match(each.label))]
    if len(steps) < 2:
        return {}
    ordered = [each for _, each in sorted(steps, key=lambda step: step[0])][:LOCATIONS]
    locations = [{"location": places.location(each.place, each.label)} for each in ordered]
    return {"codeFlows": [{"threadFlows": [{"locations": locations}]}]}


def _fixes(finding: Finding, places: Places) -> dict[str, Any]:
    source = places.source(finding.path)
    if finding.fix is None or finding.fix.level is Level.DISPLAY or source is None:
        return {}
    replacements = [
        {"deletedRegion": region_of(source, edit.span), "insertedContent": {"text": edit.text}}
        for edit in ready(finding.fix, source)
    ]
    if not replacements:
        return {}
    change = {"artifactLocation": places.artifact(finding.path), "replacements": replacements}
    return {"fixes": [{"description": {"text": _described(finding.fix)}, "artifactChanges": [change]}]}


def _described(fix: Fix) -> str:
    return f"{fix.title} ({fix.level}{f': {fix.reason}' if fix.reason else ''})"
