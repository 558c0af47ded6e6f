"""What a run does that was given a reason: a comment takes back each of its findings."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from streamlint.finding import Finding
    from streamlint.intake import Texts
    from streamlint.projects import Projects, Request
    from streamlint.source import Source

_NOWHERE = "no comment can take this back where it stands; per-file-ignores in the configuration can"


def step(
    request: Request, projects: Projects, source: Source, findings: Sequence[Finding]
) -> tuple[Source, list[Finding]] | None:
    """A file with comments that take its findings back, and these findings; None where it stays as it is."""
    if not findings:
        return None
    from streamlint import ignoring, rule, widths

    path, texts = source.path, projects.texts
    width = widths.Widths(projects.of(path)).of(projects.real(path)) if source.is_python else widths.USUAL
    text = ignoring.Ignoring(source, request.reason, rule.codes(), width).commented(findings)
    if text == source.text or texts.refuses(path, text):
        return None
    texts.written[path] = list(findings)
    return source.with_text(text), list(findings)


def is_wanted(request: Request, finding: Finding) -> bool:
    """Whether the run would do something about a finding if its file could be written."""
    if not request.reason:
        return finding.fix is not None and finding.fix.within(request.level)
    from streamlint import ignoring

    return ignoring.is_excusable(finding)


def told(request: Request, texts: Texts, finding: Finding) -> Finding:
    """A finding that is left, with the word that no comment can stand at its place where that is why."""
    if not request.reason or finding.path in texts.held or not is_wanted(request, finding):
        return finding
    return replace(finding, notes=(*finding.notes, _NOWHERE))


def counted(texts: Texts, left: Sequence[Finding]) -> dict[Path, int]:
    """How many findings of each file are taken back by comments of this run."""
    after = Counter(finding.path for finding in left)
    return {path: len(before) - after[path] for path, before in sorted(texts.written.items())}
