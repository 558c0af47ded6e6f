"""Which files of platforms hold the command of a server, and where in them."""

from __future__ import annotations

from fnmatch import fnmatch
from functools import cache

from streamlint.immutable import immutable
from streamlint.knowledge.table import read

ANY = "*"
"""Stands for any key."""


@immutable
class CommandFile:
    """A kind of file; `command` and `environment` are keys from the outermost in."""

    names: tuple[str, ...]
    command: tuple[str, ...]
    environment: tuple[str, ...]

    def fits(self, name: str) -> bool:
        return any(fnmatch(name.lower(), pattern) for pattern in self.names)


@cache
def command_files() -> tuple[CommandFile, ...]:
    rows = read("command_files").rows("file")
    return tuple(CommandFile(row.texts("names"), row.texts("command"), row.texts("environment")) for row in rows)
