"""What the owner of a project asks of streamlint: `[tool.streamlint]` in pyproject.toml, or streamlint.toml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path

import click

from streamlint.discovery import DEFAULT_EXCLUDE, Patterns
from streamlint.finding import Severity
from streamlint.fix import Level
from streamlint.immutable import immutable
from streamlint.selectors import EVERYTHING, Codes, nearest, prefix

Row = Mapping[str, str | int | bool]
"""A row for a knowledge table, as the user writes it."""


class ConfigError(click.ClickException):
    """A fault in the configuration or on the command line; the program ends with exit code 2.

    Exception > click.ClickException > ConfigError
    """

    exit_code = 2


@immutable
class Selection:
    """Which codes are reported, by codes and beginnings of codes; the longest match decides, and ignore wins a tie."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def selects(self, code: str) -> bool:
        chosen = _longest(code, (*((EVERYTHING,) if self.select is None else self.select), *self.extend_select))
        return chosen > _longest(code, self.ignore)

    def names(self, code: str) -> bool:
        """Whether the user asked for this code, as advice must be."""
        return _longest(code, (*(self.select or ()), *self.extend_select)) > _longest(code, self.ignore)

    def override(
        self,
        codes: Codes,
        *,
        select: Sequence[str] | None = None,
        extend_select: Sequence[str] = (),
        ignore: Sequence[str] = (),
    ) -> Selection:
        """This selection under the command line: `select` there replaces everything that stands in the file."""
        base = self if select is None else Selection(resolve("--select", select, codes))
        return replace(
            base,
            extend_select=base.extend_select + resolve("--extend-select", extend_select, codes),
            ignore=base.ignore + resolve("--ignore", ignore, codes),
        )


@immutable
class Config:
    """The settings of one run; patterns are relative to `root`."""

    root: Path
    """The folder of the configuration, or that of the run where there is none."""
    selection: Selection = Selection()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    extend_exclude: tuple[str, ...] = ()
    own_exclude: tuple[str, ...] = ()
    """The patterns that the user wrote; they hold for files named on the command line too."""
    severities: tuple[tuple[str, Severity], ...] = ()
    """Codes and beginnings of codes, each with the severity that it is reported with."""
    fix_level: Level = Level.RESPONSE
    output_format: str = ""
    """How findings are printed; nothing where the command line decides."""
    file: Path | None = None
    """Where the settings stand."""
    baseline: Path | None = None
    """The file that holds the findings that are known."""
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    """Rows that the user adds to the knowledge tables, by table."""
    names: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """Names that the user adds to lists of names, by table and list."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions or ranges of packages, where no file of the project says them exactly."""
    versions_from_environment: bool = False
    async_library: bool = False
    """Whether each coroutine function counts as run on a loop that serves clients: those of a library are called from outside."""
    streaming_paths: tuple[str, ...] = ()
    """Paths that stream although no Python file here says so; `*` at the end stands for whatever follows."""
    longest_silence: float = 300
    """Seconds between two tokens, at most."""
    longest_stream: float = 600
    """Seconds from a request to its last token, at most."""

    @property
    def registering(self) -> tuple[str, ...]:
        """The dotted names of functions that register others, as `entry-points` has them; and a word that says as much."""
        named = tuple(str(row["name"]) for row in self.rows.get("entry-points", ()))
        if not self.async_library:
            return named
        from streamlint.knowledge import COROUTINES  # most projects are none

        return (*named, COROUTINES)

    @cached_property
    def _per_file(self) -> tuple[tuple[Patterns, tuple[str, ...]], ...]:
        return tuple((Patterns(self.root, (pattern,)), ignored) for pattern, ignored in self.per_file_ignores)

    def severity(self, code: str, own: Severity) -> Severity:
        """The severity that a code is reported with: what the longest of the names that fit says, else its own."""
        fitting = [(len(prefix), severity) for prefix, severity in self.severities if code.startswith(prefix)]
        return max(fitting, key=lambda each: each[0])[1] if fitting else own

    def ignored_in(self, path: Path, code: str) -> bool:
        """Whether `per-file-ignores` switches this code off in this file."""
        return any(_longest(code, ignored) and patterns.match(path) for patterns, ignored in self._per_file)


def resolve(where: str, selectors: Iterable[str], codes: Codes) -> tuple[str, ...]:
    """Codes, or beginnings of codes, for what a person wrote: either of them, a name, or ALL. Raises `ConfigError`."""
    return tuple(_resolve(where, selector.strip(), codes) for selector in selectors)


def suggestion(written: str, known: Iterable[str]) -> str:
    """' (did you mean …?)' for the nearest known word, or nothing."""
    found = nearest(written, known)
    return f" (did you mean `{found}`?)" if found else ""


def _resolve(where: str, selector: str, codes: Codes) -> str:
    found = prefix(selector, codes)
    if found:
        return found
    hint = suggestion(selector, (*codes, *codes.values())) or "; --list-rules shows what there is"
    raise ConfigError(f"{where}: there is no rule `{selector}`{hint}")


def _longest(code: str, prefixes: Iterable[str]) -> int:
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=0)


def working_folder() -> Path:
    """The folder that the program runs in; raises `ConfigError` where it was deleted or cannot be read."""
    try:
        return Path.cwd()
    except OSError as error:
        raise ConfigError(f"the working folder cannot be used: {error.strerror}; go to one that exists") from error


def targets(given: Sequence[str]) -> dict[str, str]:
    """The releases that the command line names, by package."""
    found = {}
    for each in given:
        from streamlint.releases.ranges import parse_target  # dear to a run that names none

        match = re.fullmatch(r"\s*([A-Za-z0-9][\w.-]*)\s*(=|(?=[<>~!]))(=?.*)", each)
        if match is None or parse_target(match[3]) is None:
            raise ConfigError(f"--target: `{each}` must be a package and a release, as `llama-index=0.14`")
        found[match[1]] = match[3]
    return found
