"""The lines at the end of a run: what was fixed, what remains, what can be fixed, and whose answers are others now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint import reporters
from streamlint.discovery import SUFFIXES
from streamlint.finding import Severity
from streamlint.fix import Level
from streamlint.reporters.readable import readable

if TYPE_CHECKING:
    from streamlint.finding import Finding
    from streamlint.outcome import Applied, Outcome
    from streamlint.reporters.style import Style

_NOW = {
    Level.RESPONSE: "These routes now answer their clients differently:",
    Level.UNSAFE: "These routes were changed in ways that may show in their behaviour:",
}
_WOULD = {
    Level.RESPONSE: "With --fix these routes would answer their clients differently:",
    Level.UNSAFE: "With --fix these routes would be changed in ways that may show in their behaviour:",
}
_LEFT = "These routes were left as they are, as something in the repository depends on what they answer:"
_ANYWAY = "--fix --fix-level response changes them too; what depends on them has to change with them."
_UNSERVED = (
    "No function here is known to serve requests, so no coroutine was judged; "
    "async-library = true in the configuration judges each of them\n"
)
_SHOWN = 3
"""How many of those who read a route's answer are named at the end of a run."""
_STAY = '--fix-level safe, or fix-level = "safe" in the configuration, makes only repairs that no client can see.'


def render_fixed(outcome: Outcome, style: Style) -> str:
    """What `--fix` did: each fix; or what `--add-ignore` wrote."""
    if not outcome.applied:
        return render_excused(outcome, style)
    applied = readable(outcome).applied
    files = len({fix.finding.path for fix in applied})
    lines = [style.paint("good", f"Fixed {_count(len(applied), 'finding')} in {_count(files, 'file')}:")]
    lines += [f"  {_where(fix)}: {fix.finding.code} {_title(fix)}" for fix in applied]
    return "\n".join(lines) + "\n"


def render_excused(outcome: Outcome, style: Style, *, written: bool = True) -> str:
    """How many findings comments of this run take back; nothing where it wrote none."""
    if not outcome.excused:
        return ""
    findings, files = _count(sum(outcome.excused.values()), "finding"), _count(len(outcome.excused), "file")
    verb = "Wrote" if written else "Would write"
    return style.paint("good", f"{verb} comments that ignore {findings} in {files}") + "\n"


def render_fixes(outcome: Outcome, style: Style) -> str:
    """What `--fix` did and whom it changes, without a word about what is left."""
    fixed = render_fixed(outcome, style) or f"Nothing to fix ({_count(outcome.checked, 'file')} checked)\n"
    changed = render_changed(outcome, style)
    return f"{fixed}\n{changed}" if changed else fixed


def render_hints(outcome: Outcome) -> str:
    """What else the owner of the code should know of this run; mostly nothing."""
    return render_stale(outcome) + (_UNSERVED if outcome.is_unserved else "")


def render_stale(outcome: Outcome) -> str:
    """That the baseline has more than it needs; nothing where it has not."""
    if not outcome.stale:
        return ""
    one = outcome.stale == 1
    entries = f"{outcome.stale} {'entry' if one else 'entries'} of the baseline {'is' if one else 'are'}"
    return f"{entries} not needed any more; --update-baseline takes {'it' if one else 'them'} out\n"


def render_patch(outcome: Outcome, style: Style) -> str:
    """What the patch of `--diff` does: fixes by level and what is left to options, or comments; nothing where it is empty."""
    levels = [(sum(fix.level is level for fix in outcome.applied), level) for level in Level]
    parts = [f"{number} {level}" for number, level in levels if number]
    if not parts:
        return render_excused(outcome, style, written=False)
    files = _count(len(outcome.changes), "file")
    done = f"Would fix {_count(len(outcome.applied), 'finding')} in {files}: {_and(parts)}"
    return style.paint("good", f"{done}{_fixable(outcome)}") + "\n"


