"""The files that reports are written to, as the command line names them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import click

from streamlint import reporters
from streamlint.config import ConfigError
from streamlint.copies import Piece, copy
from streamlint.discovery import SUFFIXES
from streamlint.immutable import immutable
from streamlint.reporters.text import visible
from streamlint.saving import UnsavedFile, save
from streamlint.selectors import nearest


@immutable
class Output:
    """A format and the file that a report in it is written to."""

    format: str
    path: Path

    def write(self, content: bytes) -> None:
        """Write the file as a whole or not at all; a pipe or a device is written to as it is. Raises `ConfigError`."""
        copy(Piece(content, format=self.format, path=str(self.path)))
        try:
            if _is_special(self.path):
                self.path.write_bytes(content)
            else:
                save(self.path, content)
        except UnsavedFile as error:
            raise ConfigError(f"{visible(str(self.path))}: {error}") from error
        except OSError as error:
            raise ConfigError(f"{visible(str(self.path))}: cannot be written: {error.strerror or error}") from error


def parse(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[Output, ...]:
    """What `FORMAT:FILE` means, for each of the values."""
    return tuple(map(_parsed, values))


def named(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
    return None if value is None else _checked(value)


def _parsed(value: str) -> Output:
    name, colon, path = value.partition(":")
    if not colon or not path:
        raise click.BadParameter(f"`{value}` must be a format, a colon and a file, such as sarif:report.sarif")
    if name not in reporters.FORMATS:
        found = nearest(name, reporters.FORMATS)
        hint = f"did you mean `{found}`?" if found else f"choose from {', '.join(reporters.FORMATS)}"
        raise click.BadParameter(f"there is no format `{name}` ({hint})")
    return Output(name, _checked(Path(path)))


def _checked(path: Path) -> Path:
    """Find out what will not work before minutes have passed."""
    if path.suffix in SUFFIXES:
        raise click.BadParameter(f"`{path}` is the name of a Python file; reports are not written there")
    if path.is_dir():
        raise click.BadParameter(f"`{path}` is a folder")
    if not path.parent.is_dir():
        raise click.BadParameter(f"the folder of `{path}` does not exist")
    return path


def _is_special(path: Path) -> bool:
    return os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode)


def append(path: Path, content: Callable[[int], bytes], limit: int) -> None:
    """Add to a file that may have so many bytes; `content` is told for how many there is room. Raises `OSError`."""
    with path.open("ab") as file:
        file.write(content(limit - file.tell()))
