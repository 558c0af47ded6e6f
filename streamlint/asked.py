"""What a command line asks for: its options as a request, the text of standard input, and what is known already."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streamlint import config, disk, reporters, rule, settings
from streamlint.discovery import is_beside
from streamlint.fix import Level
from streamlint.immutable import immutable
from streamlint.known import Known
from streamlint.projects import Request
from streamlint.source import Source, UnreadableFile

if TYPE_CHECKING:
    from streamlint.outcome import Outcome

_STDIN = Path("-")


def request(options: dict[str, Any], given: Given | None) -> Request:
    paths: tuple[Path, ...] = (given.source.path,) if given else options["paths"] or (Path(),)
    codes = rule.codes()
    nearest = settings.nearest(
        paths,
        codes,
        _given_settings(options),
        select=options["select"] or None,
        extend_select=options["extend_select"],
        ignore=options["ignore"],
    )
    base = nearest.base
    reason = _reason(options)
    fixing = options["apply_fixes"] or options["fix_only"] or (options["diff"] and not reason)
    level = Level.UNSAFE if options["unsafe_fixes"] else Level(options["fix_level"] or base.fix_level)
    insists = options["unsafe_fixes"] or options["fix_level"] is not None
    text = given.source if given else None
    targets = config.targets(options["targets"])
    return Request(
        paths,
        base,
        base.selection,
        level=level,
        fix=fixing,
        reason=reason,
        text=text,
        insists=insists,
        targets=targets,
        tracks=_tracks(paths) if options["tracked"] else None,
        nearest=nearest,
        jobs=1 if options["timings"] else options["jobs"],
    )


def _tracks(paths: tuple[Path, ...]) -> Callable[[Path], bool]:
    from streamlint import git

    try:
        return git.repository(paths).tracks
    except git.GitError as error:
        raise config.ConfigError(f"--tracked: {error}") from error


def _reason(options: dict[str, Any]) -> str:
    """What the comments of `--add-ignore` say, on one line; nothing where none are asked for."""
    if options["reason"] is None:
        return ""
    reason = " ".join(options["reason"].split())
    if not reason or not reason.isprintable():
        raise click.UsageError("--add-ignore needs a reason in words: why may these findings stay?")
    for option, name in (("apply_fixes", "fix"), ("fix_only", "fix-only"), ("write_baseline", "write-baseline")):
        if options[option]:
            raise click.UsageError(f"--add-ignore does not go together with --{name}")
    return reason


def _given_settings(options: dict[str, Any]) -> settings.Given:
    """What the command line says about settings: at most one file, and values."""
    files = [text for text in options["configs"] if "=" not in text or disk.exists(text)]
    values = tuple(text for text in options["configs"] if text not in files)
    if len(files) > 1 or (files and options["isolated"]):
        raise click.UsageError("--config takes one file, and none with --isolated")
    if files and not disk.exists(files[0]):
        raise click.UsageError(f"--config: there is no file {files[0]}")
    return settings.Given(Path(files[0]) if files else None, values, options["isolated"])


def output_format(options: dict[str, Any], settled: config.Config) -> str:
    """How findings are printed: as the command line says, or else the settings."""
    named: str = options["output_format"] or settled.output_format or reporters.FORMATS[0]
    if named not in reporters.FORMATS:
        near = config.suggestion(named, reporters.FORMATS)
        raise config.ConfigError(f"`output-format` must be one of {', '.join(reporters.FORMATS)}, not `{named}`{near}")
    return named


def printed_format(options: dict[str, Any]) -> str:
    """The format of what is printed: that of the findings, or of their numbers."""
    named: str = options["output_format"]
    if not options["statistics"]:
        return named
    for option in ("diff", "fix_only", "write_baseline"):
        if options[option]:
            raise click.UsageError(f"--{option.replace('_', '-')} reports no findings that --statistics could count")
    if named not in reporters.COUNTED:
        raise click.UsageError(f"--statistics are for people or json, not for {named}")
    return reporters.COUNTED[named]


def known_findings(options: dict[str, Any]) -> Known:
    given = {"write": "--write-baseline", "shrink": "--update-baseline"}
    asked = Known(
        options["baseline_file"], options["write_baseline"], options["update_baseline"], options["revision"] or ""
    )
    written = [name for attribute, name in given.items() if getattr(asked, attribute)]
    if len(written) > 1 or (written and (asked.revision or options["apply_fixes"] or options["diff"])):
        raise click.UsageError(f"{written[0]} does not go together with --since, --fix, --diff or the other one")
    return asked


@immutable
class Given:
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


def stdin(paths: tuple[Path, ...], name: Path | None) -> Given | None:
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
        return Given(decode(Path(os.path.abspath(path)), content), content)
    except OSError as error:
        raise config.ConfigError(f"standard input cannot be read: {error.strerror}") from error
    except UnreadableFile as error:
        raise config.ConfigError(f"standard input {error}") from error
