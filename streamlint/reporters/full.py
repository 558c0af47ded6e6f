"""Findings for a person at a terminal, in the manner of rustc."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from textwrap import wrap
from typing import TYPE_CHECKING

from streamlint.fix import Fix, Level
from streamlint.immutable import immutable
from streamlint.reporters.diff import changes, lines
from streamlint.reporters.edits import replaced
from streamlint.reporters.readable import readable
from streamlint.reporters.snippet import gutter_width, render_snippet
from streamlint.reporters.summary import option, render_changed, render_fixed, render_hints, render_summary
from streamlint.reporters.text import printable

if TYPE_CHECKING:
    from streamlint.finding import Finding
    from streamlint.outcome import Outcome
    from streamlint.reporters.style import Style
    from streamlint.source import Source

_MEASURED = "measured"
_NARROWEST = 20
"""Fewer columns than this a remark is not given, however narrow the terminal."""


def render(outcome: Outcome, style: Style) -> str:
    texts = (
        render_findings(outcome, style),
        render_fixed(outcome, style),
        render_summary(outcome, style),
        render_hints(outcome),
        render_changed(outcome, style),
    )
    return "\n\n".join(text.rstrip("\n") for text in texts if text) + "\n"


def render_findings(outcome: Outcome, style: Style) -> str:
    """The findings alone."""
    findings = _measured_once(readable(outcome).findings)
    blocks = ["\n".join(_finding(finding, outcome, style)) for finding in findings]
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _measured_once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """What was measured is said where it is first told in a run; the rule's page has it too."""
    said: set[str] = set()
    for finding in findings:
        notes = tuple(note for note in finding.notes if note not in said)
        said.update(note for note in notes if note.startswith(_MEASURED))
        yield replace(finding, notes=notes)


def _finding(finding: Finding, outcome: Outcome, style: Style) -> Iterator[str]:
    sources = outcome.sources
    title = style.paint(finding.severity, f"{finding.severity}[{finding.code}]")
    yield f"{title}{style.paint('strong', f': {finding.name}: {finding.message}')}"
    source = sources.get(finding.path)
    diff = _diff(finding.fix, source) if finding.fix and source else []
    highest = max((line.number for line in diff), default=0)
    gutter = max(gutter_width(finding, sources), len(str(highest)))
    yield from render_snippet(finding, sources, gutter, style)
    for kind, text in _remarks(finding, outcome):
        yield from _remark(gutter, kind, text, style)
    yield from _diff_lines(diff, gutter, style)


def _remarks(finding: Finding, outcome: Outcome) -> Iterator[tuple[str, str]]:
    if finding.fix:
        yield "help", f"{finding.help or finding.fix.title} ({_promise(finding.fix, outcome)})"
    elif finding.help:
        yield "help", finding.help
    for note in finding.notes:
        yield "note", note
    if finding.hint:
        yield "hint", finding.hint


def _promise(fix: Fix, outcome: Outcome) -> str:
    """The level of a fix, what it changes where it changes something, and what applies it."""
    level = f"{fix.level}: {fix.reason}" if fix.reason and fix.level is not Level.SAFE else str(fix.level)
    if fix.level is Level.DISPLAY:
        return f"{level}; shown only, never applied"
    reason = ", as the repository depends on the old answer" if fix.is_held else ""
    return f"{level}; applied by {'--fix' if outcome.applies(fix) else option(fix.level)}{reason}"


def _remark(gutter: int, kind: str, text: str, style: Style) -> Iterator[str]:
    """A remark on as many lines as the width asks for, the later ones under the first word."""
    indent = gutter + len(f" = {kind}: ")
    words = wrap(text, max(style.width - indent, _NARROWEST), break_long_words=False, break_on_hyphens=False)
    for number, line in enumerate(words):
        head = f"{' ' * gutter} {style.paint('gutter', '=')} {style.paint(kind, f'{kind}:')} "
        yield f"{' ' * indent if number else head}{line}"


def _diff_lines(diff: list[_Line], gutter: int, style: Style) -> Iterator[str]:
    if diff:
        yield style.paint("gutter", f"{' ' * gutter} |")
    for line in diff:
        role = {"-": "removed", "+": "added"}[line.sign]
        body = style.paint(role, f"{line.sign} {printable(line.text)}".rstrip())
        yield f"{style.paint('gutter', f'{line.number:>{gutter}} |')} {body}"


@immutable
class _Line:
    """A line of a diff: its number in the text that it stands in, its sign, and the text."""

    number: int
    sign: str
    text: str


def _diff(fix: Fix, source: Source) -> list[_Line]:
    """The changed lines but blank ones, each with its number in the text that it stands in."""
    before = lines(source.text)
    found: list[_Line] = []
    shift = 0
    for first, last, after in replaced(fix, source):
        old, new = ([line.rstrip("\r\n") for line in one] for one in (before[first:last], after))
        for old_from, old_to, new_from, new_to in changes(old, new):
            found += [_Line(first + number + 1, "-", old[number]) for number in range(old_from, old_to)]
            found += [_Line(first + shift + number + 1, "+", new[number]) for number in range(new_from, new_to)]
        shift += len(after) - (last - first)
    return [line for line in found if line.text.strip()]
