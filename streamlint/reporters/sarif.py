"""SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), small enough for GitHub to take.

Its limits: https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import streamlint
from streamlint.finding import RULE_CRASHED
from streamlint.reporters.json_text import dumped
from streamlint.reporters.marks import Marks
from streamlint.reporters.roots import root
from streamlint.reporters.sarif_places import BASE, Places
from streamlint.reporters.sarif_results import Result
from streamlint.reporters.sarif_rules import descriptors
from streamlint.reporters.worst import rank

if TYPE_CHECKING:
    from streamlint.outcome import Outcome, Skipped
    from streamlint.reporters.style import Style

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
RESULTS = 25_000
BYTES = 10_000_000
"""Of the compressed file."""


def render(outcome: Outcome, _style: Style) -> str:
    results = _results(outcome)
    text = ""
    for kept, is_whole in _leaner(results):
        text = dumped(_log(outcome, kept, len(results) - len(kept), is_whole=is_whole)) + "\n"
        if len(text) <= BYTES or len(gzip.compress(text.encode())) <= BYTES:
            break
    return text


def _results(outcome: Outcome) -> list[Result]:
    """What is reported, and what is held back: GitHub would close and open again what now is there and then is not.

    Either all results say whether they are new and what holds them back, or none (SARIF 3.27.23 and 3.27.24).
    """
    marks = Marks.of(outcome)
    state = "new" if marks.known else ""
    nothing = "" if marks.known or marks.taken_back else None
    return [
        *(Result(*marked, state, nothing) for marked in marks.findings),
        *(Result(*marked, "unchanged", "external") for marked in marks.known),
        *(Result(*marked, state, "inSource") for marked in marks.taken_back),
    ]


def _leaner(results: Sequence[Result]) -> Iterator[tuple[Sequence[Result], bool]]:
    """What to write, and whether with fixes and call paths: each time less."""
    kept = _worst(results, RESULTS)
    yield kept, True
    yield kept, False
    while kept:
        kept = _worst(results, len(kept) // 2)
        yield kept, False


def _worst(results: Sequence[Result], number: int) -> Sequence[Result]:
    """So many of them in their order: without those that are held back, then without the least severe."""
    if len(results) <= number:
        return results
    ranks = [(bool(each.suppression), rank(each.finding)) for each in results]
    ranked = sorted(range(len(results)), key=ranks.__getitem__)
    return [results[index] for index in sorted(ranked[:number])]


def _log(outcome: Outcome, kept: Sequence[Result], left_out: int, *, is_whole: bool) -> dict[str, Any]:
    base = root(each.finding.path for each in kept)
    places = Places(base, outcome.sources)
    rules = descriptors({each.finding.code for each in kept})
    indexes = {descriptor["id"]: index for index, descriptor in enumerate(rules)}
    run = {
        "tool": {"driver": _driver(rules)},
        "invocations": [_invocation(outcome, places, left_out)],
        "originalUriBaseIds": {BASE: {"uri": f"{base.as_uri().rstrip('/')}/"}},
        "columnKind": "utf16CodeUnits",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "results": [each.written(indexes.get(each.finding.code), places, is_whole=is_whole) for each in kept],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _driver(rules: Sequence[dict[str, Any]]) -> dict[str, Any]:
    version = streamlint.__version__
    return {"name": "streamlint", "version": version, "semanticVersion": version, "rules": list(rules)}


def _invocation(outcome: Outcome, places: Places, left_out: int) -> dict[str, Any]:
    crashed = any(finding.code == RULE_CRASHED.code for finding in outcome.findings)
    notifications = [_notification(each, places, "skipped", failed=each.failed) for each in outcome.skipped]
    notifications += [_notification(each, places, "not written", failed=True) for each in outcome.unwritten]
    if left_out:
        words = f"{left_out} findings are left out: the file would be too large for GitHub"
        notifications.append({"level": "warning", "message": {"text": words}})
    return {"executionSuccessful": not crashed, "toolExecutionNotifications": notifications}


def _notification(skipped: Skipped, places: Places, what: str, *, failed: bool) -> dict[str, Any]:
    return {
        "level": "error" if failed else "note",
        "message": {"text": f"{what}: {skipped.reason}"},
        "locations": [{"physicalLocation": {"artifactLocation": places.artifact(skipped.path)}}],
    }
