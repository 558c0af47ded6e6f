"""Which findings a run knows already, as the command line and the settings say, and what becomes of their file."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint import disk
from streamlint.config import ConfigError
from streamlint.immutable import immutable

if TYPE_CHECKING:
    from streamlint.baseline import Entry
    from streamlint.projects import Request

DEFAULT = ".streamlint-baseline.json"
"""The file of `--write-baseline` where none is named."""


@immutable
class Known:
    """What was asked for: the file that holds a baseline, whether it is written or made smaller, a revision."""

    file: Path | None = None
    write: bool = False
    shrink: bool = False
    revision: str = ""

    def asked(self, request: Request) -> Request:
        """The request with the findings that are known; raises `ConfigError`."""
        if self.revision:
            from streamlint import git, since

            try:
                return replace(request, baseline=since.known(request, self.revision))
            except git.GitError as error:
                raise ConfigError(f"--since {self.revision}: {error}") from error
        file = self._file(request)
        if file is None:
            return request
        from streamlint import baseline

        if self.write and not disk.exists(file):
            return replace(request, baseline=baseline.Baseline(Path(disk.real(file)).parent))
        try:
            return replace(request, baseline=baseline.read(file))
        except baseline.BrokenBaseline as error:
            raise ConfigError(f"{file}: {error}") from error

    def keep(self, request: Request) -> str:
        """Write the baseline of a run, if that was asked for, and say what became of it; raises `ConfigError`."""
        file, held = self._file(request), request.baseline
        if file is None or held is None or not (self.write or self.shrink):
            return ""
        from streamlint import baseline
        from streamlint.saving import UnsavedFile, save

        stale = held.stale()
        entries = held.seen() if self.write else held.entries - stale
        try:
            save(file, baseline.text(entries).encode())
        except UnsavedFile as error:
            raise ConfigError(f"{file}: {error}") from error
        return _told(file, entries, held.entries)

    def _file(self, request: Request) -> Path | None:
        named = self.file or request.config.baseline
        return named or (request.config.root / DEFAULT if self.write or self.shrink else None)


def _told(file: Path, entries: Counter[Entry], before: Counter[Entry]) -> str:
    """One line about what was written."""
    total, added, removed = entries.total(), (entries - before).total(), (before - entries).total()
    return f"{os.path.relpath(file)}: {total} known ({added} added, {removed} removed)\n"
