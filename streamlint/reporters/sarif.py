"""SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), small enough for GitHub to take.

Its limits: https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import streamlint
from streamlint.finding import RULE_CRASHED, Finding, Severity
from streamlint.fingerprints import fingerprints
from streamlint.reporters.json_text import dumped
from streamlint.reporters.roots import root, uri
from streamlint.reporters.sarif_places import BASE, Places
from streamlint.reporters.sarif_results import result
from streamlint.reporters.sarif_rules import descriptors

if TYPE_CHECKING:
    from pathlib import Path

    from streamlint.outcome import Outcome, Skipped
    from streamlint.reporters.style import Style

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
RESULTS = 25_000
BYTES = 10_000_000
"""Of the compressed file."""


def render(outcome: Outcome, _style: Style) -> str:
    known = list(zip(outcome.findings, fingerprints(outcome.findings, outcome.sources), strict=True))
    text = ""
    for kept, is_whole in _leaner(known):
        text = dumped(_log(outcome, kept, is_whole=is_whole)) + "\n"
        if len(text) <= BYTES or len(gzip.compress(text.encode())) <= BYTES:
            break
    return text


def _leaner(known: Sequence[tuple[Finding, str]]) -> Iterator[tuple[Sequence[tuple[Finding, str]], bool]]:
    """What to write, and whether with fixes and call paths: each time less, the least severe first."""
    kept = _worst(known, RESULTS)
    yield kept, True
    yield kept, False
    while kept:
        kept = _worst(known, len(kept) // 2)
        yield kept, False


def _worst(known: Sequence[tuple[Finding, str]], number: int) -> Sequence[tuple[Finding, str]]:
    if len(known) <= number:
        return known
    order = list(Severity)
    ranked = sorted(range(len(known)), key=lambda index: order.index(known[index][0].severity))
    return [known[index] for index in sorted(ranked[:number])]


def _log(outcome: Outcome, kept: Sequence[tuple[Finding, str]], *, is_whole: bool) -> dict[str, Any]:
    base = root(finding.path for finding in outcome.findings)
    places = Places(base, outcome.sources)
    rules = descriptors({finding.code for finding, _ in kept})
    indexes = {descriptor["id"]: index for index, descriptor in enumerate(rules)}
    run = {
        "tool": {"driver": _driver(rules)},
        "invocations": [_invocation(outcome, base, len(outcome.findings) - len(kept))],
        "originalUriBaseIds": {BASE: {"uri": f"{base.as_uri().rstrip('/')}/"}},
        "columnKind": "utf16CodeUnits",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "results": [
            result(finding, fingerprint, indexes.get(finding.code), places, is_whole=is_whole)
            for finding, fingerprint in kept
        ],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _driver(rules: Sequence[dict[str, Any]]) -> dict[str, Any]:
    version = streamlint.__version__
    return {"name": "streamlint", "version": version, "semanticVersion": version, "rules": list(rules)}


def _invocation(outcome: Outcome, base: Path, left_out: int) -> dict[str, Any]:
    crashed = any(finding.code == RULE_CRASHED.code for finding in outcome.findings)
    notifications = [_notification(skipped, base, "skipped") for skipped in outcome.skipped]
    notifications += [_notification(skipped, base, "not written") for skipped in outcome.unwritten]
    if left_out:
        words = f"{left_out} of {len(outcome.findings)} findings are left out: the file would be too large for GitHub"
        notifications.append({"level": "warning", "message": {"text": words}})
    return {"executionSuccessful": not crashed, "toolExecutionNotifications": notifications}


def _notification(skipped: Skipped, base: Path, what: str) -> dict[str, Any]:
    artifact: dict[str, str] = {"uri": uri(skipped.path, base)}
    if skipped.path.is_relative_to(base):
        artifact["uriBaseId"] = BASE
    return {
        "level": "error" if skipped.failed or what == "not written" else "note",
        "message": {"text": f"{what}: {skipped.reason}"},
        "locations": [{"physicalLocation": {"artifactLocation": artifact}}],
    }
