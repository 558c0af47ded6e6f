"""What the owner of a project asks of streamlint: `[tool.streamlint]` in pyproject.toml, or streamlint.toml."""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from streamlint.discovery import DEFAULT_EXCLUDE, Patterns
from streamlint.fix import Level
from streamlint.selectors import EVERYTHING, Codes, nearest, prefix
from streamlint.source import read_bytes

Row = Mapping[str, str | int | bool]
"""A row for a knowledge table, as the user writes it."""

_KINDS = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    dict: "a table",
    list: "a list with other values",
}
_TABLES = ("blocking-calls", "off-loop", "entry-points", "responses", "resources", "contexts", "shared-state")
_LISTS = ("select", "extend-select", "ignore", "exclude", "extend-exclude")
_STREAMS = ("streaming-paths", "longest-silence", "longest-stream")
KEYS = (
    *_LISTS,
    "per-file-ignores",
    "fix-level",
    "baseline",
    "versions",
    "versions-from-environment",
    *_STREAMS,
    "names",
    *_TABLES,
)


class ConfigError(click.ClickException):
    """A fault in the configuration or on the command line; the program ends with exit code 2.

    Exception > click.ClickException > ConfigError
    """

    exit_code = 2


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Config:
    """The settings of one run; patterns are relative to `root`."""

    root: Path
    selection: Selection = Selection()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    extend_exclude: tuple[str, ...] = ()
    own_exclude: tuple[str, ...] = ()
    """The patterns that the user wrote; they hold for files named on the command line too."""
    fix_level: Level = Level.RESPONSE
    baseline: Path | None = None
    """The file that holds the findings that are known."""
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    """Rows that the user adds to the knowledge tables, by table."""
    names: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """Names that the user adds to lists of names, by table and list."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions or ranges of packages, where no file of the project says them exactly."""
    versions_from_environment: bool = False
    streaming_paths: tuple[str, ...] = ()
    """Paths that stream although no Python file here says so; `*` at the end stands for whatever follows."""
    longest_silence: float = 300
    """Seconds between two tokens, at most."""
    longest_stream: float = 600
    """Seconds from a request to its last token, at most."""

    @property
    def registering(self) -> tuple[str, ...]:
        """The dotted names of functions that register others, as `entry-points` has them."""
        return tuple(str(row["name"]) for row in self.rows.get("entry-points", ()))

    @cached_property
    def _per_file(self) -> tuple[tuple[Patterns, tuple[str, ...]], ...]:
        return tuple((Patterns(self.root, (pattern,)), ignored) for pattern, ignored in self.per_file_ignores)

    def ignored_in(self, path: Path, code: str) -> bool:
        """Whether `per-file-ignores` switches this code off in this file."""
        return any(_longest(code, ignored) and patterns.match(path) for patterns, ignored in self._per_file)


def load(paths: Sequence[Path], codes: Codes, explicit: Path | None = None) -> Config:
    """The configuration for `paths`: `explicit`, or the nearest one at or above the folder that holds them all.

    Raises `ConfigError`.
    """
    start = _common_folder(paths)
    if explicit is not None:
        return _parse(explicit, _read(explicit), codes)
    for folder in (start, *start.parents):
        for name in ("streamlint.toml", "pyproject.toml"):
            file = folder / name
            if not os.path.lexists(file):
                continue
            if not os.path.isfile(file):
                raise ConfigError(f"{_shown(file)}: is no file that can be read: a folder, a pipe or a link to nothing")
            if (table := _read(file)) is not None:
                return _parse(file, table, codes)
        if os.path.exists(folder / ".git"):
            break
    return Config(start)


def resolve(where: str, selectors: Iterable[str], codes: Codes) -> tuple[str, ...]:
    """Codes, or beginnings of codes, for what a person wrote: either of them, a name, or ALL. Raises `ConfigError`."""
    return tuple(_resolve(where, selector.strip(), codes) for selector in selectors)


def _suggestion(written: str, known: Iterable[str]) -> str:
    """' (did you mean …?)' for the nearest known word, or nothing."""
    found = nearest(written, known)
    return f" (did you mean `{found}`?)" if found else ""


def _resolve(where: str, selector: str, codes: Codes) -> str:
    found = prefix(selector, codes)
    if found:
        return found
    raise ConfigError(f"{where}: there is no rule `{selector}`{_suggestion(selector, (*codes, *codes.values()))}")


