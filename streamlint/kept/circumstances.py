"""What an answer depends on beside the disk: the program, the command line, and the terminal that it is shown on."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from streamlint import __version__
from streamlint.config import Config
from streamlint.disk import digest
from streamlint.printing import style_of

_VARIABLES = ("HOME", "USERPROFILE", "PYTHONUTF8", "LC_ALL", "LC_CTYPE", "LANG")
"""Variables of the environment that say where a home is, and in which encoding names and texts are; colours are in the style."""

_ASKED = ("select", "extend_select", "ignore", "configs", "isolated", "targets")
"""Options that say what is looked for; what others of these say stands in the settings."""


def key(options: Mapping[str, Any]) -> str:
    """A name that differs where a run could say something else, although the disk is the same. Raises `OSError`."""
    return _key(options, (repr((style_of(err=err), _encoding(err=err))) for err in (False, True)))


def key_of_findings(options: Mapping[str, Any], config: Config) -> str:
    """The same for what a run could find, however it is shown. Raises `OSError`."""
    asked = {name: options[name] for name in _ASKED}
    if (
        config.file is None and not config.own_exclude
    ):  # where settings are relative to does not matter where there are none
        config = replace(config, root=Path())
    return _key(asked, (repr(config),))


def _key(options: Mapping[str, Any], more: Iterable[str]) -> str:
    told = [
        *(f"{name}={options[name]!r}" for name in sorted(options)),
        os.getcwd(),
        *(f"{name}={os.environ.get(name)!r}" for name in _VARIABLES),
        *more,
        *_program(),
    ]
    return digest(json.dumps(told).encode())


def _encoding(*, err: bool) -> tuple[bool, str, str]:
    stream = sys.stderr if err else sys.stdout
    if stream is None:
        return False, "", ""
    return stream.isatty(), str(stream.encoding), str(stream.errors)


def _program() -> Iterator[str]:
    """The interpreter, the libraries and our own files; who works on streamlint changes them without a new version."""
    yield f"{__version__} {sys.version} {sys.prefix} {sys.flags.optimize}"
    libraries = Path(click.__file__).parent.parent
    yield f"{libraries} {os.stat(libraries).st_mtime_ns}"
    yield from _files(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def _files(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.name == "__pycache__":
                continue
            if entry.is_dir():
                yield from _files(entry.path)
            else:
                status = entry.stat()
                yield f"{entry.path} {status.st_size} {status.st_mtime_ns}"
