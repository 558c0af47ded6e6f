"""The folder in which runs keep things: where it lies, and how they get into it and out of it without harm.

Whatever goes wrong here is nobody's fault: what cannot be kept is found out again.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import time

from streamlint.boundaries import is_crowded
from streamlint.disk import digest
from streamlint.immutable import immutable
from streamlint.saving import UnsavedFile, save

NAME = ".streamlint_cache"
_MARKERS = (NAME, ".git", "pyproject.toml", "streamlint.toml")
_TAG = "CACHEDIR.TAG"
_SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55\n# Made by streamlint. See https://bford.info/cachedir/\n"
_SUFFIX, _UNFINISHED = ".kept", ".tmp"
_MOST, _LARGEST = 64, 100_000_000
"""How many files and bytes are kept; the oldest go first."""
_LONG = 3_600
"""Seconds after which a half-written file was left by a run that was killed."""


@immutable
class Folder:
    """Named contents in a folder of our own; nothing here raises."""

    path: Path

    @classmethod
    def around(cls, paths: Sequence[Path]) -> Folder | None:
        """The folder for runs over `paths`: in the project that holds them all, never where people put whatever they have."""
        try:
            absolute = [Path(os.path.abspath(path)) for path in paths]
            common = Path(os.path.commonpath([path if path.is_dir() else path.parent for path in absolute]))
        except (OSError, ValueError):
            return None
        marked = (above for above in (common, *common.parents) if any((above / name).exists() for name in _MARKERS))
        home = next(marked, common)
        return None if is_crowded(home) else cls(home / NAME)

    def read(self, name: str) -> bytes | None:
        """What was kept under a name by this user, whole; else nothing."""
        try:
            if not self._is_own():
                return None
            file = os.open(self.path / (name + _SUFFIX), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
            with open(file, "rb") as stream:
                status = os.fstat(file)
                if not stat.S_ISREG(status.st_mode) or not _is_ours(status) or status.st_size > _LARGEST:
                    return None
                sum_, _, content = stream.read().partition(b"\n")
            os.utime(self.path / (name + _SUFFIX))
        except OSError:
            return None
        return content if sum_.decode("ascii", "replace") == digest(content) else None

    def write(self, name: str, content: bytes) -> None:
        """Keep a content, and let the oldest go."""
        with suppress(OSError, UnsavedFile):
            if not self.path.exists():
                self._make()
            if self._is_own():
                save(self.path / (name + _SUFFIX), digest(content).encode() + b"\n" + content)
                self._clear()

    def remove(self) -> bool:
        """Remove all that is kept, where it is ours; whether something was there."""
        if not (self._is_own() and (self.path / _TAG).is_file()):
            return False
        shutil.rmtree(self.path, ignore_errors=True)
        return True

    def _make(self) -> None:
        self.path.mkdir(mode=0o700)
        save(self.path / _TAG, _SIGNATURE)
        save(self.path / ".gitignore", b"*\n")

    def _is_own(self) -> bool:
        try:
            status = os.lstat(self.path)
        except OSError:
            return False
        return stat.S_ISDIR(status.st_mode) and _is_ours(status)

    def _clear(self) -> None:
        room, now = _LARGEST, time()
        kept = []
        with os.scandir(self.path) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                if entry.name.endswith(_SUFFIX):
                    kept.append((status.st_mtime, status.st_size, entry.path))
                elif entry.name.endswith(_UNFINISHED) and now - status.st_mtime > _LONG:
                    os.unlink(entry.path)
        for number, (_, size, path) in enumerate(sorted(kept, reverse=True), 1):
            room -= size
            if number > _MOST or room < 0:
                os.unlink(path)


def _is_ours(status: os.stat_result) -> bool:
    """Whether something belongs to the user who runs this; Windows does not say."""
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
