"""The command line: the only place that exits, and that decides what is printed."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click

from streamlint import __version__, config, known, listings, reporters, room, rule, run, shown
from streamlint.discovery import is_beside
from streamlint.finding import RULE_CRASHED
from streamlint.fix import Level
from streamlint.output import OutputError, say, write
from streamlint.reporters.style import WIDTH, Style, wants_colour
from streamlint.reporters.summary import render_changed, render_fixes, render_patch
from streamlint.reporters.text import visible
from streamlint.source import Source, UnreadableFile
from streamlint.timings import Timings, timed

if TYPE_CHECKING:
    from streamlint.outcome import Outcome

CLEAN, FINDINGS, USAGE, INTERNAL = range(4)
INTERRUPTED = 130
"""What a shell says of a program that Ctrl-C has ended: 128 and the signal's number."""
_STDIN = Path("-")


def main() -> None:
    """Run the command line; a failure of our own ends with exit code 3."""
    room.last()
    if sys.stderr is None:  # closed by who started us; what is said there is for nobody
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 as long as the process
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")
    try:
        command()
    except Exception:  # noqa: BLE001 the last resort: a failure of our own, told and turned into exit code 3
        with _told():
            say(traceback.format_exc(), err=True)
            say("streamlint: internal error; please report it with the lines above\n", err=True)
        sys.exit(INTERNAL)


