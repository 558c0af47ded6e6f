"""How long a project lets its lines be: what its formatter is told, in the files that formatters read."""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint import disk
from streamlint.knowledge.table import Row, read

if TYPE_CHECKING:
    from streamlint.project import Project

USUAL = 88
"""What black, isort's profile for it, and ruff take where nothing is said."""
_LONGEST, _SHORTEST = 320, 40
_LARGEST = 1_000_000


class Widths:
    """Of one project; each folder is asked once."""

    def __init__(self, project: Project) -> None:
        self._root = project.root
        self._found: dict[Path, int] = {}

    def of(self, path: Path) -> int:
        """How long the lines of a file may be: what the nearest folder at or above it says, up to the project's root."""
        folder = path.parent
        if folder not in self._found:
            around = [folder, *(above for above in folder.parents if above.is_relative_to(self._root))]
            said = (width for one in around for width in _said(one))
            self._found[folder] = next(said, USUAL)
        return self._found[folder]


def _said(folder: Path) -> Iterator[int]:
    """What the settings in a folder say, the formatter's first."""
    for row in _settings():
        text = _text(folder / row.text("file"))
        if text:
            said = _of_toml(text, row) if row.text("file").endswith(".toml") else _of_ini(text, row)
            yield from (width for width in said if _SHORTEST <= width <= _LONGEST)


@cache
def _settings() -> tuple[Row, ...]:
    return tuple(read("widths").rows("setting"))


def _text(path: Path) -> str:
    try:
        return disk.read_bytes(path, _LARGEST).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""


def _of_toml(text: str, row: Row) -> Iterator[int]:
    try:
        table: object = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    for step in row.texts("tables"):
        table = table.get(step) if isinstance(table, dict) else None
    for key in row.texts("keys"):
        value = table.get(key) if isinstance(table, dict) else None
        if isinstance(value, int):
            yield value


def _of_ini(text: str, row: Row) -> Iterator[int]:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(f"[streamlint-first]\n{text}")
    except configparser.Error:
        return
    for section in (each for each in row.texts("tables") if parser.has_section(each)):
        for key in row.texts("keys"):
            value = parser.get(section, key, fallback="") or ""
            if value.strip().isdecimal():
                yield int(value)
