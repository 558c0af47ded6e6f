"""Which files belong to one project: by the markers of its root or, where there are none, by what imports what.

The answer depends on a file and on what lies around it, never on the paths that a run was given.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from streamlint import discovery, disk
from streamlint.discovery import Patterns
from streamlint.releases.source_folders import source_folders
from streamlint.surroundings.names import environment_folder, tells_of_serving

_INSTALLED = ("site-packages", "dist-packages")
_CROWDED = (os.path.expanduser("~"), os.sep, "/tmp", "/var/tmp", "/private/tmp", "/private/var/tmp")  # noqa: S108 no file is made there
_WHOLE = ("requirements.txt", "manage.py", "Pipfile", "poetry.lock", "uv.lock", "pdm.lock")
"""Where no root is marked, a folder with one of these is a project with all that it holds."""
_HIGHEST = 3
"""How many folders above a file's packages its project may start."""
_PART_DEPTH, _PART_FILES, _FILES = 6, 400, 2_000
"""How much of each folder beside each other, and of all of them, is searched for imports; a bound that a home folder needs."""
_SIZE = 2_000_000

_STATEMENT = re.compile(
    rb"[\n\r][ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import\b[ \t(\\]*(\w*)|import[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)*))"
)
_NAMED = re.compile(rb"""["']([A-Za-z_]\w*+(?:\.[A-Za-z_]\w*+)++)(?::\w+)?["']""")
"""A module that is named in a text, as in `include("shop.urls")` and `uvicorn.run("app.main:app")`."""


@dataclass(frozen=True)
class Boundary:
    """A project's root, and its files and folders in there; no `parts` mean that everything in there belongs to it.

    `beside` are other projects, whose code this one imports.
    """

    root: Path
    parts: tuple[Path, ...] = ()
    beside: tuple[Path, ...] = ()

    def files(self, exclude: Patterns) -> tuple[Path, ...]:
        """All Python files of the project, in a fixed order, and of those beside it."""
        beside = (path for folder in self.beside for path in discovery.project_files(folder, exclude))
        return tuple(dict.fromkeys((*self._own(exclude), *beside)))

    def _own(self, exclude: Patterns) -> tuple[Path, ...]:
        if not self.parts:
            return discovery.project_files(self.root, exclude)
        found: dict[Path, None] = {}
        for part in self.parts:
            loose = part == self.root
            found.update(dict.fromkeys(discovery.project_files(part, exclude, depth=0 if loose else -1)))
        return tuple(found)


class Boundaries:
    """Answers for files, by absolute paths without links; what is excluded is not searched."""

    def __init__(self, exclude: Patterns) -> None:
        self._exclude = exclude
        self._found: dict[Path, Boundary] = {}
        self._beside: dict[Path, tuple[Path, ...]] = {}
        self._roots: dict[tuple[Path, Path], Path] = {}
        self._parts: dict[Path, _Parts] = {}
        self._said = _Said()

    def together(self, path: Path) -> Path:
        """The folder of all that is deployed with a file: its repository, or the highest folder that tells of serving."""
        root = self.of(path).root
        repository = discovery.repository(root)
        if repository is not None and not is_crowded(repository):
            return repository
        telling = [above for above in _above(root) if any(tells_of_serving(str(each)) for each in _inside(above))]
        return telling[-1] if telling else root

    def of(self, path: Path) -> Boundary:
        folder = Path(environment_folder(str(path))) if discovery.is_beside(path) else path.parent
        if folder not in self._found:
            root = discovery.project_root(folder / path.name)
            self._found[folder] = self._unmarked(folder) if root is None else self._marked(root)
        return self._found[folder]

    def _marked(self, root: Path) -> Boundary:
        if root not in self._beside:
            self._beside[root] = source_folders(root).beside
        return Boundary(root, beside=self._beside[root])

    def _unmarked(self, folder: Path) -> Boundary:
        base = discovery.outside_packages(folder)
        above = list(_above(base))
        whole = [each for each in (base, *above) if not is_crowded(each) and _is_whole(each)]
        root = self._start(base, _step(base, folder), above)
        if whole and root.is_relative_to(whole[-1]):
            return Boundary(whole[-1])
        return Boundary(root, self._parts_of(root).around(_step(root, folder)))

    def _parts_of(self, folder: Path) -> _Parts:
        if folder not in self._parts:
            self._parts[folder] = _Parts(folder, self._exclude, self._said)
        return self._parts[folder]

    def _start(self, base: Path, own: Path, above: list[Path]) -> Path:
        if (base, own) not in self._roots:
            self._roots[base, own] = self._find_start(base, own, above)
        return self._roots[base, own]

    def _find_start(self, base: Path, own: Path, above: list[Path]) -> Path:
        """`base`, or the highest folder above at which an import of the files here, or one of them by others, starts."""
        inside = self._said.imports(discovery.project_files(own, self._exclude, depth=0 if own == base else -1))
        highest = above[-1] if above else base
        needed = {start for one in inside if (start := self._said.start(one, highest)) is not None}
        for folder in reversed(above):
            steps = base.relative_to(folder).parts
            outside = self._said.imports(discovery.project_files(folder, self._exclude, depth=0))
            if folder in needed or any(one.leads_into(steps) for one in outside):
                return folder
        beside = own == base and base.parent in above and len(self._parts_of(base.parent).around(base)) > 1
        return base.parent if beside else base


