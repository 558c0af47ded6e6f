"""How a text gets onto the disk: as a whole or not at all, into a file whose owner, mode, links and attributes stay.

A file is replaced by renaming a new one, made beside it, over it. One that has several names (hard links) cannot be: the other
names would keep the old text. It is written in place, and two files beside it hold the texts before and after until that is done,
so that the next run can complete what a killed one began.

The file beside is also the lock: its name follows from the target's, and the run that made it holds it open and locked. A name
that nobody holds was left behind by a run that was killed, and only then it is removed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from streamlint import disk

if sys.platform != "win32":
    import fcntl

_LOCKS = sys.platform != "win32"
"""On Windows nobody can remove a file that another program holds open, which is as good as a lock."""
_NAME = re.compile(r"\.streamlint-([0-9a-f]{32})\.(?:new|old)")
_ABANDONED = 3_600
"""Seconds after which a file counts as left behind where the file system knows no locks."""
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_BUSY = "is being written by another run of streamlint"


class UnwritableFile(Exception):
    """A file that the fixed text cannot be written to; the message says why, in words for its owner."""


def replace(target: Path, before: bytes, after: bytes) -> None:
    """Make `after` the content of `target`, a real file that holds `before`; raises `UnwritableFile` and `OSError`."""
    disk.depends_on_more()
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    new = _beside(target, "new")
    with _made(new) as descriptor:
        if disk.read_bytes(target) != before:
            raise UnwritableFile("has changed since it was read")
        _fill(descriptor, after)
        status = os.stat(target)
        if status.st_nlink > 1:
            with _made(_beside(target, "old")) as backup:
                _fill(backup, before)
                _overwrite(target, before, after)
            return
        _dress(descriptor, new, target, status)
        if not _LOCKS:
            os.close(descriptor)
        os.replace(new, target)


def leftovers_of(target: Path) -> list[Path]:
    """What a killed run may have left beside a file."""
    return [path for kind in ("new", "old") if disk.lies(path := _beside(target, kind))]


def is_leftover(name: str) -> bool:
    """Whether a file of this name is one of those that `replace` makes."""
    return _NAME.fullmatch(name) is not None


def recover(leftover: Path) -> bool:
    """Remove what a killed run left behind; True where a file had to be completed first.

    What a living run holds stays, and so does what is no plain file of ours.
    """
    disk.depends_on_more()
    match = _NAME.fullmatch(leftover.name)
    if match is None:
        return False
    new, old = (leftover.with_name(f".streamlint-{match[1]}.{kind}") for kind in ("new", "old"))
    try:
        with _abandoned(new if new.exists() else old) as is_ours:
            if not is_ours:
                return False
            completed = _complete(leftover.parent, match[1], new, old)
            for path in (old, new):
                path.unlink(missing_ok=True)
            return completed
    except OSError:
        return False


def _beside(target: Path, kind: str) -> Path:
    """Short, whatever the target is called: a name that holds the target's could be too long for the file system."""
    return target.with_name(f".streamlint-{_digest(target.name)}.{kind}")


def _digest(name: str) -> str:
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:32]


@contextmanager
def _made(path: Path) -> Iterator[int]:
    """A new file that only this run has; it is gone at the end, unless it got another name."""
    descriptor = _claim(path)
    try:
        yield descriptor
    finally:
        if _is(descriptor, path):
            path.unlink(missing_ok=True)
        with suppress(OSError):
            os.close(descriptor)


def _claim(path: Path) -> int:
    for _ in range(3):
        try:
            descriptor = os.open(path, _CREATE, 0o600)
        except FileExistsError:
            recover(path)
            continue
        except OSError as error:
            raise UnwritableFile(f"{error.strerror}: its folder takes no new file") from error
        if _lock(descriptor) is not False and _is(descriptor, path):
            return descriptor
        os.close(descriptor)
    raise UnwritableFile(_BUSY)


@contextmanager
def _abandoned(path: Path) -> Iterator[bool]:
    """Whether nobody holds the file; locked while that is asked and used."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        yield False
        return
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        locked = _lock(descriptor)
        is_old = time.time() - os.fstat(descriptor).st_mtime > _ABANDONED
        if not _LOCKS:
            os.close(descriptor)
        yield _is(descriptor, path) and (locked or (locked is None and (is_old or not _LOCKS)))
    finally:
        with suppress(OSError):
            os.close(descriptor)


def _lock(descriptor: int) -> bool | None:
    """Whether the file could be locked; None where locks are not known."""
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _is(descriptor: int, path: Path) -> bool:
    """Whether the path still names the open file."""
    try:
        named = os.lstat(path)
        return not _LOCKS or os.path.samestat(os.fstat(descriptor), named)
    except OSError:
        return False


def _fill(descriptor: int, content: bytes) -> None:
    _write_all(descriptor, content)
    os.fsync(descriptor)


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _dress(descriptor: int, path: Path, target: Path, status: os.stat_result) -> None:
    """Give a new file the owner, the attributes and the mode of the one that it replaces."""
    own = os.fstat(descriptor)
    if hasattr(os, "fchown") and (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
        try:
            os.fchown(descriptor, status.st_uid, status.st_gid)
        except OSError as error:
            raise UnwritableFile(f"{error.strerror}: its owner and group cannot be kept") from error
    _copy_attributes(descriptor, target)
    os.chmod(path, stat.S_IMODE(status.st_mode))


def _copy_attributes(descriptor: int, target: Path) -> None:
    """Extended attributes, and access control lists, which are some; what the kernel gives by itself may refuse."""
    if not hasattr(os, "listxattr"):
        return
    wanted, given = _attributes(target), _attributes(descriptor)
    try:
        for name in given.keys() - wanted.keys():
            os.removexattr(descriptor, name)
        for name, value in wanted.items():
            if given.get(name) != value:
                os.setxattr(descriptor, name, value)
    except OSError as error:
        raise UnwritableFile(f"{error.strerror}: its attribute {name} cannot be kept") from error


def _attributes(file: Path | int) -> dict[str, bytes]:
    try:
        names = os.listxattr(file)
    except OSError as error:
        if error.errno in (errno.ENOTSUP, errno.ENOSYS):
            return {}
        raise
    return {name: os.getxattr(file, name) for name in names if not name.startswith("security.")}


def _overwrite(target: Path, before: bytes, after: bytes) -> None:
    """Write in place; what the disk refuses in the middle is undone, into the room that the old text had."""
    mode = stat.S_IMODE(os.stat(target).st_mode)
    descriptor = os.open(target, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    try:
        try:
            _put(descriptor, after)
        except BaseException:
            _put(descriptor, before)
            raise
        if stat.S_IMODE(os.fstat(descriptor).st_mode) != mode:
            os.chmod(target, mode)
    finally:
        os.close(descriptor)


def _put(descriptor: int, content: bytes) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    _write_all(descriptor, content)
    os.ftruncate(descriptor, len(content))
    os.fsync(descriptor)


def _complete(folder: Path, digest: str, new: Path, old: Path) -> bool:
    """Finish the writing in place that a killed run began, if the file is what such a run leaves: partly new, partly old."""
    if not (new.is_file() and old.is_file()):
        return False
    target = next((entry for entry in folder.iterdir() if _digest(entry.name) == digest), None)
    if target is None:
        return False
    content, before, after = disk.read_bytes(target), disk.read_bytes(old), disk.read_bytes(new)
    pairs = enumerate(zip(content, after, strict=False))
    common = next((at for at, (one, other) in pairs if one != other), min(len(content), len(after)))
    if content in (before, after) or content[common:] != before[common:]:
        return False
    _overwrite(target, content, after)
    return True
