"""What files import, as far as their bytes tell, and in which folder around a file each import starts."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from streamlint import disk
from streamlint.model.words import words_of

_SIZE = 2_000_000

_STATEMENT = re.compile(
    rb"[\n\r][ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import\b[ \t(\\]*(\w*)|import[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)*))"
)
_NAMED = re.compile(rb"""["']([A-Za-z_]\w*+(?:\.[A-Za-z_]\w*+)++)(?::\w+)?["']""")
"""A module that is named in a text, as in `include("shop.urls")` and `uvicorn.run("app.main:app")`."""
_DOTS = re.compile(rb"from[ \t]+(\.+)")


class ImportedName(NamedTuple):
    """What a file imports, or names as a module in a text; `level` is the number of leading dots."""

    file: Path
    level: int
    name: tuple[str, ...]

    def leads_into(self, steps: tuple[str, ...]) -> bool:
        return not self.level and all(map(str.__eq__, self.name, steps))


class _Glance(NamedTuple):
    """What a first look at a file gave: the most dots of an import, and which of the words that were asked for it holds."""

    dots: int
    asked: frozenset[bytes]
    words: frozenset[bytes]


class ImportStarts:
    """What files import, and where that lies; each question is asked once, and a file is searched only where it can matter."""

    def __init__(self) -> None:
        self._imports: dict[Path, tuple[ImportedName, ...]] = {}
        self._glances: dict[Path, _Glance] = {}
        self._expected: frozenset[bytes] = frozenset()
        """All names that were asked for so far; looks at files share it, as a folder may hold very many."""
        self._encoded: dict[frozenset[str], frozenset[bytes]] = {}
        self._starts: dict[tuple[str, tuple[str, ...], Path], Path | None] = {}
        self._held: dict[tuple[str, tuple[str, ...]], bool] = {}
        self._inside: dict[str, frozenset[str] | None] = {}

    def leaving(
        self, files: Iterable[Path], base: Path, names: Collection[str], own: str = ""
    ) -> Iterator[ImportedName]:
        """What files below a folder import, at least what begins with one of these names or whose dots lead out of the folder.

        What begins with their `own` name is not meant.
        """
        self.expect(names)
        wanted = self._words(frozenset(names))
        for file in files:
            glance = self._glance(file, wanted)
            if glance.dots >= len(file.parts) - len(base.parts) or (glance.words & wanted) - {own.encode()}:
                yield from self._all(file)

    def expect(self, names: Iterable[str]) -> None:
        """Say which names will be asked for, so that one look at each file is enough."""
        words = self._words(frozenset(names))
        if not words <= self._expected:
            self._expected |= words

    def _words(self, names: frozenset[str]) -> frozenset[bytes]:
        """The names in bytes; those of a folder are asked for with each folder in it."""
        if names not in self._encoded:
            self._encoded[names] = frozenset(name.encode("utf-8", "surrogateescape") for name in names)
        return self._encoded[names]

    def inside(self, folder: Path) -> frozenset[str]:
        """What an import that starts in a folder can begin with."""
        return self._listed(str(folder)) or frozenset()

    def _listed(self, folder: str) -> frozenset[str] | None:
        """The same; None where the folder cannot be listed."""
        if folder not in self._inside:
            try:
                found = (entry.name.removesuffix(".py") for entry in disk.entries(folder))
                self._inside[folder] = frozenset(name for name in found if "." not in name)
            except OSError:
                self._inside[folder] = None
        return self._inside[folder]

    def modules(self, folder: Path) -> Iterator[str]:
        """The names in a folder that are modules or packages whatever follows them."""
        return (name for name in self.inside(folder) if self._holds(str(folder), (name,)))

    def start(self, one: ImportedName, highest: Path) -> Path | None:
        """The lowest folder around the file, up to `highest`, from which the import can be followed."""
        if one.level:
            return next(islice(one.file.parents, one.level, None), None)
        if not one.name[0] or one.name[0] in sys.stdlib_module_names:
            return None
        key = (os.path.dirname(one.file), one.name, highest)
        if key not in self._starts:
            self._starts[key] = self._find_start(one, highest)
        return self._starts[key]

    def _find_start(self, one: ImportedName, highest: Path) -> Path | None:
        for folder in one.file.parents:
            if self._holds(str(folder), one.name):
                return folder
            if folder == highest:
                break
        return None

    def _holds(self, folder: str, name: tuple[str, ...]) -> bool:
        """Whether a dotted name is a module or package in a folder; a bare folder counts with a module that is named in it."""
        key, listed = (folder, name), self._listed(folder)
        if listed is not None and name[0] not in listed:
            return False
        if key not in self._held:
            first = os.path.join(folder, name[0])
            is_module = disk.is_file(f"{first}.py") or disk.is_file(os.path.join(first, "__init__.py"))
            self._held[key] = is_module or (len(name) > 1 and disk.is_folder(first) and self._holds(first, name[1:]))
        return self._held[key]

    def _glance(self, file: Path, wanted: frozenset[bytes]) -> _Glance:
        known = self._glances.get(file)
        if known is None or not (known.asked is self._expected or wanted <= known.asked):
            content, asked = content_of(file), self._expected
            dots = max(map(len, _DOTS.findall(content)), default=0)
            known = self._glances[file] = _Glance(dots, asked, asked & words_of(content))
        return known

    def _all(self, file: Path) -> tuple[ImportedName, ...]:
        if file not in self._imports:
            self._imports[file] = tuple(dict.fromkeys(_imports(file)))
        return self._imports[file]


def _imports(file: Path) -> Iterator[ImportedName]:
    return (ImportedName(file, level, name) for level, name in names_in(content_of(file)))


def names_in(content: bytes) -> Iterator[tuple[int, tuple[str, ...]]]:
    """What a file of this content imports, or names as a module: the number of leading dots, and the parts of the name."""
    for dots, module, member, plain in _STATEMENT.findall(b"\n" + content):
        for name in plain.split(b",") if plain else (b".".join(part for part in (module, member) if part),):
            yield len(dots), tuple(name.decode("utf-8", "replace").strip().split("."))
    for name in _NAMED.findall(content):
        yield 0, tuple(name.decode("ascii").split("."))


def content_of(file: Path) -> bytes:
    """The first bytes of a file; none where it cannot be read."""
    try:
        return disk.read_bytes(file, _SIZE)
    except OSError:
        return b""