class _Parts:
    """The folders of a folder, and its own files as one more: which of them are tied together by imports."""

    def __init__(self, root: Path, exclude: Patterns, said: _Said) -> None:
        self._root = root
        self._exclude = exclude
        self._said = said

    def around(self, part: Path) -> tuple[Path, ...]:
        found, pending = {part}, [part]
        while pending:
            for tied in self._ties.get(pending.pop(), ()):
                if tied not in found:
                    found.add(tied)
                    pending.append(tied)
        return tuple(sorted(found))

    @cached_property
    def _ties(self) -> dict[Path, dict[Path, None]]:
        ties: dict[Path, dict[Path, None]] = {}
        left = _FILES
        for part in self._searched():
            files = discovery.project_files(part, self._exclude, depth=0 if part == self._root else _PART_DEPTH)
            files = files[: min(_PART_FILES, left)]
            left -= len(files)
            for one in self._said.imports(files):
                other = self._part_of(one)
                if other is not None and other != part:
                    ties.setdefault(part, {})[other] = None
                    ties.setdefault(other, {})[part] = None
        return ties

    def _searched(self) -> tuple[Path, ...]:
        """Nothing where packages are installed; in a home folder only the files that lie there openly."""
        if self._root.name in _INSTALLED:
            return ()
        if is_crowded(self._root):
            return (self._root,)
        beside = discovery.folders(self._root, self._exclude)
        return (self._root, *(folder for folder in beside if not discovery.is_project(folder)))

    def _part_of(self, one: _Import) -> Path | None:
        """The part that an import means, if it starts at this folder; a folder with a marker is another project."""
        if one.level:
            start = one.file.parents[min(one.level, len(one.file.parents)) - 1]
            return start / one.name[0] if start == self._root and one.name[0] else None
        if self._said.start(one, self._root) != self._root:
            return None
        folder = self._root / one.name[0]
        if not disk.is_folder(folder):
            return self._root
        return None if discovery.is_project(folder) else folder


@dataclass(frozen=True)
class _Import:
    """What a file imports, or names as a module in a text; `level` is the number of leading dots."""

    file: Path
    level: int
    name: tuple[str, ...]

    def leads_into(self, steps: tuple[str, ...]) -> bool:
        return not self.level and all(map(str.__eq__, self.name, steps))


class _Said:
    """What files import, and where that lies; each file is read once, each question asked once."""

    def __init__(self) -> None:
        self._imports: dict[Path, tuple[_Import, ...]] = {}
        self._starts: dict[tuple[Path, int, tuple[str, ...], Path], Path | None] = {}
        self._held: dict[tuple[str, tuple[str, ...]], bool] = {}

    def imports(self, files: tuple[Path, ...]) -> Iterator[_Import]:
        for file in files:
            if file not in self._imports:
                self._imports[file] = tuple(dict.fromkeys(_imports(file)))
            yield from self._imports[file]

    def start(self, one: _Import, highest: Path) -> Path | None:
        """The lowest folder around the file, up to `highest`, from which the import can be followed."""
        key = (one.file.parent, one.level, one.name, highest)
        if key not in self._starts:
            self._starts[key] = self._find_start(one, highest)
        return self._starts[key]

    def _find_start(self, one: _Import, highest: Path) -> Path | None:
        if one.level:
            return next(islice(one.file.parents, one.level, None), None)
        if not one.name[0] or one.name[0] in sys.stdlib_module_names:
            return None
        for folder in one.file.parents:
            if self._holds(str(folder), one.name):
                return folder
            if folder == highest:
                break
        return None

    def _holds(self, folder: str, name: tuple[str, ...]) -> bool:
        """Whether a dotted name is a module or package in a folder; a bare folder counts with a module that is named in it."""
        key = (folder, name)
        if key not in self._held:
            first = os.path.join(folder, name[0])
            is_module = disk.is_file(f"{first}.py") or disk.is_file(os.path.join(first, "__init__.py"))
            self._held[key] = is_module or (len(name) > 1 and disk.is_folder(first) and self._holds(first, name[1:]))
        return self._held[key]


def _imports(file: Path) -> Iterator[_Import]:
    try:
        content = b"\n" + disk.read_bytes(file, _SIZE)
    except OSError:
        return
    for dots, module, member, plain in _STATEMENT.findall(content):
        for name in plain.split(b",") if plain else (b".".join(part for part in (module, member) if part),):
            yield _Import(file, len(dots), tuple(name.decode("utf-8", "replace").strip().split(".")))
    for name in _NAMED.findall(content):
        yield _Import(file, 0, tuple(name.decode("ascii").split(".")))


def _above(base: Path) -> Iterator[Path]:
    """The folders above `base` at which its project may start."""
    if base.name not in _INSTALLED:
        yield from islice((folder for folder in base.parents if not is_crowded(folder)), _HIGHEST)


def _inside(folder: Path) -> list[Path]:
    try:
        return [folder / entry.name for entry in disk.entries(folder)]
    except OSError:
        return []


def _is_whole(folder: Path) -> bool:
    return any(disk.is_file(folder / name) for name in _WHOLE)


def is_crowded(folder: Path) -> bool:
    """Whether a folder holds whatever people put there: it is never searched, nor taken for a project."""
    return folder.name in _INSTALLED or str(folder) in _CROWDED or folder == folder.parent


def _step(root: Path, folder: Path) -> Path:
    """The folder in `root` that holds `folder`, or `root`."""
    return root / next(iter(folder.relative_to(root).parts), "")
