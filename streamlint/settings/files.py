"""Where settings are found: the nearest file, what it extends, and what the command line says over both."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamlint import disk
from streamlint.config import Config, ConfigError, working_folder
from streamlint.discovery import CONFIGURING
from streamlint.immutable import immutable
from streamlint.selectors import Codes
from streamlint.settings.keys import merged
from streamlint.settings.reading import Reader

OWN, SHARED = CONFIGURING
_PATHS = ("baseline", "extend")
_HIGHEST = 20
"""How many files may extend each other."""


@immutable
class Given:
    """What the command line says about settings: a file in place of those that lie around, values over them, or neither."""

    file: Path | None = None
    values: tuple[str, ...] = ()
    """Each as `key=value`, in TOML."""
    isolated: bool = False
    """Whether no file counts."""

    @property
    def is_fixed(self) -> bool:
        """Whether the same settings hold for every file."""
        return self.isolated or self.file is not None


def load(paths: Sequence[Path], codes: Codes, given: Given | None = None) -> Config:
    """The settings for a run: the nearest ones at or above the folder that holds all its paths. Raises `ConfigError`."""
    given = given or Given()
    start = _common_folder(paths)
    if given.isolated:
        return over(Config(start), codes, given)
    if given.file is not None:
        return of_file(given.file, _read(given.file) or {}, codes, given)
    return nearest(start, codes, given) or over(Config(start), codes, given)


def nearest(start: Path, codes: Codes, given: Given) -> Config | None:
    """The settings of the nearest file at or above a folder, up to its repository. Raises `ConfigError`."""
    for folder in (start, *start.parents):
        found = in_folder(folder, codes, given)
        if found is not None:
            return found
        if disk.exists(folder / ".git"):
            break
    return None


def in_folder(folder: Path, codes: Codes, given: Given) -> Config | None:
    """The settings of the file that lies in a folder, if one does. Raises `ConfigError`."""
    for name in (OWN, SHARED):
        file = folder / name
        if not disk.lies(file):
            continue
        if not disk.is_file(file):
            raise ConfigError(f"{_shown(file)}: is no file that can be read: a folder, a pipe or a link to nothing")
        if (table := _read(file)) is not None:
            return of_file(file, table, codes, given)
    return None


def over(config: Config, codes: Codes, given: Given) -> Config:
    """Settings of no file, with what the command line says over them."""
    if not given.values:
        return config
    return Reader("--config", config.root, _inline(given, codes), codes).config()


def of_file(file: Path, table: dict[str, Any], codes: Codes, given: Given) -> Config:
    """The settings of a file, with all that it extends below and what the command line says above. Raises `ConfigError`."""
    folder = Path(os.path.abspath(file)).parent
    whole = _extended(file, table, codes, ())
    if given.values:
        whole = _merged(whole, _inline(given, codes))
    return Reader(_shown(file), folder, whole, codes, Path(os.path.abspath(file))).config()


def _extended(file: Path, table: dict[str, Any], codes: Codes, below: tuple[Path, ...]) -> dict[str, Any]:
    """The table of a file with those that it extends; each is judged by itself, so that a fault is told where it stands."""
    reader = Reader(_shown(file), Path(os.path.abspath(file)).parent, table, codes)
    reader.config()
    own = {key: str(reader.path(key)) if key in _PATHS else value for key, value in table.items() if key != "extend"}
    parent = reader.path("extend")
    if parent is None:
        return own
    chain = (*below, Path(disk.real(file)))
    if disk.real(parent) in map(str, chain) or len(chain) > _HIGHEST:
        raise ConfigError(f"{_shown(file)}: `extend`: {_shown(parent)} extends this file itself")
    if not disk.is_file(parent):
        raise ConfigError(f"{_shown(file)}: `extend`: there is no file {_shown(parent)}")
    inherited = _read(parent)
    if inherited is None:
        raise ConfigError(f"{_shown(file)}: `extend`: {_shown(parent)} has no table `tool.streamlint`")
    return _merged(_extended(parent, inherited, codes, chain), own)


def _merged(inherited: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    both = {key: merged(key, inherited[key], own[key]) for key in own if key in inherited}
    return {**inherited, **own, **both}


def _inline(given: Given, codes: Codes) -> dict[str, Any]:
    """What the command line says, as one table. Raises `ConfigError`."""
    table: dict[str, Any] = {}
    for text in given.values:
        try:
            own = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(
                f'--config: `{text}` must be a file, or key=value as in fix-level="safe": {error}'
            ) from error
        Reader("--config", working_folder(), own, codes).config()
        paths = {key: os.path.abspath(own[key]) for key in _PATHS if key in own}
        table = _merged(table, {**own, **paths})
    if "extend" in table:
        raise ConfigError("--config: `extend` can only stand in a file; name the file itself")
    return table


def _common_folder(paths: Sequence[Path]) -> Path:
    working = working_folder()
    absolute = [Path(os.path.abspath(path)) for path in paths] or [working]
    folders = [path if disk.is_folder(path) else path.parent for path in absolute]
    return Path(os.path.commonpath(folders))


def _read(file: Path) -> dict[str, Any] | None:
    """The table of streamlint in `file`; None where pyproject.toml has none."""
    try:
        document = tomllib.loads(disk.read_bytes(file).decode("utf-8-sig"))
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
    if file.name != SHARED:
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


def _shown(file: Path) -> str:
    relative = os.path.relpath(file)
    return str(file) if relative.startswith("..") else relative
