"""What the files of a project held when their findings were kept, by digest."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from functools import cached_property

from streamlint import disk
from streamlint.kept.folder import Folder
from streamlint.source import SIZE_LIMIT

_MOST = 30_000_000
"""Bytes that are kept of all files together, packed; of a larger project none."""
_FAST = 1


class Contents:
    """The contents beside the findings of a name; what cannot be had is not known."""

    def __init__(self, folder: Folder, name: str) -> None:
        self._folder, self._name = folder, f"{name}-texts"

    def of(self, digest: str) -> bytes | None:
        """The content with a digest."""
        try:
            content = zlib.decompress(self._packed[digest]) if digest in self._packed else None
        except zlib.error:
            return None
        return content if content is not None and disk.digest(content) == digest else None

    def keep(self, seen: disk.Plain) -> None:
        """Keep what the files of Python hold that a record names, as far as it still is what the record says."""
        rows = {path: row for path, row in seen["read"].items() if path.endswith(".py")}
        earlier, packed, room = self._packed, dict[str, bytes](), _MOST
        for path, row in rows.items():
            digest = row[-1]
            if digest not in packed and (content := earlier.get(digest) or _packed(path, digest)) is not None:
                packed[digest] = content
                room -= len(content)
        if room >= 0 and packed.keys() != earlier.keys():
            head = json.dumps({digest: len(content) for digest, content in packed.items()}).encode()
            self._folder.write(self._name, b"\n".join((head, b"".join(packed.values()))))

    @cached_property
    def _packed(self) -> dict[str, bytes]:
        head, _, rest = (self._folder.read(self._name) or b"").partition(b"\n")
        try:
            return dict(_cut(json.loads(head).items(), rest))
        except (ValueError, AttributeError, TypeError):
            return {}


def _packed(path: str, digest: str) -> bytes | None:
    try:
        content = disk.read_bytes(path, SIZE_LIMIT + 1)
    except OSError:
        return None
    return zlib.compress(content, _FAST) if disk.digest(content) == digest else None


def _cut(lengths: Iterable[tuple[str, int]], rest: bytes) -> Iterable[tuple[str, bytes]]:
    at = 0
    for digest, length in lengths:
        yield digest, rest[at : at + length]
        at += length
