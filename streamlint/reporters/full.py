"""Findings for a person at a terminal, in the manner of rustc."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from streamlint.finding import Finding
from streamlint.fix import Fix, Level
from streamlint.outcome import Outcome
from streamlint.reporters.snippet import gutter_width, render_snippet
from streamlint.reporters.style import Style
from streamlint.reporters.summary import render_fixed, render_summary
from streamlint.reporters.text import printable
from streamlint.source import Source

_APPLIED_BY = {
    Level.SAFE: "the same response; applied by --fix",
    Level.RESPONSE: "the client receives something else; applied by --fix",
    Level.UNSAFE: "may change behaviour; applied by --unsafe-fixes",
    Level.DISPLAY: "shown only, never applied",
}


def render(outcome: Outcome, style: Style) -> str:
    blocks = ["\n".join(_finding(finding, outcome.sources, style)) for finding in outcome.findings]
    fixed = render_fixed(outcome, style)
    return "\n\n".join([*blocks, *((fixed.rstrip("\n"),) if fixed else ()), render_summary(outcome, style)]) + "\n"


def _finding(finding: Finding, sources: Mapping[Path, Source], style: Style) -> Iterator[str]:
    title = style.paint(finding.severity, f"{finding.severity}[{finding.code}]")
    yield f"{title}{style.paint('strong', f': {finding.name}: {finding.message}')}"
    yield from render_snippet(finding, sources, style)
    margin = " " * gutter_width(finding, sources)
    if finding.help:
        yield _remark(margin, "help", finding.help, style)
    for note in finding.notes:
        yield _remark(margin, "note", note, style)
    source = sources.get(finding.path)
    if finding.fix and source:
        yield from _fix(finding.fix, source, margin, style)


def _remark(margin: str, kind: str, text: str, style: Style) -> str:
    lead = f"{margin} {style.paint('gutter', '=')} {style.paint(kind, f'{kind}:')} "
    indent = " " * (len(margin) + len(kind) + 5)
    return lead + f"\n{indent}".join(text.splitlines())


def _fix(fix: Fix, source: Source, margin: str, style: Style) -> Iterator[str]:
    from streamlint.fix import apply

    title = f"{fix.title} [{fix.level}: {_APPLIED_BY[fix.level]}]"
    yield _remark(margin, "help", title, style)
    if fix.reason:
        yield _remark(margin, "note", f"{fix.level}, because {fix.reason}", style)
    yield from _diff(source.text, apply(source, (fix,)), margin, style)


@dataclass(frozen=True)
class _Line:
    """A line of a diff: its number in the text that it stands in, its sign, and the text."""

    number: int
    sign: str
    text: str


def _diff(before: str, after: str, margin: str, style: Style) -> Iterator[str]:
    groups = list(_changes(before.splitlines(), after.splitlines()))
    numbers = [line.number for group in groups for line in group]
    gutter = max(len(margin), len(str(max(numbers, default=0))))
    yield style.paint("gutter", f"{' ' * gutter} |")
    for index, group in enumerate(groups):
        if index:
            yield style.paint("gutter", "...")
        for line in group:
            role = {"-": "removed", "+": "added", " ": "dim"}[line.sign]
            body = style.paint(role, f"{line.sign} {printable(line.text)}".rstrip())
            yield f"{style.paint('gutter', f'{line.number:>{gutter}} |')} {body}"


def _changes(old: list[str], new: list[str]) -> Iterator[list[_Line]]:
    """Groups of changed lines with one line around them; what both texts begin and end with is not compared again."""
    start = max(_common(old, new) - 1, 0)
    end = max(_common(old[start:][::-1], new[start:][::-1]) - 1, 0)
    removed, added = old[start : len(old) - end], new[start : len(new) - end]
    matcher = SequenceMatcher(None, removed, added, autojunk=False)
    for group in matcher.get_grouped_opcodes(1):
        lines: list[_Line] = []
        for operation, old_from, old_to, new_from, new_to in group:
            sign = " " if operation == "equal" else "-"
            lines += [_Line(start + number + 1, sign, removed[number]) for number in range(old_from, old_to)]
            if operation != "equal":
                lines += [_Line(start + number + 1, "+", added[number]) for number in range(new_from, new_to)]
        yield lines


def _common(one: list[str], other: list[str]) -> int:
    """How many lines both begin with."""
    limit = min(len(one), len(other))
    return next((number for number in range(limit) if one[number] != other[number]), limit)
