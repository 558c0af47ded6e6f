"""All findings as a table in Markdown, for the summary of a job on GitHub."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from streamlint.reporters.readable import readable_finding
from streamlint.reporters.roots import below, root, uri
from streamlint.reporters.style import Style
from streamlint.reporters.summary import render_summary
from streamlint.reporters.text import visible
from streamlint.reporters.worst import worst_first

if TYPE_CHECKING:
    from pathlib import Path

    from streamlint.finding import Finding
    from streamlint.outcome import Outcome

LIMIT = 1024 * 1024
"""Bytes of the summary of a step (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands)."""
_LAST = 100
"""Bytes for the line that counts what is left out."""
_CODE = re.compile(r"`([^`]+)`")
_SPECIAL = re.compile(r"[!-/:-@\[-`{-~]")


def render(outcome: Outcome, environment: Mapping[str, str], room: int = LIMIT) -> str:
    """The worst first, as many as there is room for, in bytes; links lead to the commit that the environment names."""
    base, commit = root(finding.path for finding in outcome.findings), _commit(environment)
    lines = ["## streamlint", "", _text(render_summary(outcome, Style())), ""]
    rows = [_row(readable_finding(finding), base, commit) for finding in worst_first(outcome.findings)]
    if rows:
        lines += ["| Place | Finding | What happens | What to do |", "|---|---|---|---|"]
    left = room - sum(len(line.encode()) + 1 for line in lines) - _LAST
    for shown, row in enumerate(rows):
        left -= len(row.encode()) + 1
        if left < 0:
            lines += ["", f"{len(rows) - shown} more are left out: there is no room for them here."]
            break
        lines.append(row)
    text = "".join(f"{line}\n" for line in lines)
    return text if len(text.encode()) <= room else ""


def _commit(environment: Mapping[str, str]) -> str:
    """The address under which GitHub shows the files of the commit, or nothing."""
    server, repository, commit = (environment.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "SHA"))
    return f"{server}/{quote(repository)}/blob/{quote(commit)}" if server and repository and commit else ""


def _row(finding: Finding, base: Path, commit: str) -> str:
    line = finding.place.start.line
    where = f"<code>{_escaped(visible(below(finding.path, base)))}&#58;{line}</code>"
    if commit and finding.path.is_relative_to(base):
        where = f'<a href="{commit}/{uri(finding.path, base)}#L{line}">{where}</a>'
    title = f"{finding.severity}<br>{finding.code} {_escaped(finding.name)}"
    return f"| {where} | {title} | {_text(finding.message)} | {_text(finding.help)} |"


def _text(text: str) -> str:
    """A text of which Markdown obeys nothing but the backticks around code."""
    parts = _CODE.split(text)
    return "".join(
        f"<code>{_escaped(part)}</code>" if index % 2 else _escaped(part) for index, part in enumerate(parts)
    )


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda character: f"&#{ord(character[0])};", text)
