"""Which files belong to one project: by the markers of its root or, where there are none, by what imports what.

The answer depends on a file and on what lies around it, never on the paths that a run was given.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache as cached
from functools import cached_property
from itertools import islice
from pathlib import Path

from streamlint import discovery, disk
from streamlint.discovery import Patterns
from streamlint.immutable import immutable
from streamlint.import_starts import ImportedName, ImportStarts, content_of
from streamlint.model.words import words_of
from streamlint.releases.source_folders import source_folders
from streamlint.surroundings.names import environment_folder, tells_of_serving

_INSTALLED = ("site-packages", "dist-packages")
_CROWDED = (os.path.expanduser("~"), os.sep, "/tmp", "/var/tmp", "/private/tmp", "/private/var/tmp")  # noqa: S108 no file is made there
_WHOLE = ("requirements.txt", "manage.py", "Pipfile", "poetry.lock", "uv.lock", "pdm.lock")
"""Where no root is marked, a folder with one of these is a project with all that it holds."""
_HIGHEST = 3
"""How many folders above a file's packages its project may start."""
_MOST_BESIDE = 12
"""Folders that parts of one program lie in, as a rule; where there are more, it may be a folder of many programs."""
_PART_DEPTH, _PART_FILES, _FILES = 6, 400, 2_000
"""How much of each folder beside each other, and of all of them, is searched for imports; a bound that a home folder needs."""


@immutable
class Boundary:
    """A project's root, and its files and folders in there; no `parts` mean that everything in there belongs to it.

    `beside` are other projects, whose code this one imports.
    """

    root: Path
    parts: tuple[Path, ...] = ()
    beside: tuple[Path, ...] = ()


class Boundaries:
    """Answers for files, by absolute paths without links; what is excluded is not searched."""

    def __init__(self, exclude: Patterns) -> None:
        self._walks = _Walks(exclude)
        self._found: dict[Path, Boundary] = {}
        self._beside: dict[Path, tuple[Path, ...]] = {}
        self._roots: dict[tuple[Path, Path], Path] = {}
        self._parts: dict[Path, _Parts] = {}
        self._starts = ImportStarts()
        self._is_project = cached(discovery.is_project)
        self._is_whole = cached(_is_whole)

    def together(self, path: Path) -> Path:
        """The folder of all that is deployed with a file: its repository, or the highest folder that tells of serving."""
        root = self.of(path).root
        repository = discovery.repository(root)
        if repository is not None and not is_crowded(repository):
            return repository
        telling = [above for above in _above(root) if self._tells(above, _step(above, root).name)]
        return telling[-1] if telling else root

    def _tells(self, folder: Path, own: str) -> bool:
        """Whether files in a folder say how the code in one of its folders is served; among many folders, what names this one."""
        telling = [path for path in _inside(folder) if tells_of_serving(str(path))]
        if not telling or len(self._walks.folders(folder)) <= _MOST_BESIDE:
            return bool(telling)
        served = (path for path in telling if path.suffix != ".sh")  # a script there may be for whatever lies beside it
        return any(own.encode() in words_of(content_of(path)) for path in served)

    def files(self, boundary: Boundary) -> tuple[Path, ...]:
        """All Python files of a project, in a fixed order, and of those beside it."""
        parts = boundary.parts or (boundary.root,)
        loose = [part for part in boundary.parts if part == boundary.root]
        own = (path for part in parts for path in self._walks.files(part, depth=0 if part in loose else -1))
        beside = (path for folder in boundary.beside for path in self._walks.files(folder))
        return tuple(dict.fromkeys((*own, *beside)))

    def of(self, path: Path) -> Boundary:
        folder = Path(environment_folder(str(path))) if discovery.is_beside(path) else path.parent
        if folder not in self._found:
            root = discovery.project_root(folder / path.name, self._is_project)
            self._found[folder] = self._unmarked(folder) if root is None else self._marked(root)
        return self._found[folder]

    def _marked(self, root: Path) -> Boundary:
        if root not in self._beside:
            self._beside[root] = source_folders(root).beside
        return Boundary(root, beside=self._beside[root])

    def _unmarked(self, folder: Path) -> Boundary:
        base = discovery.outside_packages(folder)
        above = list(_above(base))
        whole = [each for each in (base, *above) if not is_crowded(each) and self._is_whole(each)]
        root = self._start(base, _step(base, folder), above)
        if whole and root.is_relative_to(whole[-1]):
            return Boundary(whole[-1])
        return Boundary(root, self._parts_of(root).around(_step(root, folder)))

    def _parts_of(self, folder: Path) -> _Parts:
        if folder not in self._parts:
            self._parts[folder] = _Parts(folder, self._walks, self._starts)
        return self._parts[folder]

    def _start(self, base: Path, own: Path, above: list[Path]) -> Path:
        if (base, own) not in self._roots:
            self._roots[base, own] = self._find_start(base, own, above)
        return self._roots[base, own]

    def _find_start(self, base: Path, own: Path, above: list[Path]) -> Path:
        """`base`, or the highest folder above at which an import of the files here, or one of them by others, starts."""
        files = self._walks.files(own, depth=0 if own == base else -1) if above else ()
        higher = {name for folder in above for name in self._starts.inside(folder)}
        self._starts.expect(self._starts.inside(base) | higher if above else ())
        leaving = self._starts.leaving(files, base, higher.difference(self._starts.modules(base) if above else ()))
        needed = {self._starts.start(one, above[-1]) for one in leaving}
        for folder in reversed(above):
            steps = base.relative_to(folder).parts
            outside = self._starts.leaving(self._walks.files(folder, depth=0), folder, steps[:1])
            if folder in needed or any(one.leads_into(steps) for one in outside):
                return folder
        beside = own == base and base.parent in above and len(self._parts_of(base.parent).around(base)) > 1
        return base.parent if beside else base


