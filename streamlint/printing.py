"""What of an outcome is printed, where, and which files reports go to."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from streamlint import reporters
from streamlint.config import ConfigError
from streamlint.finding import RULE_CRASHED
from streamlint.immutable import immutable
from streamlint.output import say, write
from streamlint.outputs import Output, append
from streamlint.reporters.style import WIDTH, Style, wants_colour
from streamlint.reporters.summary import render_changed, render_fixes, render_patch, render_summary
from streamlint.reporters.text import printed, visible

if TYPE_CHECKING:
    from streamlint.outcome import Outcome


@immutable
class Printing:
    """What was asked for: the format of the report and its file, where it has one, further files, and silence."""

    format: str
    quiet: bool = False
    fixes_only: bool = False
    file: Path | None = None
    others: tuple[Output, ...] = ()

    def report(self, outcome: Outcome, *, err: bool = False) -> None:
        """Print the report, or write it to its file, and write the others.

        Raises `ConfigError` where a file refuses, when everything else is said.
        """
        own = (Output(self.format, self.file),) if self.file is not None else ()
        failures = self._write(outcome, (*own, *self.others))
        if own and not failures:
            self._tell(f"{render_summary(outcome, style_of(err=True))}; the report is in {visible(str(self.file))}\n")
        if not own:
            self._print(outcome, err=err)
        if own or self.format not in reporters.FOR_PEOPLE:
            self._tell(render_changed(outcome, style_of(err=True)))
        if "github" in (self.format, *(output.format for output in self.others)):
            _summarise(outcome)
        if failures:
            raise failures[0]

    def patch(self, outcome: Outcome) -> None:
        """Print the patch of `--diff`, or write it to its file; what it does is said on standard error."""
        from streamlint.reporters import diff

        patch = b"".join(map(diff.patch, outcome.changes))
        failures = self._write(outcome, self.others)
        if self.file is not None:
            Output("diff", self.file).write(patch)
        elif sys.stdout is not None and sys.stdout.isatty():
            say("".join(map(diff.patch_for_terminal, outcome.changes)))
        else:
            write(patch)
        style = style_of(err=True)
        self._tell(render_patch(outcome, style) + render_changed(outcome, style, written=False))
        if failures:
            raise failures[0]

    def skipped(self, outcome: Outcome) -> None:
        """What a report has no place for; it comes before the report, whose last lines are the last of the run."""
        for skipped in () if self.quiet else outcome.skipped:
            _complain(skipped.path, f"skipped: {skipped.reason}")
        for refused in outcome.unwritten:
            _complain(refused.path, f"not written: {refused.reason}")
        crashes = [finding for finding in outcome.findings if finding.code == RULE_CRASHED.code]
        for crash in crashes:
            start = crash.place.start
            _complain(crash.path, f"{start.line}:{start.column}: {crash.message}", *crash.notes)
        if crashes:
            from streamlint.last_words import ingredients

            told = f"please report it with the lines above and: {ingredients()}"
            say(f"streamlint: internal error; the other rules and files were checked\n    {told}\n", err=True)

    def _print(self, outcome: Outcome, *, err: bool) -> None:
        style = style_of(err=err)
        text = self._rendered(outcome, self.format, style)
        if self.format in reporters.FOR_PEOPLE:
            say(text, err=err, colour=style.colour)
        else:
            write(text, err=err)

    def _write(self, outcome: Outcome, outputs: Sequence[Output]) -> list[ConfigError]:
        failures = []
        for output in outputs:
            text = self._rendered(outcome, output.format, Style())
            text = printed(text) if output.format in reporters.FOR_PEOPLE else text
            try:
                output.write(text.encode("utf-8", "backslashreplace"))
            except ConfigError as failure:
                failures.append(failure)
        return failures

    def _rendered(self, outcome: Outcome, name: str, style: Style) -> str:
        if self.fixes_only and name in reporters.FOR_PEOPLE:
            return "" if self.quiet else render_fixes(outcome, style)
        left = () if self.fixes_only else outcome.findings
        return reporters.reporter(name, self.quiet)(replace(outcome, findings=left), style)

    def _tell(self, text: str) -> None:
        if not self.quiet:
            say(text, err=True, colour=style_of(err=True).colour)


def style_of(*, err: bool = False) -> Style:
    """Colours and width of standard output or standard error."""
    stream = sys.stderr if err else sys.stdout
    is_terminal = stream is not None and stream.isatty()
    return Style(wants_colour(os.environ, is_terminal), get_terminal_size((WIDTH, 0)).columns if is_terminal else WIDTH)


def _summarise(outcome: Outcome) -> None:
    """Append all findings to what GitHub shows of the job; where that file refuses, the job goes on."""
    from streamlint.reporters import github_summary

    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            append(
                Path(path), lambda room: github_summary.render(outcome, os.environ, room).encode(), github_summary.LIMIT
            )
        except OSError as error:
            _complain(Path(path), f"the job summary cannot be written: {error.strerror or error}")


def _complain(path: Path, message: str, *notes: str) -> None:
    lines = [f"streamlint: {reporters.shown(path)}: {visible(message)}", *(f"    {visible(note)}" for note in notes)]
    say("".join(f"{line}\n" for line in lines), err=True)
