"""The command line: the only place that exits, and that decides what is printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streamlint import __version__, asked, exits, listings, outputs, progress, reporters, room, rule, run, shown
from streamlint.config import ConfigError
from streamlint.fix import Level
from streamlint.kept import answers, folder_of
from streamlint.output import OutputError, say, write
from streamlint.printing import Printing, style_of
from streamlint.reporters.text import visible
from streamlint.selectors import nearest
from streamlint.timings import Timings, timed

if TYPE_CHECKING:
    from streamlint.kept import Answers
    from streamlint.outcome import Outcome

    _Words = click.Choice[str]
else:
    _Words = click.Choice  # takes no type before click 8.4

_LISTS = ("explain", "list_rules", "show_settings", "show_files", "show_routes", "show_versions", "tested")
"""Options whose answer is no report."""


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
    except Exception as error:  # noqa: BLE001 the last resort: a failure of our own, told and turned into exit code 3
        from streamlint import last_words

        with _told():
            say(last_words.of_failure(error), err=True)
        sys.exit(exits.INTERNAL)


@contextmanager
def _told() -> Iterator[None]:
    """End on an error with its exit code, after one line on standard error in which every name is visible."""
    try:
        yield
    except click.ClickException as error:
        _tell_error(f"{_usage(error)}Error: {visible(error.format_message())}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt as error:
        from streamlint import last_words

        _tell_error(last_words.of_interruption(error))
        sys.exit(exits.INTERRUPTED)


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
            except click.NoSuchOption as error:
                found = nearest(
                    error.option_name, (name for each in self.params for name in each.opts if name[:2] == "--")
                )
                raise click.NoSuchOption(error.option_name, None, [found] if found else None, error.ctx) from None
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


def _complete(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    codes = rule.codes()
    return [word for word in (*codes, *codes.values()) if word.lower().startswith(begun.lower())]


class _Choice(_Words):
    """A choice that says which of its words may have been meant."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            found = nearest(str(value), self.choices)
            hint = f" Did you mean '{found}'?" if found else ""
            raise click.BadParameter(f"{error.message}{hint}", ctx, param) from None


_LEVELS = _Choice([level.value for level in Level if level is not Level.DISPLAY])
_EXISTING = click.Path(exists=True, readable=False, allow_dash=True, path_type=Path)


@click.command(
    name="streamlint",
    cls=_Program,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 clean, or only advice; 1 findings, or a named file that cannot be judged or written;"
    " 2 usage or configuration error, nothing to check, or the output cannot be written; 3 internal error;"
    " 130 interrupted.",
)
@click.argument("paths", nargs=-1, type=_EXISTING)
@click.option("--fix", "apply_fixes", is_flag=True, help="Apply fixes up to the fix level, and report what is left.")
@click.option(
    "--fix-only", is_flag=True, help="Apply fixes, and report nothing of what is left; exit 0 whatever that is."
)
@click.option("--diff", is_flag=True, help="Print what --fix would change; exit 1 if anything.")
@click.option(
    "--add-ignore",
    "reason",
    metavar="REASON",
    help="Write a comment with this reason beside every finding, which takes it back; --diff shows them only.",
)
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
    shell_complete=_complete,
    help="Report these codes, beginnings of codes or names, whatever the file says.",
)
@click.option(
    "--extend-select", multiple=True, callback=_split, help="Report these too; advice comes only when selected."
)
@click.option("--ignore", multiple=True, callback=_split, shell_complete=_complete, help="Do not report these.")
@click.option(
    "--output-format",
    type=_Choice(reporters.FORMATS),
    help="How findings are printed (default: the setting output-format, else full).",
)
@click.option(
    "-o",
    "--output-file",
    type=click.Path(path_type=Path),
    callback=outputs.named,
    help="Write the report, or the patch of --diff, to this file, and not to standard output.",
)
@click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT:FILE",
    callback=outputs.parse,
    help="Also write a report in this format to this file: sarif:streamlint.sarif. May be given several times.",
)
@click.option("--statistics", is_flag=True, help="Print how many findings there are: by rule, by symptom, by repair.")
@click.option("--stdin-filename", type=click.Path(path_type=Path), help="The file that - stands for.")
@click.option(
    "--config",
    "configs",
    multiple=True,
    metavar="FILE|KEY=VALUE",
    help="Use this file's settings for everything, or this value, in TOML, over what files say.",
)
@click.option("--isolated", is_flag=True, help="Use no configuration file.")
@click.option("--show-settings", is_flag=True, help="Print the settings that hold for the paths, and where they stand.")
@click.option("--show-files", is_flag=True, help="Print the files that would be looked at.")
@click.option(
    "--explain",
    metavar="RULE",
    shell_complete=_complete,
    help="Print the documentation of a rule, or what may be behind 'cut after 60 s'.",
)
@click.option("--list-rules", is_flag=True, help="Print all rules.")
@click.option("--show-routes", is_flag=True, help="Print the entry points, and what each stream passes on its way.")
@click.option("--show-versions", is_flag=True, help="Print which release of what is assumed, and where that is said.")
@click.option(
    "--write-test",
    "tested",
    metavar="ROUTE",
    help="Print a test that the answer of this route arrives while it is written: 'GET /chat'.",
)
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
@click.option("--tracked", is_flag=True, help="Leave out the files that git does not track, as a commit does.")
@click.option(
    "--baseline",
    "baseline_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Do not report the findings in this file (default: the setting baseline).",
)
@click.option("--write-baseline", is_flag=True, help="Write what is found to the baseline, and report nothing.")
@click.option("--update-baseline", is_flag=True, help="Take out of the baseline what is not found any more.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 also with findings.")
@click.option(
    "--no-cache",
    is_flag=True,
    envvar="STREAMLINT_NO_CACHE",
    help="Use nothing that earlier runs kept, and keep nothing.",
)
@click.option(
    "--cache-dir",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="STREAMLINT_CACHE_DIR",
    help="Keep in this folder what the next run may say again (default: .streamlint_cache in the project).",
)
@click.option("--clean", is_flag=True, help="Remove what earlier runs kept.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    envvar="STREAMLINT_JOBS",
    help="Look at the files with so many processes (default: as many as the work and the machine are worth).",
)
@click.option("--timings", is_flag=True, help="Say on standard error where the time went and where the search gave up.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but findings.")
@click.version_option(__version__, message="%(prog)s %(version)s")
def command(**options: Any) -> None:
    """Find broken LlamaIndex streaming in web applications.

    PATHS are files and folders (default: the working folder); - reads standard input. A file that is named here and
    that the configuration excludes is passed over with a word, as other programs name files without looking.
    """
    if any(map(options.get, _LISTS)) and (options["output_file"] or options["outputs"]):
        raise click.UsageError("--output-file and --output take reports; what lists print goes to standard output")
    if options["explain"]:
        listings.print_explained(options["explain"])
    elif options["list_rules"]:
        listings.print_rules(options["output_format"])
    elif options["clean"]:
        folder = folder_of(options)
        say("removed what earlier runs kept\n" if folder is not None and folder.remove() else "nothing was kept\n")
    else:
        sys.exit(_lint(options))


