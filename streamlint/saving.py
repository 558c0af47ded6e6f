"""How a file of our own gets onto the disk: as a whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


class UnsavedFile(Exception):
    """A file that could not be written; the message says why, in words for its owner."""


def save(path: Path, content: bytes) -> None:
    """Make `content` that of a file, new or not; a link keeps pointing where it points. Raises `UnsavedFile`."""
    import tempfile  # what it brings along is dear to a run that saves nothing

    target = Path(os.path.realpath(path))
    name = ""
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_mask()
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".streamlint-", suffix=".tmp")
        with open(descriptor, "wb") as file:
            file.write(content)
        os.chmod(name, mode)
        os.replace(name, target)
    except OSError as error:
        if name:
            with suppress(OSError):
                os.unlink(name)
        raise UnsavedFile(f"cannot be written: {error.strerror or error}") from error


def _mask() -> int:
    """The bits that new files leave out."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
