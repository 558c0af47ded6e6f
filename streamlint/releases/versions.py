"""Which releases of its packages the linted project uses, and where it says so; unknown is an answer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from streamlint.releases import lock_files, requirement_files
from streamlint.releases import ranges as version_ranges
from streamlint.releases.requirement_files import Declared, canonical

_SECONDARY = ("dev", "test", "doc", "lint", "ci", "example", "min", "bench", "build")
_DEEPEST = 2
_NO_PROJECT = frozenset(("node_modules", "site-packages", "venv", "__pycache__"))


@dataclass(frozen=True)
class VersionAnswer:
    """What is known about one package: one of the `choices` holds; `path` is None where no file says it."""

    package: str
    choices: tuple[SpecifierSet, ...]
    path: Path | None = None
    line: int = 0
    source: str = ""
    """`uv.lock:12`, `configuration` or `environment`."""

    @property
    def specifier(self) -> SpecifierSet | None:
        """The specifier, where there is only one."""
        return self.choices[0] if len(self.choices) == 1 else None

    @property
    def version(self) -> Version | None:
        """The exact version, where only one is possible."""
        return version_ranges.exact(self.choices[0]) if len(self.choices) == 1 else None

    @property
    def is_exact(self) -> bool:
        return all(version_ranges.exact(choice) is not None for choice in self.choices)

    @property
    def is_open(self) -> bool:
        """Whether nothing is known but that the package is used."""
        return any(choice == version_ranges.ANY for choice in self.choices)

    def at_least(self, version: str) -> bool | None:
        answers = {version_ranges.at_least(choice, Version(version)) for choice in self.choices}
        return answers.pop() if len(answers) == 1 else None

    def admits(self, other: VersionAnswer) -> bool:
        """Whether an exact answer lies in this range."""
        versions = [version for choice in other.choices if (version := version_ranges.exact(choice)) is not None]
        return any(choice.contains(version, prereleases=True) for choice in self.choices for version in versions)

    def __str__(self) -> str:
        return " or ".join(str(version_ranges.exact(choice) or choice) or "any version" for choice in self.choices)


@dataclass(frozen=True)
class Versions:
    """The versions as seen from a folder: files in it and above it, up to the repository's root, the nearest first.

    Of several statements the first exact one wins: lock file, requirement files, `pyproject.toml`, then `configured`, then, if
    asked, the running environment; then the ranges in the same order. Where the folder and those above it say nothing, the
    folders of the project below it are asked, if they agree. Nothing is read before the first question.
    """

    folder: Path
    configured: Mapping[str, str] = field(default_factory=dict)
    from_environment: bool = False
    top: Path | None = None
    """The uppermost folder; the repository's root where it is not given."""

    def get(self, package: str) -> VersionAnswer | None:
        package = canonical(package)
        if package not in self._answers:
            self._answers[package] = self._find(package)
        return self._answers[package]

    def version(self, package: str) -> Version | None:
        """The exact version, where it is known."""
        answer = self.get(package)
        return answer.version if answer is not None else None

    def at_least(self, package: str, version: str) -> bool | None:
        """Whether the project surely uses this release or a later one, surely an earlier one, or None: unknown."""
        answer = self.get(package)
        return answer.at_least(version) if answer is not None else None

    def below(self, package: str, version: str) -> bool | None:
        known = self.at_least(package, version)
        return None if known is None else not known

    def near(self, path: Path) -> Versions:
        """The versions as seen from a file: a repository may hold several applications."""
        folder = path.parent
        if folder not in self._nearer:
            self._nearer[folder] = self._seen_from(folder)
        return self._nearer[folder]

    def _seen_from(self, folder: Path) -> Versions:
        while folder != self.folder and folder.is_relative_to(self.folder):
            if _Folder(folder).sources:
                return Versions(folder, self.configured, self.from_environment, self._folders[-1].path)
            folder = folder.parent
        return self

    @cached_property
    def _answers(self) -> dict[str, VersionAnswer | None]:
        return {}

    @cached_property
    def _nearer(self) -> dict[Path, Versions]:
        return {}

    def _find(self, package: str) -> VersionAnswer | None:
        declared = list(_declared(package, self._folders)) or self._agreed_below(package)
        ranges = next((each for each in declared if not each.is_open), declared[0] if declared else None)
        for answer in declared:
            if answer.is_exact and (ranges is None or ranges.admits(answer)):
                return answer
        return self._configured(package) or self._installed(package, ranges) or ranges

    def _agreed_below(self, package: str) -> list[VersionAnswer]:
        known = [answer for folder in self._folders_below for answer in list(_declared(package, (folder,)))[:1]]
        return known[:1] if len({answer.choices for answer in known}) == 1 else []

    def _configured(self, package: str) -> VersionAnswer | None:
        for name, text in self.configured.items():
            specifier = version_ranges.parse(text)
            if canonical(name) == package and specifier is not None:
                return VersionAnswer(package, (specifier,), source="configuration")
        return None

    def _installed(self, package: str, ranges: VersionAnswer | None) -> VersionAnswer | None:
        if not self.from_environment:
            return None
        from importlib import metadata

        try:
            version = Version(metadata.version(package))
        except (metadata.PackageNotFoundError, InvalidVersion, TypeError):
            return None
        answer = VersionAnswer(package, (SpecifierSet(f"=={version}"),), source="environment")
        return answer if ranges is None or ranges.admits(answer) else None

    @cached_property
    def _folders(self) -> tuple[_Folder, ...]:
        """This folder and those above it, up to the top."""
        above = (self.folder, *self.folder.parents)
        top = self.top or next((folder for folder in above if (folder / ".git").exists()), self.folder)
        return tuple(_Folder(folder) for folder in above if folder.is_relative_to(top))

    @cached_property
    def _folders_below(self) -> tuple[_Folder, ...]:
        found = []
        level = [self.folder]
        for _ in range(_DEEPEST):
            level = [below for folder in level for below in _folders_in(folder)]
            found += [_Folder(folder) for folder in level]
        return tuple(folder for folder in found if folder.sources)


