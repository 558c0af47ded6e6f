"""How many findings there are, for people: tables by rule, by what somebody sees, and by repair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Level
from streamlint.reporters.counts import Count, Counts
from streamlint.reporters.summary import option, render_changed, render_fixed, render_hints, render_summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlint.outcome import Outcome
    from streamlint.reporters.style import Style

_COLUMNS = ("found", "fixable")
_MORE = ("known", "ignored")
"""Columns that are there where they hold something."""
_NO_STREAM = ("other", "it is about a file or a comment")
_NO_REPAIR = ("none", "to be repaired by hand")


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
    """The tables alone; nothing where there is nothing to count."""
    counts = Counts(outcome)
    symptoms = [((each.value, each.meaning) if each else _NO_STREAM, count) for each, count in counts.by_symptom()]
    levels = [((level.value, _promise(level, outcome)) if level else _NO_REPAIR, n) for level, n in counts.by_level()]
    tables = (
        _table(("RULE", "NAME"), counts.by_rule(), style),
        _table(("SYMPTOM", ""), symptoms, style),
        _aligned(("FOUND", "REPAIR", ""), [(str(number), *words) for words, number in levels], style),
    )
    return "".join(f"{table}\n\n" for table in tables if table).removesuffix("\n")


def _promise(level: Level, outcome: Outcome) -> str:
    if level is Level.DISPLAY:
        return "shown only, never applied"
    fixes = [finding.fix for finding in outcome.findings if finding.fix and finding.fix.level is level]
    applied = sum(map(outcome.applies, fixes))
    words = (f"{applied} by --fix", f"{len(fixes) - applied} by {option(level)}")
    return ", ".join(word for word in words if not word.startswith("0 "))


def _table(heads: tuple[str, str], rows: Sequence[tuple[tuple[str, str], Count]], style: Style) -> str:
    """Rows of numbers and words; what was only fixed is told below."""
    told = [(words, count) for words, count in rows if count.found or count.known or count.ignored]
    names = (*_COLUMNS, *(name for name in _MORE if any(getattr(count, name) for _, count in told)))
    texts = [(*(str(getattr(count, name) or "-") for name in names), *words) for words, count in told]
    return _aligned((*map(str.upper, names), *heads), texts, style)


def _aligned(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], style: Style) -> str:
    """Rows under their heads, all but the last two columns numbers; nothing where there is no row."""
    if not rows:
        return ""
    columns = zip(heads, *rows, strict=True)
    cells = zip(*(_column(column, is_number=at < len(heads) - 2) for at, column in enumerate(columns)), strict=True)
    first, *others = ("  ".join(line).rstrip() for line in cells)
    return "\n".join((style.paint("strong", first), *others))


def _column(cells: Sequence[str], *, is_number: bool) -> list[str]:
    width = max(map(len, cells))
    return [cell.rjust(width) if is_number else cell.ljust(width) for cell in cells]
