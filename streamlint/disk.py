"""What a run asks of the disk: every question passes here, so that a later run can tell whether all is as it was."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from glob import has_magic
from typing import Any, TypeAlias

COME_AND_GO = frozenset(("__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".streamlint_cache"))
"""Folders that programs make beside code, and in which none lies."""
_Name = str | os.PathLike[str]
Plain: TypeAlias = Mapping[str, Mapping[str, Any]]
"""A record as plain data: what was told, by the kind of question and by path."""
_RACE = 2_000_000_000
"""Nanoseconds: what was written so shortly before a run may be written again within the same tick of the disk's clock."""


@dataclass
class Record:
    """What a run was told by the disk, by path.

    `read` has the limit of bytes (-1: none), the size, the times of content and of state in nanoseconds, and a digest;
    `listed` the times of a folder and a digest of its names. `kinds` follow links, `own` do not; `real` are the paths behind links.
    `pieces` of files of Python were looked into with their comments, each as `start:end:path`; of all else only the code counted.
    """

    read: dict[str, tuple[int, int, int, int, str]] = field(default_factory=dict)
    listed: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)
    real: dict[str, str] = field(default_factory=dict)
    pieces: dict[str, str] = field(default_factory=dict)
    is_whole: bool = True
    """Whether the answers depend on nothing else."""

    def as_rows(self) -> dict[str, dict[str, Any]]:
        return {
            "read": self.read,
            "listed": self.listed,
            "kinds": self.kinds,
            "own": self.own,
            "real": self.real,
            "pieces": self.pieces,
        }

    def as_plain(self, started: int) -> Plain:
        """The record for JSON; of what was changed shortly before `started`, in nanoseconds, only the digest counts."""
        late = started - _RACE
        read = {path: row if max(row[2:4]) < late else (row[0], -1, 0, 0, row[4]) for path, row in self.read.items()}
        listed = {path: row if max(row[:2]) < late else (0, 0, row[2]) for path, row in self.listed.items()}
        return {**self.as_rows(), "read": read, "listed": listed}


_RECORD: ContextVar[Record | None] = ContextVar("record", default=None)


@contextmanager
def recorded() -> Iterator[Record]:
    """Keep what the disk says in here."""
    record = Record()
    token = _RECORD.set(record)
    try:
        yield record
    finally:
        _RECORD.reset(token)


def depends_on_more() -> None:
    """Say that an answer of this run depends on something that is not asked here, as another program or what is installed."""
    record = _RECORD.get()
    if record is not None:
        record.is_whole = False


def note_piece(path: _Name, start: int, end: int) -> None:
    """Say that comments count in a piece of a file, by character offsets."""
    record = _RECORD.get()
    if record is not None:
        record.pieces[f"{start}:{end}:{os.fspath(path)}"] = ""


def note(found: Record) -> None:
    """Take over what another process was told for the same run."""
    record = _RECORD.get()
    if record is not None:
        record.is_whole = record.is_whole and found.is_whole and _joined(record, found.as_rows())


def note_again(plain: Plain) -> None:
    """Take over what an earlier run was told, as plain data."""
    record = _RECORD.get()
    if record is not None:
        record.is_whole = _joined(record, plain) and record.is_whole


def _joined(record: Record, more: Plain) -> bool:
    """Whether the disk said the same of each path in both; of two contents of a file the longer one tells more."""
    is_one = True
    for kind, known in record.as_rows().items():
        for path, row in more.get(kind, {}).items():
            new, own = tuple(row) if isinstance(row, list) else row, known.get(path)
            if own is None:
                known[path] = new
            elif kind == "read" and own[0] != new[0]:
                known[path] = own if own[0] < 0 or 0 <= new[0] < own[0] else new
            else:  # times are those of the moment: what was read or listed is its digest
                is_one = is_one and (own[-1] == new[-1] if isinstance(own, tuple) else own == new)
    return is_one


def both(first: Plain, second: Plain) -> Plain | None:
    """Two records as one, as plain data; nothing where they contradict each other."""
    record = Record()
    _joined(record, first)
    return record.as_rows() if _joined(record, second) else None


def read_bytes(path: _Name, limit: int = -1) -> bytes:
    """The content of a regular file, up to `limit` bytes.

    Raises `OSError` where the system refuses, and for pipes, sockets and devices: to open one may wait for ever.
    """
    record = _RECORD.get()
    try:
        is_regular = stat.S_ISREG(os.stat(path).st_mode)
    except ValueError as error:  # a path that somebody wrote in a file may hold a character that no name has
        raise OSError(errno.EINVAL, str(error), str(path)) from error
    except OSError:
        if record is not None:
            record.kinds[os.fspath(path)] = _kind(path)
        raise
    if not is_regular:
        depends_on_more()
        raise OSError(errno.EINVAL, "is not a regular file", str(path))
    try:
        with open(path, "rb") as file:
            if record is None:
                return file.read(limit)
            status = os.fstat(file.fileno())
            content = file.read(limit)
    except OSError:
        depends_on_more()
        raise
    _note_content(record, os.fspath(path), limit, status, content)
    return content


def _note_content(record: Record, path: str, limit: int, status: os.stat_result, content: bytes) -> None:
    known = record.read.get(path)
    if known is not None and (known[0] < 0 or 0 <= limit <= known[0]):
        return
    record.read[path] = (limit, status.st_size, status.st_mtime_ns, status.st_ctime_ns, digest(content))


