"""The files of the repository that hold JavaScript, and what they ask; none is opened before somebody wants to know."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from streamlint import disk
from streamlint.discovery import Patterns
from streamlint.finding import Place
from streamlint.knowledge.names import names
from streamlint.readers.addresses import Address
from streamlint.readers.asking import Ask
from streamlint.readers.repository import files_around
from streamlint.source import SIZE_LIMIT, Source

_PLAIN = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts")
"""Endings of files that are scripts as a whole."""
_MINIFIED = (".min.js", ".bundle.js", ".chunk.js", "-min.js", ".d.ts")
"""Endings of files that a program writes."""

_BEFORE = ("/", "'", '"', "`")
"""What stands before a word of an address."""


class Pages:
    """What is read is kept for the run; files that git or the configuration leaves out are not looked at."""

    def __init__(self, exclude: Patterns) -> None:
        self._exclude = exclude
        self._files: dict[Path, tuple[Path, ...]] = {}
        self._contents: dict[Path, bytes] = {}
        self._asks: dict[Path, tuple[Ask, ...]] = {}

    def asking(self, root: Path, word: str) -> Iterator[Ask]:
        """The requests in those files around a project that hold a word as an address does, behind a slash or a quote."""
        spellings = [f"{before}{word}".encode() for before in _BEFORE]
        for path in self._around(root):
            content = self._content(path)
            if any(spelling in content for spelling in spellings):
                yield from self._of(path)

    def _around(self, root: Path) -> tuple[Path, ...]:
        if root not in self._files:
            suffixes = tuple(sorted(names("clients", "script-files")))
            found = files_around(root, self._exclude, suffixes)
            self._files[root] = tuple(path for path in found if not path.name.endswith(_MINIFIED))
        return self._files[root]

    def _content(self, path: Path) -> bytes:
        if path not in self._contents:
            try:
                content = disk.read_bytes(path, SIZE_LIMIT + 1)
            except OSError:
                content = b""
            asks = len(content) <= SIZE_LIMIT and any(sign in content for sign in self._signs)
            self._contents[path] = content if asks else b""
        return self._contents[path]

    @cached_property
    def _signs(self) -> tuple[bytes, ...]:
        """Words of which one stands in every file that asks a server."""
        tables = ("json-clients", "json-calls", "event-sources")
        calls = {name.rpartition(".")[2] for key in tables for name in names("clients", key)}
        return tuple(word.encode() for word in sorted({"fetch", *calls}))

    def _of(self, path: Path) -> tuple[Ask, ...]:
        if path not in self._asks:
            self._asks[path] = tuple(_asks(path, self._content(path)))
        return self._asks[path]


def _asks(path: Path, content: bytes) -> Iterator[Ask]:
    from streamlint.readers.scripts import Scripts, without_markup

    source = Source(path, content.decode("utf-8", "replace").removeprefix("\ufeff"))
    text = source.text if path.suffix in _PLAIN else without_markup(source.text)
    for request in Scripts(text).requests():
        address = Address.of(request.url)
        if address is not None:
            yield Ask(address, request.method, Place.of(source, request.span), request.reading)
