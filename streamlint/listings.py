"""What the program tells beside findings: of its rules, and of the entry points and releases of a project."""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from streamlint import __version__, config, disk, reporters, rule
from streamlint.finding import TOOL_CODES
from streamlint.knowledge.symptoms import Symptom, symptoms
from streamlint.output import say, write
from streamlint.printing import style_of
from streamlint.reporters import markdown
from streamlint.reporters.columns import table
from streamlint.reporters.text import visible
from streamlint.room import roomy

if TYPE_CHECKING:
    from streamlint.finding import ToolCode
    from streamlint.projects import Request
    from streamlint.releases.told import Told
    from streamlint.shown import Ways

_SUMMARY = 95
"""Characters of a rule's first sentence in the list."""


def print_explained(wanted: str) -> None:
    """The documentation of a rule: rendered on a terminal, as it is written elsewhere."""
    text, style = _explained(wanted), style_of()
    if sys.stdout is not None and sys.stdout.isatty():
        say(f"{markdown.render(text, style)}\n", colour=style.colour)
    else:
        say(f"{text}\n")


def _explained(wanted: str) -> str:
    codes = rule.codes()
    found = symptoms(wanted) if " " in wanted.strip() else ()
    if found:
        return "\n\n".join(map(_of_symptom, found))
    code = config.resolve("--explain", (wanted,), codes)[0]
    if code not in codes:
        raise config.ConfigError(f"--explain: `{wanted}` is the beginning of codes, not one; name one")
    for row in TOOL_CODES:
        if row.code == code:
            return f"# {row.code} {row.name}\n\nSeverity: {row.severity}\n\n{row.documentation or row.summary}"
    one = rule.discover((code,))[0]
    head = f"# {one.code} {one.name}\n\nSeverity: {one.severity} · since {one.since}"
    return f"{head}\n\n{inspect.getdoc(one) or ''}"


def _of_symptom(symptom: Symptom) -> str:
    """What may be behind something that people see, with the rules that find it."""
    lines = [f"# {symptom.title}", "", symptom.cure, ""]
    for cause in symptom.causes:
        after = f"after {cause.seconds:g} s by default: " if cause.seconds is not None else ""
        lines.append(f"- {after}{cause.where}{_listed(cause.rules)}")
    return "\n".join(lines)


def _listed(codes: tuple[str, ...]) -> str:
    return f" ({', '.join(codes)})" if codes else ""


def print_rules(output_format: str) -> None:
    """All rules, a line each, or for programs with what the documentation says of them."""
    if output_format == "json":
        write(json.dumps({"version": __version__, "rules": sorted(_rules(), key=_code)}, indent=2) + "\n")
        return
    rows = [(row["code"], row["name"], row["severity"], _shortened(row["summary"])) for row in _rules()]
    say(f"{table(sorted(rows))}\n")


def _shortened(summary: str) -> str:
    return shorten(summary, _SUMMARY, placeholder=" …") if summary.startswith("Finds ") else summary


def _code(row: dict[str, str]) -> str:
    return row["code"]


def _rules() -> Iterator[dict[str, str]]:
    for row in TOOL_CODES:
        yield _rule(row, row.summary, row.documentation or row.summary, symptom="", since="")
    for each in rule.discover():
        yield _rule(
            each, rule.summary(each), inspect.getdoc(type(each)) or "", symptom=each.symptom or "", since=each.since
        )


def _rule(each: ToolCode | rule.Rule, summary: str, documentation: str, *, symptom: str, since: str) -> dict[str, str]:
    named = {"code": each.code, "name": each.name, "severity": each.severity.value, "symptom": symptom, "since": since}
    return {**named, "summary": summary, "documentation": documentation}


def print_settings(request: Request) -> None:
    """The settings of each path of a run, with the file that they stand in."""
    from streamlint.settings.told import told

    shown: dict[int, None] = {}
    for path in (Path(os.path.abspath(each)) for each in request.paths):
        config = request.settings(path / "any" if disk.is_folder(path) else path)
        if id(config) in shown:
            continue
        shown[id(config)] = None
        where = reporters.shown(config.file) if config.file is not None else "no file: what holds by default"
        say("".join(f"{visible(line)}\n" for line in (f"# {where}", *told(config))))


def print_routes(points: tuple[Any, ...], ways: Sequence[Ways], output_format: str, width: int) -> None:
    from streamlint.reporters import chains

    if output_format == "json":
        listed = [each for one in ways for each in chains.listed(one.chains, one.deployment)]
        rows = [_route(each) for each in points]
        write(json.dumps({"version": __version__, "entry_points": rows, "chains": listed}, indent=2) + "\n")
        return
    say(f"{_routes(points)}\n")
    for one in ways:
        say(f"\n{visible_lines(chains.render(one.chains, one.deployment, width))}\n")


def visible_lines(text: str) -> str:
    """A text of several lines with every odd character made visible."""
    return "\n".join(map(visible, text.split("\n")))


def _routes(points: tuple[Any, ...]) -> str:
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
    return table([tuple(map(visible, row)) for row in rows])


def _route(point: Any) -> dict[str, Any]:
    return {
        "framework": str(point.framework),
        "kind": str(point.kind),
        "path": point.path or "",
        "methods": sorted(point.methods),
        "name": point.name,
        "file": reporters.relative(point.place.path),
        "line": point.place.start.line,
        "runner": str(point.runner),
        "streams": str(point.streams or ""),
    }


@roomy
def test_for(request: Request, route: str) -> str:
    """The text of a test for a route; raises `ConfigError` where none can be written."""
    from streamlint.shown import projects
    from streamlint.witnessing import routes

    try:
        return routes.test_for(route, projects(request))
    except routes.NoTest as error:
        raise config.ConfigError(f"--write-test: {error}") from error


def print_versions(rows: tuple[Told, ...], output_format: str) -> None:
    from streamlint.reporters import versions

    if output_format == "json":
        write(json.dumps({"version": __version__, "releases": versions.listed(rows)}, indent=2) + "\n")
    else:
        say(f"{table(versions.told(rows)) if rows else 'Nothing says which releases are used'}\n")