def digest(content: bytes) -> str:
    """A text that differs where the content does."""
    import hashlib  # what it brings along is dear to a run that reads nothing

    return hashlib.blake2b(content, digest_size=16).hexdigest()


def kind(path: _Name) -> str:
    """`file`, `folder` or `other` for what a path leads to, and nothing where it leads nowhere."""
    found = _kind(path)
    if (record := _RECORD.get()) is not None:
        record.kinds[os.fspath(path)] = found
    return found


def own_kind(path: _Name) -> str:
    """The same for what itself lies under a path, which may be a `link`."""
    found = _kind(path, follows=False)
    if (record := _RECORD.get()) is not None:
        record.own[os.fspath(path)] = found
    return found


def _kind(path: _Name, *, follows: bool = True) -> str:
    try:
        mode = (os.stat if follows else os.lstat)(path).st_mode
    except (OSError, ValueError):
        return ""
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "folder"
    return "link" if stat.S_ISLNK(mode) else "other"


def is_file(path: _Name) -> bool:
    return kind(path) == "file"


def is_folder(path: _Name) -> bool:
    return kind(path) == "folder"


def exists(path: _Name) -> bool:
    return kind(path) != ""


def is_link(path: _Name) -> bool:
    return own_kind(path) == "link"


def lies(path: _Name) -> bool:
    """Whether something lies under a path, be it a link to nothing."""
    return own_kind(path) != ""


def real(path: _Name) -> str:
    """The path without links."""
    found = os.path.realpath(path)
    if (record := _RECORD.get()) is not None:
        record.real[os.fspath(path)] = found
    return found


def identity(path: _Name) -> object:
    """The same for all names of one file; the path itself where the system does not tell."""
    try:
        status = os.stat(path)
    except OSError:
        return path
    if status.st_nlink > 1:
        depends_on_more()
    return (status.st_dev, status.st_ino) if status.st_ino else path


def entries(folder: _Name) -> list[os.DirEntry[str]]:
    """What lies in a folder, by name. Raises `OSError`."""
    record = _RECORD.get()
    try:
        status = os.stat(folder)
        with os.scandir(folder) as found:
            listed = sorted(found, key=lambda entry: entry.name)
    except OSError:
        depends_on_more()
        raise
    if record is not None:
        record.listed[os.fspath(folder)] = (status.st_mtime_ns, status.st_ctime_ns, _listing(listed))
        for entry in listed:
            if entry.is_symlink():
                kind(entry.path)
                real(entry.path)
    return listed


def matching(base: _Name, pattern: str) -> list[str]:
    """The paths below a folder that a pattern means, as the shell reads it, in a fixed order."""
    found = [os.fspath(base)]
    for step in pattern.strip("/").split("/"):
        found = [path for folder in found for path in _steps(folder, step)]
    return found


def _steps(folder: str, step: str) -> Iterator[str]:
    if not has_magic(step):
        yield os.path.join(folder, step)
        return
    with suppress(OSError):
        yield from (entry.path for entry in entries(folder) if entry.name[0] != "." and fnmatchcase(entry.name, step))


def _listing(entries: Iterable[os.DirEntry[str]]) -> str:
    """A text that differs where names or kinds do, apart from folders that come and go."""
    seen = [f"{entry.name}/{_sort(entry)}" for entry in entries if entry.name not in COME_AND_GO]
    return digest("\0".join(seen).encode("utf-8", "surrogateescape"))


def _sort(entry: os.DirEntry[str]) -> str:
    try:
        if entry.is_symlink():
            return "link"
        return "folder" if entry.is_dir() else "file" if entry.is_file() else "other"
    except OSError:
        return ""


def is_as_before(plain: Plain) -> bool:
    """Whether the disk would say now what a record has, as plain data; the time decides, the content only where it changed."""
    return rewritten(plain) == []


def rewritten(plain: Plain) -> list[str] | None:
    """The files that have another content than in a record; None where the disk would say something else beside that."""
    if not (
        all(_kind(path) == found for path, found in plain["kinds"].items())
        and all(_kind(path, follows=False) == found for path, found in plain["own"].items())
        and all(_is_listed_as_before(path, *row) for path, row in plain["listed"].items())
        and all(os.path.realpath(path) == found for path, found in plain["real"].items())
    ):
        return None
    as_before = {path: _is_read_as_before(path, *row) for path, row in plain["read"].items()}
    return None if None in as_before.values() else [path for path, is_same in as_before.items() if not is_same]


def _is_read_as_before(path: str, limit: int, size: int, changed: int, altered: int, content: str) -> bool | None:
    """Whether a file holds what it held; None where it cannot be read."""
    try:
        status = os.stat(path)
        if (status.st_size, status.st_mtime_ns, status.st_ctime_ns) == (size, changed, altered):
            return True
        return digest(read_bytes(path, limit)) == content
    except OSError:
        return None


def _is_listed_as_before(folder: str, changed: int, altered: int, names: str) -> bool:
    try:
        status = os.stat(folder)
        if (status.st_mtime_ns, status.st_ctime_ns) == (changed, altered):
            return True
        with os.scandir(folder) as found:
            return _listing(sorted(found, key=lambda entry: entry.name)) == names
    except OSError:
        return False