@contextmanager
def _told() -> Iterator[None]:
    """End on an error with its exit code, after one line on standard error in which every name is visible."""
    try:
        yield
    except click.ClickException as error:
        _tell_error(f"{_usage(error)}Error: {visible(error.format_message())}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _tell_error("streamlint: interrupted\n")
        sys.exit(INTERRUPTED)


def _tell_error(text: str) -> None:
    with suppress(OutputError):  # there is nowhere left to say it; the exit code does
        say(text, err=True)


def _usage(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return ""
    return f"{context.get_usage()}\nTry '{context.command_path} {context.help_option_names[0]}' for help.\n\n"


class _Program(click.Command):
    """A command whose errors and lost output are told as `_told` does."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with _told():
            try:
                return super().make_context(*arguments, **options)
            except click.exceptions.Exit:  # --help or --version was printed
                if sys.stdout is None:
                    raise OutputError(None, "standard output") from None
                raise
            except OSError as error:
                raise OutputError(sys.stdout, "standard output", error) from error

    def invoke(self, ctx: click.Context) -> Any:
        with _told():
            return super().invoke(ctx)


def _split(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(entry.strip() for value in values for entry in value.split(",") if entry.strip())


_LEVELS = click.Choice([level.value for level in Level if level is not Level.DISPLAY])
_EXISTING = click.Path(exists=True, readable=False, allow_dash=True, path_type=Path)


@click.command(
    name="streamlint",
    cls=_Program,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 clean, 1 findings, or something named cannot be read or written, 2 usage or configuration error,"
    " or the output cannot be written, 3 internal error.",
)
@click.argument("paths", nargs=-1, type=_EXISTING)
@click.option("--fix", "apply_fixes", is_flag=True, help="Apply fixes up to the fix level, and report what is left.")
@click.option(
    "--fix-only", is_flag=True, help="Apply fixes, and report nothing of what is left; exit 0 whatever that is."
)
@click.option("--diff", is_flag=True, help="Print what --fix would change; exit 1 if anything.")
@click.option(
    "--fix-level",
    type=_LEVELS,
    help="The strongest change that --fix may make (default: the setting fix-level, else response).",
)
@click.option("--unsafe-fixes", is_flag=True, help="The same as --fix-level unsafe.")
@click.option(
    "--select",
    multiple=True,
    callback=_split,
    help="Report these codes, beginnings of codes or names, whatever the file says.",
)
@click.option(
    "--extend-select", multiple=True, callback=_split, help="Report these too; advice comes only when selected."
)
@click.option("--ignore", multiple=True, callback=_split, help="Do not report these.")
@click.option("--output-format", type=click.Choice(reporters.FORMATS), default="full", show_default=True)
@click.option("--stdin-filename", type=click.Path(path_type=Path), help="The file that - stands for.")
@click.option(
    "--config",
    "config_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Use this file's settings.",
)
@click.option("--explain", metavar="RULE", help="Print the documentation of a rule, by code or name.")
@click.option("--list-rules", is_flag=True, help="Print all rules.")
@click.option("--show-routes", is_flag=True, help="Print the entry points, who runs them, what they stream.")
@click.option("--show-versions", is_flag=True, help="Print which release of what is assumed, and where that is said.")
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="PACKAGE=RELEASE",
    help="Judge for this release, whatever the project says: llama-index=0.14.",
)
@click.option(
    "--since", "revision", metavar="REVISION", help="Report what this revision did not have, wherever it stands."
)
@click.option(
    "--baseline",
    "baseline_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Do not report the findings in this file (default: the setting baseline).",
)
@click.option("--write-baseline", is_flag=True, help="Write what is found to the baseline, and report nothing.")
@click.option("--update-baseline", is_flag=True, help="Take out of the baseline what is not found any more.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 also with findings.")
@click.option("--timings", is_flag=True, help="Say on standard error where the time went and where the search gave up.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but findings.")
@click.version_option(__version__, message="%(prog)s %(version)s")
def command(**options: Any) -> None:
    """Find broken LlamaIndex streaming in web applications.

    PATHS are files and folders (default: the working folder); - reads standard input. A file that is named here and
    that the configuration excludes is passed over with a word, as pre-commit names files without looking.
    """
    if options["explain"]:
        say(f"{listings.explain(options['explain'])}\n")
    elif options["list_rules"]:
        say(f"{listings.rules()}\n")
    else:
        sys.exit(_lint(options))


def _lint(options: dict[str, Any]) -> int:
    timings = Timings() if options["timings"] else None
    with timed(timings):
        code = _linted(options)
    if timings is not None:
        from streamlint.reporters import timings as table

        say(table.render(timings), err=True)
    return code


def _linted(options: dict[str, Any]) -> int:
    given = _stdin(options["paths"], options["stdin_filename"])
    request = _request(options, given)
    if options["show_routes"]:
        listings.print_routes(shown.entry_points(request), options["output_format"])
        return CLEAN
    if options["show_versions"]:
        listings.print_versions(shown.versions(request), options["output_format"])
        return CLEAN
    kept = _known(options)
    request = kept.asked(request)
    outcome = run.run(request)
    if not options["diff"] and request.text is None:
        outcome = run.write(request, outcome)
    _tell_skipped(outcome, options["quiet"])
    say(kept.keep(request), err=True)
    if kept.write:
        return INTERNAL if any(one.code == RULE_CRASHED.code for one in outcome.findings) else CLEAN
    if options["diff"]:
        _print_diff(outcome)
        _tell_patch(outcome, options)
    elif given is not None and request.fix:
        write(given.fixed(outcome))
        _report(outcome, options, err=True)
    else:
        _report(outcome, options)
    return _exit_code(outcome, request, options)


def _request(options: dict[str, Any], given: _Given | None) -> run.Request:
    paths: tuple[Path, ...] = (given.source.path,) if given else options["paths"] or (Path(),)
    codes = rule.codes()
    settings = config.load(paths, codes, options["config_file"])
    selection = settings.selection.override(
        codes, select=options["select"] or None, extend_select=options["extend_select"], ignore=options["ignore"]
    )
    fixing = options["apply_fixes"] or options["fix_only"] or options["diff"]
    level = Level.UNSAFE if options["unsafe_fixes"] else Level(options["fix_level"] or settings.fix_level)
    insists = options["unsafe_fixes"] or options["fix_level"] is not None
    text = given.source if given else None
    targets = config.targets(options["targets"])
    return run.Request(paths, settings, selection, level=level, fix=fixing, text=text, insists=insists, targets=targets)


def _known(options: dict[str, Any]) -> known.Known:
    given = {"write": "--write-baseline", "shrink": "--update-baseline"}
    asked = known.Known(
        options["baseline_file"], options["write_baseline"], options["update_baseline"], options["revision"] or ""
    )
    written = [name for attribute, name in given.items() if getattr(asked, attribute)]
    if len(written) > 1 or (written and (asked.revision or options["apply_fixes"] or options["diff"])):
        raise click.UsageError(f"{written[0]} does not go together with --since, --fix, --diff or the other one")
    return asked


@dataclass(frozen=True)
class _Given:
    """What came through standard input, as text and as bytes."""

    source: Source
    content: bytes

    def fixed(self, outcome: Outcome) -> bytes:
        """The bytes after the fixes; those that came, where nothing was fixed."""
        after = next((change.after.text for change in outcome.changes), None)
        try:
            return self.content if after is None else self.source.encode(after)
        except UnicodeError as error:
            encoding = self.source.encoding
            raise config.ConfigError(f"the repaired text cannot be written in its encoding, {encoding}") from error


def _stdin(paths: tuple[Path, ...], name: Path | None) -> _Given | None:
    if _STDIN not in paths:
        if name is not None:
            raise click.UsageError("--stdin-filename goes with - as the only path")
        return None
    if len(paths) > 1:
        raise click.UsageError("- cannot go together with other paths")
    path = config.working_folder() / (name or "stdin.py")
    if sys.stdin is None:
        raise config.ConfigError("standard input is closed")
    try:
        content = sys.stdin.buffer.read()
        decode = Source.decode_plain if is_beside(path) else Source.decode
        return _Given(decode(Path(os.path.abspath(path)), content), content)
    except OSError as error:
        raise config.ConfigError(f"standard input cannot be read: {error.strerror}") from error
    except UnreadableFile as error:
        raise config.ConfigError(f"standard input {error}") from error


def _style(*, err: bool = False) -> Style:
    stream = sys.stderr if err else sys.stdout
    is_terminal = stream is not None and stream.isatty()
    return Style(wants_colour(os.environ, is_terminal), get_terminal_size((WIDTH, 0)).columns if is_terminal else WIDTH)


def _report(outcome: Outcome, options: dict[str, Any], *, err: bool = False) -> None:
    name, quiet, style = options["output_format"], options["quiet"], _style(err=err)
    if options["fix_only"] and name in reporters.FOR_PEOPLE:
        text = "" if quiet else render_fixes(outcome, style)
    else:
        left = () if options["fix_only"] else outcome.findings
        text = reporters.reporter(name, quiet)(replace(outcome, findings=left), style)
    if name in reporters.FOR_PEOPLE:
        say(text, err=err, colour=style.colour)
    else:
        write(text, err=err)
        _tell_changed(outcome, options)


def _tell_changed(outcome: Outcome, options: dict[str, Any]) -> None:
    if not options["quiet"]:
        style = _style(err=True)
        say(render_changed(outcome, style), err=True, colour=style.colour)


def _tell_patch(outcome: Outcome, options: dict[str, Any]) -> None:
    """What the patch does, behind it and on standard error, so that what was printed still patches."""
    if not options["quiet"]:
        style = _style(err=True)
        text = render_patch(outcome, style) + render_changed(outcome, style, written=False)
        say(text, err=True, colour=style.colour)


def _print_diff(outcome: Outcome) -> None:
    from streamlint.reporters import diff

    for change in outcome.changes:
        if sys.stdout is not None and sys.stdout.isatty():
            say(diff.patch_for_terminal(change))
        else:
            write(diff.patch(change))


def _tell_skipped(outcome: Outcome, quiet: bool) -> None:
    """What a report has no place for; it comes before the report, whose last lines are the last of the run."""
    for skipped in () if quiet else outcome.skipped:
        _complain(skipped.path, f"skipped: {skipped.reason}")
    for refused in outcome.unwritten:
        _complain(refused.path, f"not written: {refused.reason}")
    crashes = [finding for finding in outcome.findings if finding.code == RULE_CRASHED.code]
    for crash in crashes:
        start = crash.place.start
        _complain(crash.path, f"{start.line}:{start.column}: {crash.message}", *crash.notes)
    if crashes:
        say("streamlint: internal error; the other rules and files were checked\n", err=True)


def _complain(path: Path, message: str, *notes: str) -> None:
    lines = [f"streamlint: {reporters.shown(path)}: {visible(message)}", *(f"    {visible(note)}" for note in notes)]
    say("".join(f"{line}\n" for line in lines), err=True)


def _exit_code(outcome: Outcome, request: run.Request, options: dict[str, Any]) -> int:
    if any(finding.code == RULE_CRASHED.code for finding in outcome.findings):
        return INTERNAL
    named = {Path(os.path.abspath(path)) for path in request.paths}
    unread = any(skipped.failed and skipped.path in named for skipped in outcome.skipped)
    failed = bool(outcome.changes) if options["diff"] else outcome.fails and not options["fix_only"]
    return FINDINGS if (failed or unread or outcome.unwritten) and not options["exit_zero"] else CLEAN