def _lint(options: dict[str, Any]) -> int:
    kept = answers(options)
    if kept is not None:
        return kept.of(lambda: _linted(options, kept))
    timings = Timings() if options["timings"] else None
    with timed(timings):
        code = _linted(options)
    if timings is not None:
        from streamlint.reporters import timings as table

        say(table.render(timings), err=True)
    return code


def _linted(options: dict[str, Any], answers: Answers | None = None) -> int:
    given = asked.stdin(options["paths"], options["stdin_filename"])
    request = asked.request(options, given)
    if answers is not None:
        request = replace(request, earlier=answers.findings(request))
    options = {**options, "output_format": asked.output_format(options, request.config)}
    if _listed(options, request):
        return exits.CLEAN
    kept, printing = asked.known_findings(options), _printing(options)
    request = kept.asked(request)
    with progress.watched(quiet=options["quiet"]):
        outcome = run.run(request)
    if not options["diff"] and request.text is None:
        outcome = run.write(request, outcome)
    printing.skipped(outcome)
    if outcome.is_empty and not (options["revision"] or options["tracked"]):
        where = ", ".join(map(reporters.shown, request.paths))
        raise ConfigError(f"there is nothing to check: no Python file was found in {where}")
    say(kept.keep(request), err=True)
    if kept.write:
        return exits.INTERNAL if exits.crashed(outcome) else exits.CLEAN
    if options["diff"]:
        printing.patch(outcome)
    elif given is not None and request.changes:
        write(given.fixed(outcome))
        printing.report(outcome, err=True)
    else:
        printing.report(outcome)
    return _exit_code(outcome, request, options)


def _listed(options: dict[str, Any], request: run.Request) -> bool:
    """Print the list that was asked for; whether one was."""
    if options["show_settings"]:
        listings.print_settings(request)
    elif options["show_files"]:
        say("".join(f"{reporters.shown(path)}\n" for path in shown.files(request)))
    elif options["show_routes"]:
        points, ways = shown.routes(request)
        listings.print_routes(points, ways, options["output_format"], style_of().width)
    elif options["show_versions"]:
        listings.print_versions(shown.versions(request), options["output_format"])
    elif options["tested"]:
        write(listings.test_for(request, options["tested"]))
    else:
        return False
    return True


def _printing(options: dict[str, Any]) -> Printing:
    file, others = options["output_file"], options["outputs"]
    paths = [Path(os.path.realpath(each)) for each in (*(output.path for output in others), file) if each is not None]
    if len(set(paths)) < len(paths):
        raise click.UsageError("two reports cannot go to one file")
    if paths and options["write_baseline"]:
        raise click.UsageError("--write-baseline reports nothing that --output-file and --output could take")
    return Printing(asked.printed_format(options), options["quiet"], options["fix_only"], file, others)


def _exit_code(outcome: Outcome, request: run.Request, options: dict[str, Any]) -> int:
    fails = bool(outcome.changes) if options["diff"] else outcome.fails and not options["fix_only"]
    code = exits.code(outcome, request.paths, fails=fails)
    return exits.CLEAN if code == exits.FINDINGS and options["exit_zero"] else code