def render_changed(outcome: Outcome, style: Style, *, written: bool = True) -> str:
    """Every route whose client receives something else after the fixes, and how to stay without that."""
    heads = _NOW if written else _WOULD
    lines = []
    for level, head in heads.items():
        changed = [fix for fix in readable(outcome).applied if fix.level is level and fix.is_in_code]
        if changed:
            lines.append(style.paint("warning", head))
            lines += dict.fromkeys(line for fix in changed for line in _changed(fix))
    lines += [_STAY] if lines else []
    left = readable(outcome).left
    if left:
        kept = dict.fromkeys(line for fix in left for line in _changed(fix))
        lines += [style.paint("warning", _LEFT), *kept, _ANYWAY]
    return "".join(f"{line}\n" for line in lines)


def render_summary(outcome: Outcome, style: Style) -> str:
    """One line: how many, where, and how many of them `--fix` takes."""
    checked = f"{_count(outcome.checked, 'file')} checked"
    if outcome.known:
        checked += f", {_count(len(outcome.known), 'finding')} known"
    if outcome.taken_back:
        checked += f", {len(outcome.taken_back)} ignored"
    if outcome.too_new:
        checked += f", {outcome.too_new} {'needs' if outcome.too_new == 1 else 'need'} a newer Python"
    if not outcome.findings and outcome.unwritten:
        return style.paint("warning", f"{_count(len(outcome.unwritten), 'file')} not written ({checked})")
    if not outcome.findings and not outcome.checked:
        return style.paint("warning", f"Nothing was looked at ({checked})")
    if not outcome.findings:
        rest = "Nothing is left" if outcome.applied or outcome.excused else "No findings"
        return style.paint("good", f"{rest} ({checked})")
    kinds = [(outcome.count(severity), severity) for severity in Severity]
    parts = [style.paint(severity, _count(number, severity)) for number, severity in kinds if number]
    files = _count(len({finding.path for finding in outcome.findings}), "file")
    found = "Left:" if outcome.applied or outcome.excused else "Found"
    return f"{found} {_and(parts)} in {files} ({checked}){_fixable(outcome)}"


def _fixable(outcome: Outcome) -> str:
    response = outcome.fixable_beyond(Level.RESPONSE)
    unsafe = outcome.fixable_beyond(Level.UNSAFE)
    parts = [f"{outcome.fixable} fixable with --fix"] if outcome.fixable else []
    parts += [f"{response}{' more' if parts else ''} with {option(Level.RESPONSE)}"] if response else []
    parts += [f"{unsafe}{' more' if parts else ''} with {option(Level.UNSAFE)}"] if unsafe else []
    if parts and not outcome.fixable:
        parts[0] = parts[0].replace(" with", " fixable with", 1)
    return f"; {', '.join(parts)}" if parts else ""


def option(level: Level) -> str:
    """What the command line needs for a fix that this run would not apply."""
    return "--unsafe-fixes" if level is Level.UNSAFE else f"--fix-level {level}"


def _where(fix: Applied) -> str:
    return f"{reporters.shown(fix.finding.path)}:{fix.finding.place.start.line}"


def _title(fix: Applied) -> str:
    return f"{fix.finding.fix.title} ({fix.level})" if fix.finding.fix else ""


def _changed(fix: Applied) -> list[str]:
    what = "the function at" if fix.finding.path.suffix in SUFFIXES else "what stands in"
    routes = fix.routes or (f"{what} line {fix.finding.place.start.line}",)
    return [f"  {reporters.shown(fix.finding.path)}: {route}{_read(fix.finding)}" for route in routes]


def _read(finding: Finding) -> str:
    """The places that depend on what a route answers, as ` (see web/chat.js:12)`."""
    places = dict.fromkeys(f"{reporters.shown(each.place.path)}:{each.place.start.line}" for each in finding.readers)
    shown, more = list(places)[:_SHOWN], max(0, len(places) - _SHOWN)
    return f" (see {', '.join(shown)}{f' and {more} more' if more else ''})" if shown else ""


def _count(number: int, noun: str) -> str:
    plural = noun if noun == "advice" or number == 1 else f"{noun}s"
    return f"{number} {plural}"


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