def _longest(code: str, prefixes: Iterable[str]) -> int:
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=0)


def working_folder() -> Path:
    """The folder that the program runs in; raises `ConfigError` where it was deleted or cannot be read."""
    try:
        return Path.cwd()
    except OSError as error:
        raise ConfigError(f"the working folder cannot be used: {error.strerror}; go to one that exists") from error


def _common_folder(paths: Sequence[Path]) -> Path:
    working = working_folder()
    absolute = [Path(os.path.abspath(path)) for path in paths] or [working]
    folders = [path if os.path.isdir(path) else path.parent for path in absolute]
    return Path(os.path.commonpath(folders))


def _read(file: Path) -> dict[str, Any] | None:
    """The table of streamlint in `file`; None where pyproject.toml has none."""
    try:
        document = tomllib.loads(read_bytes(file).decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{_shown(file)}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{_shown(file)}: is not UTF-8: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{_shown(file)}: is nested too deeply to be read") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_broken(file, str(error))) from error
    except ValueError as error:  # Python reads no number of more than 4,300 digits
        raise ConfigError(f"{_shown(file)}: holds a number that is too long to be read") from error
    if file.name != "pyproject.toml":
        return document
    tool = document.get("tool", {})
    table = tool.get("streamlint") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{_shown(file)}: `tool.streamlint` must be a table")
    return table


def _broken(file: Path, message: str) -> str:
    match = re.search(r" ?\(at line (\d+), column (\d+)\)", message)
    if match is None:
        return f"{_shown(file)}: is not valid TOML: {message}"
    return f"{_shown(file)}:{match[1]}:{match[2]}: is not valid TOML: {message.replace(match.group(), '')}"


def _parse(file: Path, table: dict[str, Any] | None, codes: Codes) -> Config:
    reader = _Reader(file, table or {}, codes)
    reader.reject_unknown_keys()
    own = reader.strings("exclude") or ()
    extra = reader.strings("extend-exclude") or ()
    return Config(
        root=Path(os.path.abspath(file)).parent,
        selection=Selection(
            reader.selectors("select"), reader.selectors("extend-select") or (), reader.selectors("ignore") or ()
        ),
        per_file_ignores=reader.per_file_ignores(),
        exclude=DEFAULT_EXCLUDE if reader.strings("exclude") is None else own,
        extend_exclude=extra,
        own_exclude=own + extra,
        fix_level=reader.fix_level(),
        baseline=reader.file_beside("baseline"),
        rows={name: reader.rows(name) for name in _TABLES if name in reader.table},
        names=reader.names() if "names" in reader.table else {},
        versions=reader.versions() if "versions" in reader.table else {},
        versions_from_environment=reader.truth("versions-from-environment"),
        streaming_paths=reader.paths("streaming-paths"),
        longest_silence=reader.seconds("longest-silence", Config.longest_silence),
        longest_stream=reader.seconds("longest-stream", Config.longest_stream),
    )


@dataclass(frozen=True)
class _Reader:
    """The border between a parsed TOML table and a Config: everything that leaves here has the right type."""

    file: Path
    table: dict[str, Any]
    codes: Codes

    def error(self, key: str, message: str) -> ConfigError:
        return ConfigError(f"{_shown(self.file)}: `{key}`: {message}")

    def reject_unknown_keys(self) -> None:
        for key in self.table:
            if key not in KEYS:
                known = ", ".join(KEYS)
                raise ConfigError(
                    f"{_shown(self.file)}: unknown key `{key}`{_suggestion(key, KEYS)}; known keys: {known}"
                )

    def strings(self, key: str) -> tuple[str, ...] | None:
        return None if key not in self.table else self._strings(key, self.table[key])

    def _strings(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise self.error(key, f"must be a list of strings, not {_kind(value)}")
        return tuple(value)

    def selectors(self, key: str) -> tuple[str, ...] | None:
        written = self.strings(key)
        return None if written is None else resolve(f"{_shown(self.file)}: `{key}`", written, self.codes)

    def per_file_ignores(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        table = self.table.get("per-file-ignores", {})
        if not isinstance(table, dict):
            raise self.error("per-file-ignores", f"must be a table of pattern = [codes], not {_kind(table)}")
        where = f"{_shown(self.file)}: `per-file-ignores`"
        return tuple(
            (pattern, resolve(where, self._strings(f"per-file-ignores.{pattern}", value), self.codes))
            for pattern, value in table.items()
        )

    def fix_level(self) -> Level:
        value = self.table.get("fix-level", Level.RESPONSE.value)
        levels = [level.value for level in Level if level is not Level.DISPLAY]
        if not isinstance(value, str) or value not in levels:
            near = _suggestion(value, levels) if isinstance(value, str) else ""
            raise self.error("fix-level", f"must be one of {', '.join(levels)}, not {value!r}{near}")
        return Level(value)

    def versions(self) -> dict[str, str]:
        from streamlint.releases import ranges as version_ranges

        table = self.table["versions"]
        if not isinstance(table, dict):
            raise self.error("versions", f"must be a table of package = version, not {_kind(table)}")
        for package, text in table.items():
            if not isinstance(text, str) or version_ranges.parse(text) is None:
                shown = repr(text) if isinstance(text, str) else _kind(text)
                raise self.error(
                    f"versions.{package}", f'must be a version or a range such as ">=0.10,<0.11", not {shown}'
                )
        return dict(table)

    def file_beside(self, key: str) -> Path | None:
        """A file that is named relative to the configuration's folder."""
        value = self.table.get(key)
        if value is not None and (not isinstance(value, str) or not value):
            raise self.error(key, f"must be the path of a file, not {_kind(value) if value != '' else 'nothing'}")
        return Path(os.path.abspath(self.file)).parent / value if value is not None else None

    def truth(self, key: str) -> bool:
        value = self.table.get(key, False)
        if not isinstance(value, bool):
            raise self.error(key, f"must be true or false, not {_kind(value)}")
        return value

    def paths(self, key: str) -> tuple[str, ...]:
        """Paths of URLs, with a `*` only at the end of one."""
        written = self.strings(key) or ()
        for path in written:
            if not path.startswith("/") or "*" in path[:-1]:
                raise self.error(key, f'must be paths such as "/chat" or "/api/*", not {path!r}')
        return written

    def seconds(self, key: str, default: float) -> float:
        value = self.table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(key, f"must be a number of seconds, not {_kind(value)}")
        if not 0 < value < math.inf:
            raise self.error(key, f"must be more than 0 seconds, not {value}")
        return value

    def names(self) -> dict[str, dict[str, tuple[str, ...]]]:
        from streamlint.knowledge import user_rows

        value = self.table["names"]
        if not isinstance(value, dict):
            raise self.error("names", f"must be a table of tables of lists, not {_kind(value)}")
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for table, lists in value.items():
            if why := user_rows.table_fault(table):
                raise self.error(f"names.{table}", why)
            if not isinstance(lists, dict):
                raise self.error(f"names.{table}", f"must be a table of lists, not {_kind(lists)}")
            for name, words in lists.items():
                where = f"names.{table}.{name}"
                if why := user_rows.list_fault(table, name):
                    raise self.error(where, why)
                found.setdefault(table, {})[name] = self._strings(where, words)
        return found

    def rows(self, key: str) -> tuple[Row, ...]:
        value = self.table[key]
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise self.error(key, f"must be a list of tables ([[tool.streamlint.{key}]]), not {_kind(value)}")
        from streamlint.knowledge import user_rows

        for number, row in enumerate(value, 1):
            if found := user_rows.fault(key, row):
                name, why = found
                raise self.error(f"{key}.{name}", f"{why} (row {number})")
        return tuple(value)


def targets(given: Sequence[str]) -> dict[str, str]:
    """The releases that the command line names, by package."""
    from streamlint.releases.ranges import parse_target

    found = {}
    for each in given:
        match = re.fullmatch(r"\s*([A-Za-z0-9][\w.-]*)\s*(=|(?=[<>~!]))(=?.*)", each)
        if match is None or parse_target(match[3]) is None:
            raise ConfigError(f"--target: `{each}` must be a package and a release, as `llama-index=0.14`")
        found[match[1]] = match[3]
    return found


def _kind(value: object) -> str:
    return _KINDS.get(type(value), type(value).__name__)


def _shown(file: Path) -> str:
    relative = os.path.relpath(file)
    return str(file) if relative.startswith("..") else relative