class _Walks:
    """The Python files of folders, each walked once."""

    def __init__(self, exclude: Patterns) -> None:
        self._exclude = exclude
        self._found: dict[tuple[Path, int], tuple[Path, ...]] = {}

    def files(self, folder: Path, depth: int = -1) -> tuple[Path, ...]:
        """Those of a folder in a fixed order; with a `depth`, only so many folders down."""
        key = (folder, depth)
        if key not in self._found:
            whole = self._found.get((folder, -1))
            deepest = len(folder.parts) + depth + 1
            self._found[key] = (
                discovery.project_files(folder, self._exclude, depth)
                if whole is None
                else tuple(path for path in whole if len(path.parts) <= deepest)
            )
        return self._found[key]

    def first(self, folder: Path, depth: int, most: int) -> tuple[Path, ...]:
        """The first of a folder down to a depth; it is not walked further than that."""
        if (folder, depth) in self._found or (folder, -1) in self._found:
            return self.files(folder, depth)[:most]
        return discovery.first_files(folder, self._exclude, depth, most)

    def folders(self, folder: Path) -> tuple[Path, ...]:
        """The folders in a folder that are neither excluded nor links."""
        return discovery.folders(folder, self._exclude)


class _Parts:
    """The folders of a folder, and its own files as one more: which of them are tied together by imports."""

    def __init__(self, root: Path, walks: _Walks, starts: ImportStarts) -> None:
        self._root = root
        self._walks = walks
        self._starts = starts

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
            if not left:
                break
            files = self._walks.first(part, 0 if part == self._root else _PART_DEPTH, min(_PART_FILES, left))
            left -= len(files)
            own = part.name if part != self._root else ""
            for one in self._starts.leaving(files, self._root, self._starts.inside(self._root), own):
                other = self._part_of(one)
                if other is not None and other != part:
                    ties.setdefault(part, {})[other] = None
                    ties.setdefault(other, {})[part] = None
        return ties

    def _searched(self) -> Iterator[Path]:
        """Nothing where packages are installed; in a home folder only the files that lie there openly."""
        if self._root.name in _INSTALLED:
            return
        yield self._root
        if not is_crowded(self._root):
            yield from (folder for folder in self._walks.folders(self._root) if not discovery.is_project(folder))

    def _part_of(self, one: ImportedName) -> Path | None:
        """The part that an import means, if it starts at this folder; a folder with a marker is another project."""
        if one.level:
            start = one.file.parents[min(one.level, len(one.file.parents)) - 1]
            return start / one.name[0] if start == self._root and one.name[0] else None
        if self._starts.start(one, self._root) != self._root:
            return None
        folder = self._root / one.name[0]
        if not disk.is_folder(folder):
            return self._root
        return None if discovery.is_project(folder) else folder


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
