"""The lines at the end of a run: what was fixed, what remains, what can be fixed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint import reporters
from streamlint.finding import Severity
from streamlint.fix import Level

if TYPE_CHECKING:
    from streamlint.outcome import Applied, Outcome
    from streamlint.reporters.style import Style


def render_fixed(outcome: Outcome, style: Style) -> str:
    """What `--fix` did: each fix, and every route whose client now receives something else."""
    if not outcome.applied:
        return ""
    files = len({fix.finding.path for fix in outcome.applied})
    lines = [style.paint("good", f"Fixed {_count(len(outcome.applied), 'finding')} in {_count(files, 'file')}:")]
    lines += [f"  {_where(fix)}: {fix.finding.code} {_title(fix)}" for fix in outcome.applied]
    changed = [fix for fix in outcome.applied if fix.level is Level.RESPONSE]
    if changed:
        lines.append(style.paint("warning", "These routes now answer their clients differently:"))
        lines += dict.fromkeys(_changed(fix) for fix in changed)
    return "\n".join(lines) + "\n"


def render_summary(outcome: Outcome, style: Style) -> str:
    """One line: how many, where, and how many of them `--fix` takes."""
    checked = f"{_count(outcome.checked, 'file')} checked"
    if outcome.too_new:
        checked += f", {outcome.too_new} {'needs' if outcome.too_new == 1 else 'need'} a newer Python"
    if not outcome.findings and outcome.unwritten:
        return style.paint("warning", f"{_count(len(outcome.unwritten), 'file')} not written ({checked})")
    if not outcome.findings:
        rest = "Nothing is left" if outcome.applied else "No findings"
        return style.paint("good", f"{rest} ({checked})")
    kinds = [(outcome.count(severity), severity) for severity in Severity]
    parts = [style.paint(severity, _count(number, severity)) for number, severity in kinds if number]
    files = _count(len({finding.path for finding in outcome.findings}), "file")
    found = "Left:" if outcome.applied else "Found"
    return f"{found} {_and(parts)} in {files} ({checked}){_fixable(outcome)}"


def _fixable(outcome: Outcome) -> str:
    response = outcome.fixable_beyond(Level.RESPONSE)
    unsafe = outcome.fixable_beyond(Level.UNSAFE)
    parts = [f"{outcome.fixable} fixable with --fix"] if outcome.fixable else []
    parts += [f"{response}{' more' if parts else ''} with --fix-level response"] if response else []
    parts += [f"{unsafe}{' more' if parts else ''} with --unsafe-fixes"] if unsafe else []
    if parts and not outcome.fixable:
        parts[0] = parts[0].replace(" with", " fixable with", 1)
    return f"; {', '.join(parts)}" if parts else ""


def _where(fix: Applied) -> str:
    return f"{reporters.shown(fix.finding.path)}:{fix.finding.place.start.line}"


def _title(fix: Applied) -> str:
    return f"{fix.finding.fix.title} ({fix.level})" if fix.finding.fix else ""


def _changed(fix: Applied) -> str:
    return (
        f"  {reporters.shown(fix.finding.path)}: {fix.route or f'the function at line {fix.finding.place.start.line}'}"
    )


def _count(number: int, noun: str) -> str:
    plural = noun if noun == "advice" or number == 1 else f"{noun}s"
    return f"{number} {plural}"


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
