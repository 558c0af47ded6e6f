"""The command line: the only place that prints or exits."""

from __future__ import annotations

import inspect
import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streamlint import __version__, config, reporters, rule, run
from streamlint.finding import RULE_CRASHED, TOOL_CODES
from streamlint.fix import Level
from streamlint.reporters.style import Style, wants_colour
from streamlint.source import Source, UnreadableFile

if TYPE_CHECKING:
    from streamlint.outcome import Outcome

CLEAN, FINDINGS, USAGE, INTERNAL = range(4)
_STDIN = Path("-")


def main() -> None:
    """Run the command line; a failure of our own ends with exit code 3."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")
    try:
        command()
    except Exception:  # noqa: BLE001 the last resort: a failure of our own, told and turned into exit code 3
        traceback.print_exc()
        click.echo("streamlint: internal error; please report it with the lines above", err=True)
        sys.exit(INTERNAL)


def _split(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(entry.strip() for value in values for entry in value.split(",") if entry.strip())


_LEVELS = click.Choice([level.value for level in Level if level is not Level.DISPLAY])
_EXISTING = click.Path(exists=True, allow_dash=True, path_type=Path)


@click.command(
    name="streamlint",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 clean, 1 findings, 2 usage or configuration error, 3 internal error.",
)
@click.argument("paths", nargs=-1, type=_EXISTING)
@click.option("--fix", "apply_fixes", is_flag=True, help="Apply fixes up to the fix level, and report what is left.")
@click.option("--diff", is_flag=True, help="Print what --fix would change; exit 1 if anything.")
@click.option("--fix-level", type=_LEVELS, help="The strongest change that --fix may make (default: response).")
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
@click.option("--exit-zero", is_flag=True, help="Exit 0 also with findings.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but findings.")
@click.version_option(__version__, message="%(prog)s %(version)s")
def command(**options: Any) -> None:
    """Find broken LlamaIndex streaming in web applications.

    PATHS are files and folders (default: the working folder); - reads standard input. A file that is named here and
    that the configuration excludes is passed over, as pre-commit names files without looking.
    """
    if options["explain"]:
        _say(_explain(options["explain"]))
    elif options["list_rules"]:
        _say(_list_rules())
    else:
        sys.exit(_lint(options))


def _lint(options: dict[str, Any]) -> int:
    request = _request(options)
    style = Style(wants_colour(os.environ, sys.stdout.isatty()))
    if options["show_routes"]:
        _say(_routes(run.entry_points(request), options["output_format"]))
        return CLEAN
    outcome = run.run(request)
    if options["diff"]:
        _print_diff(outcome)
    elif request.text is not None and request.fix:
        _print_fixed_text(request.text, outcome)
        _report(outcome, options, style, err=True)
    else:
        outcome = run.write(request, outcome)
        _report(outcome, options, style)
    _print_skipped(outcome, options["quiet"])
    return _exit_code(outcome, options)


def _request(options: dict[str, Any]) -> run.Request:
    paths: tuple[Path, ...] = options["paths"] or (Path(),)
    text = _stdin(paths, options["stdin_filename"])
    if text is not None:
        paths = (text.path,)
    codes = rule.codes()
    settings = config.load(paths, codes, options["config_file"])
    selection = settings.selection.override(
        codes, select=options["select"] or None, extend_select=options["extend_select"], ignore=options["ignore"]
    )
    fixing = options["apply_fixes"] or options["diff"]
    level = Level.UNSAFE if options["unsafe_fixes"] else Level(options["fix_level"] or settings.fix_level)
    return run.Request(paths, settings, selection, level=level, fix=fixing, text=text)


def _stdin(paths: tuple[Path, ...], name: Path | None) -> Source | None:
    if _STDIN not in paths:
        if name is not None:
            raise click.UsageError("--stdin-filename goes with - as the only path")
        return None
    if len(paths) > 1:
        raise click.UsageError("- cannot go together with other paths")
    path = Path(os.path.abspath(name or "stdin.py"))
    content = sys.stdin.buffer.read()
    try:
        return Source.decode(path, content)
    except UnreadableFile as error:
        raise config.ConfigError(f"standard input {error}") from error


def _report(outcome: Outcome, options: dict[str, Any], style: Style, *, err: bool = False) -> None:
    name = options["output_format"]
    if options["quiet"] and name in ("full", "concise") and not outcome.findings:
        return
    click.echo(reporters.reporter(name)(outcome, style), nl=False, err=err, color=style.colour)


def _print_diff(outcome: Outcome) -> None:
    from streamlint.fix import unified_diff

    for change in outcome.changes:
        click.echo(unified_diff(change.before.text, change.after.text, reporters.shown(change.before.path)), nl=False)


def _print_fixed_text(text: Source, outcome: Outcome) -> None:
    fixed = next((change.after.text for change in outcome.changes), text.text)
    sys.stdout.buffer.write(text.encode(fixed))
    sys.stdout.flush()


def _print_skipped(outcome: Outcome, quiet: bool) -> None:
    for skipped in () if quiet else outcome.skipped:
        click.echo(f"streamlint: {reporters.shown(skipped.path)}: skipped: {skipped.reason}", err=True)
    for refused in outcome.unwritten:
        click.echo(f"streamlint: {reporters.shown(refused.path)}: not written: {refused.reason}", err=True)
    crashes = [finding for finding in outcome.findings if finding.code == RULE_CRASHED.code]
    for crash in crashes:
        start = crash.place.start
        where = f"{reporters.shown(crash.path)}:{start.line}:{start.column}"
        click.echo(
            "\n".join([f"streamlint: {where}: {crash.message}", *(f"    {note}" for note in crash.notes)]), err=True
        )
    if crashes:
        click.echo("streamlint: internal error; the other rules and files were checked", err=True)


def _exit_code(outcome: Outcome, options: dict[str, Any]) -> int:
    if any(finding.code == RULE_CRASHED.code for finding in outcome.findings):
        return INTERNAL
    failed = bool(outcome.changes) if options["diff"] else outcome.fails
    return FINDINGS if (failed or outcome.unwritten) and not options["exit_zero"] else CLEAN


def _say(text: str) -> None:
    click.echo(text.rstrip("\n"))


def _explain(wanted: str) -> str:
    codes = rule.codes()
    code = config.resolve("--explain", (wanted,), codes)[0]
    if code not in codes:
        raise config.ConfigError(f"--explain: `{wanted}` is the beginning of several codes; name one")
    for row in TOOL_CODES:
        if row.code == code:
            return f"{row.code} {row.name} ({row.severity})\n\n{row.documentation or row.summary}"
    found = rule.discover((code,))[0]
    return f"{found.code} {found.name} ({found.severity}, since {found.since})\n\n{inspect.getdoc(found) or ''}"


def _list_rules() -> str:
    rows = [(row.code, row.name, row.severity.value, row.summary) for row in TOOL_CODES]
    for each in rule.discover():
        rows.append((each.code, each.name, each.severity.value, (inspect.getdoc(each) or "").partition("\n")[0]))
    return _table(sorted(rows))


def _routes(points: tuple[Any, ...], output_format: str) -> str:
    if output_format == "json":
        return json.dumps({"version": __version__, "entry_points": [_route(point) for point in points]}, indent=2)
    if not points:
        return "No entry points found"
    rows = [("METHODS", "PATH", "PLACE", "FUNCTION", "RUN BY", "STREAMS", "FRAMEWORK")]
    for point in points:
        row = _route(point)
        place = f"{row['file']}:{row['line']}"
        methods = ",".join(row["methods"]) or str(row["kind"])
        rows.append(
            (methods, row["path"] or "-", place, row["name"], row["runner"], row["streams"] or "-", row["framework"])
        )
    return _table(rows)


def _route(point: Any) -> dict[str, Any]:
    return {
        "framework": str(point.framework),
        "kind": str(point.kind),
        "path": point.path or "",
        "methods": sorted(point.methods),
        "name": point.name,
        "file": reporters.shown(point.place.path),
        "line": point.place.start.line,
        "runner": str(point.runner),
        "streams": str(point.streams or ""),
    }


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
