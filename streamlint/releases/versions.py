"""Which releases of its packages the linted project uses, and where it says so; unknown is an answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import cached_property
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from streamlint import disk
from streamlint.immutable import immutable
from streamlint.knowledge.dependencies import packages
from streamlint.releases import ranges as version_ranges
from streamlint.releases.declared import Declared, canonical
from streamlint.releases.dependency_files import DependencyFiles, Folder

_DEEPEST = 2
_NO_PROJECT = frozenset(("node_modules", "site-packages", "venv", "__pycache__"))


@immutable
class VersionAnswer:
    """What is known about one package: one of the `choices` holds; `path` is None where no file says it."""

    package: str
    choices: tuple[SpecifierSet, ...]
    path: Path | None = None
    line: int = 0
    source: str = ""
    """`uv.lock:12`, `--target`, `configuration` or `environment`."""

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

    def last_of(self, releases: Iterable[str]) -> str | None:
        """The last of some releases, given from the oldest on, that may be used."""
        fitting = [each for each in releases if any(choice.contains(each) for choice in self.choices)]
        return fitting[-1] if fitting else None

    def admits(self, other: VersionAnswer) -> bool:
        """Whether an exact answer lies in this range."""
        versions = [version for choice in other.choices if (version := version_ranges.exact(choice)) is not None]
        return any(choice.contains(version, prereleases=True) for choice in self.choices for version in versions)

    def __str__(self) -> str:
        return " or ".join(str(version_ranges.exact(choice) or choice) or "any version" for choice in self.choices)


@immutable
class Versions:
    """The versions as seen from a folder: files in it and above it, up to the repository's root, the nearest first.

    What `targets` say holds before all else, then what is `configured`. Of several statements in files the first exact one wins:
    lock file, requirement files, `pyproject.toml` and the like, then, if asked, the running environment; then the ranges in the
    same order. Where the folder and those above it say nothing, the folders of the project below it are asked, if they agree.
    Nothing is read before the first question.
    """

    folder: Path
    configured: Mapping[str, str] = field(default_factory=dict)
    from_environment: bool = False
    top: Path | None = None
    """The uppermost folder; the repository's root where it is not given."""
    targets: Mapping[str, str] = field(default_factory=dict)
    """Versions or ranges by package that the command line names."""
    files: DependencyFiles = field(default_factory=DependencyFiles, compare=False)

    def get(self, package: str) -> VersionAnswer | None:
        package = canonical(package)
        if package not in self._answers:
            self._answers[package] = self._find(package)
        return self._answers[package]

    def of_llama_index(self) -> tuple[VersionAnswer, ...]:
        """What is known about LlamaIndex: of its core first, then of the package that brings it and is numbered alike."""
        answers = (self.get(package) for package in (packages().core, packages().umbrella))
        return tuple(answer for answer in answers if answer is not None)

    def version(self, package: str) -> Version | None:
        """The exact version, where it is known."""
        answer = self.get(package)
        return answer.version if answer is not None else None

    def names_here(self, package: str) -> bool:
        """Whether the nearest files that say which packages are needed name one."""
        nearest = next((folder for folder in self._folders if folder.sources), None)
        return nearest is not None and any(canonical(package) in source.rows for source in nearest.sources)

    def extras(self, package: str) -> frozenset[str]:
        """What some file asks for beside a package."""
        package = canonical(package)
        sources = [source for folder in (*self._folders, *self._folders_below) for source in folder.sources]
        return frozenset(extra for one in sources for _, row in one.rows.get(package, ()) for extra in row.extras)

    def at_least(self, package: str, version: str) -> bool | None:
        """Whether the project surely uses this release or a later one, surely an earlier one, or None: unknown."""
        answer = self.get(package)
        return answer.at_least(version) if answer is not None else None

    def below(self, package: str, version: str) -> bool | None:
        known = self.at_least(package, version)
        return None if known is None else not known

    def within(self, package: str, first: str, below: str) -> bool | None:
        """Whether the project surely uses a release from one on and before another, surely none of them, or None: unknown."""
        late, early = self.at_least(package, first), self.below(package, below)
        return False if late is False or early is False else True if late and early else None

    def near(self, path: Path) -> Versions:
        """The versions as seen from a file: a repository may hold several applications."""
        folder = path.parent
        if folder not in self._nearer:
            self._nearer[folder] = self._seen_from(folder)
        return self._nearer[folder]

    def _seen_from(self, folder: Path) -> Versions:
        while folder != self.folder and folder.is_relative_to(self.folder):
            if Folder(self.files, folder).sources:
                top = self._folders[-1].path
                return Versions(folder, self.configured, self.from_environment, top, self.targets, self.files)
            folder = folder.parent
        return self

    @cached_property
    def _answers(self) -> dict[str, VersionAnswer | None]:
        return {}

    @cached_property
    def _nearer(self) -> dict[Path, Versions]:
        return {}

    @property
    def dependency_files(self) -> tuple[Path, ...]:
        """The files that are asked, the nearest first."""
        return tuple(path for folder in self._folders for path in folder.paths)

    def _find(self, package: str) -> VersionAnswer | None:
        given = _given(package, self.targets, "--target") or _given(package, self.configured, "configuration")
        if given is not None:
            return given
        declared = list(_declared(package, self._folders)) or self._agreed_below(package)
        ranges = next((each for each in declared if not each.is_open), declared[0] if declared else None)
        for answer in declared:
            if answer.is_exact and (ranges is None or ranges.admits(answer)):
                return answer
        return self._installed(package, ranges) or ranges

    def _agreed_below(self, package: str) -> list[VersionAnswer]:
        known = [answer for folder in self._folders_below for answer in list(_declared(package, (folder,)))[:1]]
        return known[:1] if len({answer.choices for answer in known}) == 1 else []

    def _installed(self, package: str, ranges: VersionAnswer | None) -> VersionAnswer | None:
        if not self.from_environment:
            return None
        from importlib import metadata

        try:
            disk.depends_on_more()
            version = Version(metadata.version(package))
        except (metadata.PackageNotFoundError, InvalidVersion, TypeError):
            return None
        answer = VersionAnswer(package, (SpecifierSet(f"=={version}"),), source="environment")
        return answer if ranges is None or ranges.admits(answer) else None

    @cached_property
    def _folders(self) -> tuple[Folder, ...]:
        """This folder and those above it, up to the top."""
        above = (self.folder, *self.folder.parents)
        top = self.top or next((folder for folder in above if disk.exists(folder / ".git")), self.folder)
        return tuple(Folder(self.files, folder) for folder in above if folder.is_relative_to(top))

    @cached_property
    def _folders_below(self) -> tuple[Folder, ...]:
        found = []
        level = [self.folder]
        for _ in range(_DEEPEST):
            level = [below for folder in level for below in _folders_in(folder)]
            found += [Folder(self.files, folder) for folder in level]
        return tuple(folder for folder in found if folder.sources)


def _given(package: str, versions: Mapping[str, str], source: str) -> VersionAnswer | None:
    """What the owner says; LlamaIndex and its core are numbered alike, so that one of them speaks for both."""
    given = {canonical(name): text for name, text in versions.items()}
    alike = [name for name in packages().main if package in packages().main and name != package]
    text = next((given[name] for name in (package, *alike) if name in given), None)
    specifier = version_ranges.parse_target(text) if text is not None else None
    return VersionAnswer(package, (specifier,), source=source) if specifier is not None else None


def _declared(package: str, folders: Iterable[Folder]) -> Iterator[VersionAnswer]:
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


def _folders_in(folder: Path) -> list[Path]:
    try:
        return [
            Path(entry.path)
            for entry in disk.entries(folder)
            if entry.name[0] != "." and entry.name not in _NO_PROJECT and entry.is_dir(follow_symlinks=False)
        ]
    except OSError:
        return []