@dataclass(frozen=True)
class _Source:
    """Files that are trusted alike; one that does not speak of a package leaves it to the next."""

    reader: Callable[[Path], Iterable[Declared]]
    paths: tuple[Path, ...]

    @cached_property
    def rows(self) -> dict[str, list[tuple[Path, Declared]]]:
        found: dict[str, list[tuple[Path, Declared]]] = {}
        for path in self.paths:
            for declared in self.reader(path):
                found.setdefault(declared.package, []).append((path, declared))
        return found


@dataclass(frozen=True)
class _Folder:
    """What the files of one folder declare, in the order of trust; read when asked."""

    path: Path

    @cached_property
    def sources(self) -> tuple[_Source, ...]:
        names = _names(self.path)
        locks = [name for name in lock_files.NAMES if name in names]
        locks += sorted(name for name in names if name.startswith("pylock.") and name not in locks)
        found = [_Source(lock_files.declarations, (self.path / name,)) for name in locks if not name.endswith(".py")]
        found += [_Source(requirement_files.requirements, group) for group in _requirement_files(self.path, names)]
        if "pyproject.toml" in names:
            found.append(_Source(requirement_files.pyproject, (self.path / "pyproject.toml",)))
        return tuple(found)


def _declared(package: str, folders: Iterable[_Folder]) -> Iterator[VersionAnswer]:
    for folder in folders:
        for source in folder.sources:
            rows = source.rows.get(package)
            if rows:
                yield _answer(package, rows)


def _answer(package: str, rows: list[tuple[Path, Declared]]) -> VersionAnswer:
    """Within a file what always holds is combined; conditional statements, and files, are alternatives."""
    choices: dict[SpecifierSet, None] = {}
    for path in dict.fromkeys(path for path, _ in rows):
        own = [declared for where, declared in rows if where == path]
        always = version_ranges.combine(*(d.specifier for d in own if not d.conditional))
        sometimes = [version_ranges.combine(always, d.specifier) for d in own if d.conditional]
        choices.update(dict.fromkeys(sometimes or [always]))
    first = next((d for _, d in rows if version_ranges.exact(d.specifier) is not None), rows[0][1])
    return VersionAnswer(package, tuple(choices), first.path, first.line, f"{first.path.name}:{first.line}")


def _requirement_files(folder: Path, names: frozenset[str]) -> Iterator[tuple[Path, ...]]:
    """`requirements.txt`, then its neighbours that run the application, then those for development."""
    if "requirements.txt" in names:
        yield (folder / "requirements.txt",)
    further = [folder / name for name in names if name.startswith("requirements") and name.endswith(".txt")]
    if "requirements" in names:
        inside = folder / "requirements"
        further += [inside / name for name in _names(inside) if name.endswith(".txt")]
    further = sorted(path for path in further if path.name != "requirements.txt" or path.parent != folder)
    secondary = [path for path in further if any(word in path.name for word in _SECONDARY)]
    for group in ([path for path in further if path not in secondary], secondary):
        if group:
            yield tuple(group)


def _names(folder: Path) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()


def _folders_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(
                Path(entry.path)
                for entry in entries
                if entry.name[0] != "." and entry.name not in _NO_PROJECT and entry.is_dir(follow_symlinks=False)
            )
    except OSError:
        return []
