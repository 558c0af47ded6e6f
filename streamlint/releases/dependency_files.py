"""Which files say what a project needs, by their names, and what each of them says; each is read once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from streamlint import disk
from streamlint.immutable import immutable
from streamlint.releases.declared import Declared, Kind, Reading, is_secondary
from streamlint.source import Source, UnreadableFile
from streamlint.surroundings.names import (
    DECLARING,
    DEPLOYMENT,
    ENVIRONMENT,
    IN_FOLDER,
    LARGEST_DECLARING,
    LOCKS,
    PYLOCK,
    REQUIREMENTS,
    is_lock,
)

Reader = Callable[[Source], Reading]


def reader(path: Path) -> Reader:
    """The reader of a dependency file; imported when the first such file is read."""
    from streamlint.releases.formats import (
        environment_yml,
        llama_deploy,
        locks,
        pipfile,
        pyproject,
        requirements,
        setup_files,
    )

    named: Mapping[str, Reader] = {
        "pyproject.toml": pyproject.read,
        "Pipfile": pipfile.read,
        "setup.cfg": setup_files.read_cfg,
        "setup.py": setup_files.read_py,
    }
    if is_lock(path.name):
        return locks.read
    if path.suffix in (".yml", ".yaml"):
        return llama_deploy.read if DEPLOYMENT.fullmatch(path.name) else environment_yml.read
    return named.get(path.name, requirements.read)


@dataclass
class DependencyFiles:
    """What the dependency files say; `overlay` holds texts in place of files on the disk."""

    overlay: Mapping[Path, Source] = field(default_factory=dict)
    _read: dict[Path, Reading] = field(default_factory=dict)
    _whole: dict[Path, tuple[Declared, ...]] = field(default_factory=dict)

    def source(self, path: Path) -> Source | None:
        """The text of a file; None where it cannot be had."""
        if path in self.overlay:
            return self.overlay[path]
        try:
            return Source.read_plain(path, LARGEST_DECLARING)
        except UnreadableFile:
            return None

    def reading(self, path: Path) -> Reading:
        """What a file says itself."""
        if path not in self._read:
            source = self.source(path)
            self._read[path] = Reading() if source is None else reader(path)(source)
        return self._read[path]

    def whole(self, path: Path) -> tuple[Declared, ...]:
        """What a file says with all that it includes."""
        if path not in self._whole:
            self._whole[path] = tuple(self._included(path, Kind.REQUIRED, set()))
        return self._whole[path]

    def _included(self, path: Path, kind: Kind, seen: set[Path]) -> Iterable[Declared]:
        if path in seen:
            return
        seen.add(path)
        reading = self.reading(path)
        yield from (replace(each, kind=kind) if kind is Kind.CONSTRAINT else each for each in reading.declared)
        for included, as_what in reading.includes:
            yield from self._included(included, kind if kind is Kind.CONSTRAINT else as_what, seen)


@immutable
class Trusted:
    """Files that are trusted alike; one that does not speak of a package leaves it to the next."""

    files: DependencyFiles
    paths: tuple[Path, ...]

    @cached_property
    def rows(self) -> dict[str, list[tuple[Path, Declared]]]:
        found: dict[str, list[tuple[Path, Declared]]] = {}
        for path in self.paths:
            for declared in self.files.whole(path):
                if not declared.is_beside:
                    found.setdefault(declared.package, []).append((path, declared))
        return found


@immutable
class Folder:
    """The dependency files of one folder, in the order of trust."""

    files: DependencyFiles
    path: Path

    @cached_property
    def sources(self) -> tuple[Trusted, ...]:
        names = _names(self.path)
        locks = [name for name in LOCKS if name in names]
        locks += sorted(name for name in names if PYLOCK.fullmatch(name))
        groups: list[tuple[Path, ...]] = [(self.path / name,) for name in locks]
        groups += _requirement_files(self.path, names)
        groups += [(self.path / name,) for name in DECLARING if name in names]
        groups += [(self.path / name,) for name in sorted(names) if ENVIRONMENT.fullmatch(name)]
        groups += [(self.path / name,) for name in sorted(names) if DEPLOYMENT.fullmatch(name)]
        return tuple(Trusted(self.files, group) for group in groups)

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(path for source in self.sources for path in source.paths)


def _requirement_files(folder: Path, names: frozenset[str]) -> list[tuple[Path, ...]]:
    """`requirements.txt`, then its neighbours that run the application, then those for development, then what is compiled."""
    found: list[tuple[Path, ...]] = []
    if "requirements.txt" in names:
        found.append((folder / "requirements.txt",))
    further = [folder / name for name in names if REQUIREMENTS.fullmatch(name) and not name.startswith("constraints")]
    if "requirements" in names:
        inside = folder / "requirements"
        further += [inside / name for name in _names(inside) if IN_FOLDER.fullmatch(name)]
    further = sorted(path for path in further if path.name != "requirements.txt" or path.parent != folder)
    compiled = [path for path in further if path.suffix == ".in"]
    secondary = [path for path in further if path not in compiled and is_secondary(path.name)]
    first = [path for path in further if path not in secondary and path not in compiled]
    return [*found, *(tuple(group) for group in (first, secondary, compiled) if group)]


def _names(folder: Path) -> frozenset[str]:
    try:
        return frozenset(entry.name for entry in disk.entries(folder))
    except OSError:
        return frozenset()
