"""Findings for programs: one JSON document, of a shape that only grows while `schema` stays 1.

Lines and columns count from 1, in characters; offsets count from 0 into the decoded text without its byte-order mark;
ends lie behind the last character. `path` is relative to the working folder where the file lies below it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlint
from streamlint import reporters
from streamlint.finding import Finding, Place, Severity
from streamlint.reporters.edits import ready
from streamlint.reporters.json_text import dumped
from streamlint.reporters.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streamlint.fix import Edit, Fix, Import
    from streamlint.outcome import Applied, Outcome, Skipped
    from streamlint.reporters.marks import Marked
    from streamlint.reporters.style import Style
    from streamlint.source import Source

SCHEMA = 1


def render(outcome: Outcome, _style: Style) -> str:
    marks = Marks.of(outcome)
    document = {
        "schema": SCHEMA,
        "version": streamlint.__version__,
        "findings": rows(marks.findings, outcome),
        "known": rows(marks.known, outcome),
        "ignored": rows(marks.taken_back, outcome),
        "fix_level": outcome.level.value,
        "fixed": [_applied(applied) for applied in outcome.applied],
        "left": [_applied(applied) for applied in outcome.left],
        "skipped": [_skipped(skipped) for skipped in outcome.skipped],
        "unwritten": [_skipped(skipped) for skipped in outcome.unwritten],
        "summary": summary(outcome),
    }
    return dumped(document) + "\n"


def rows(marked: Iterable[Marked], outcome: Outcome) -> list[dict[str, Any]]:
    """Findings as in the lists of the document."""
    return [_finding(finding, fingerprint, outcome) for finding, fingerprint in marked]


def summary(outcome: Outcome) -> dict[str, int]:
    counts = {f"{severity}s".replace("advices", "advice"): outcome.count(severity) for severity in Severity}
    return {
        **counts,
        "fixable": outcome.fixable,
        "files_checked": outcome.checked,
        "stale": outcome.stale,
        "excused": sum(outcome.excused.values()),
    }


def _finding(finding: Finding, fingerprint: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "message": finding.message,
        "label": finding.label,
        "help": finding.help,
        "notes": list(finding.notes),
        "hint": finding.hint,
        "fingerprint": fingerprint,
        **_place(finding.place),
        "related": [
            {"label": related.label, **_place(related.place)} for related in (*finding.related, *finding.readers)
        ],
        "also": [{"code": other.code, **_place(other.place)} for other in finding.also],
        "fix": _fix(finding.fix, finding.path, outcome) if finding.fix else None,
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "path": reporters.relative(place.path),
        "start": {"line": place.start.line, "column": place.start.column, "offset": place.span.start},
        "end": {"line": place.end.line, "column": place.end.column, "offset": place.span.end},
    }


def _fix(fix: Fix, path: Path, outcome: Outcome) -> dict[str, Any]:
    source = outcome.sources.get(path)
    return {
        "title": fix.title,
        "level": fix.level.value,
        "applies": outcome.applies(fix),
        "held": fix.is_held,
        "reason": fix.reason,
        "edits": [_edit(edit, source) for edit in sorted(fix.edits)],
        "imports": [_import(wanted) for wanted in sorted(fix.imports)],
        "ready": [_edit(edit, source) for edit in ready(fix, source)] if source is not None else [],
    }


def _edit(edit: Edit, source: Source | None) -> dict[str, Any]:
    return {"start": _position(edit.span.start, source), "end": _position(edit.span.end, source), "text": edit.text}


def _position(offset: int, source: Source | None) -> dict[str, int]:
    if source is None:
        return {"offset": offset}
    position = source.position(offset)
    return {"line": position.line, "column": position.column, "offset": offset}


def _import(wanted: Import) -> str:
    return f"from {wanted.module} import {wanted.name}" if wanted.name else f"import {wanted.module}"


def _applied(applied: Applied) -> dict[str, Any]:
    finding = applied.finding
    title = finding.fix.title if finding.fix else ""
    where = {"code": finding.code, "name": finding.name, "title": title, "level": applied.level.value}
    routes = {"route": next(iter(applied.routes), ""), "routes": list(applied.routes)}
    readers = [{"label": each.label, **_place(each.place)} for each in finding.readers]
    return {**where, **routes, "readers": readers, **_place(finding.place)}


def _skipped(skipped: Skipped) -> dict[str, str]:
    path: Path = skipped.path
    return {"path": reporters.relative(path), "reason": skipped.reason}
