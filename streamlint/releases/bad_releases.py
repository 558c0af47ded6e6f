"""Which requirements and locks ask for a release that breaks a stream which the project uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from streamlint.immutable import immutable
from streamlint.knowledge.dependencies import Broken, broken_releases, commands
from streamlint.releases import ranges
from streamlint.releases.declared import Declared
from streamlint.releases.pins import Pins
from streamlint.surroundings.names import environment_folder, is_lock

if TYPE_CHECKING:
    from streamlint.project import Project


@immutable
class Bad:
    """What the releases that a statement admits do to a stream; `good` is the next release that does nothing of it."""

    declared: Declared
    rows: tuple[Broken, ...]
    good: str

    @property
    def release(self) -> Version | None:
        return ranges.exact(self.declared.specifier)

    @property
    def shown(self) -> str:
        return str(self.release or self.declared.specifier)

    def help(self, manager: str) -> str:
        """The way out: the command of the program that wrote the file, or what to write."""
        package = self.declared.package
        command = commands().get(manager, "").format(package=package)
        way = f"use `{package}` {self.good} or later"
        return f"{way}: let `{command}` write this file again" if command else way


class BadReleases:
    """Asked about statements in dependency files."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.pins = project.ask(Pins)
        self._used: dict[str, bool] = {}

    def of(self, declared: Declared) -> Bad | None:
        """What is bad about a statement; nothing where a lock only follows what the files beside it ask for."""
        rows = tuple(row for row in broken_releases() if self._is_meant(row, declared) and self._is_used(row))
        if not rows or self._is_repeated(declared) or self._is_settled(declared):
            return None
        return Bad(declared, rows, _good(declared.package, rows[0].below))

    def _is_meant(self, row: Broken, declared: Declared) -> bool:
        """Whether every release that a statement admits is a bad one."""
        if row.package != declared.package or declared.is_sourced:
            return False
        late = ranges.at_least(declared.specifier, Version(row.first)) is True
        return late and ranges.at_least(declared.specifier, Version(row.below)) is False

    def _is_used(self, row: Broken) -> bool:
        if row.probe not in self._used:
            self._used[row.probe] = all(self.project.says(words) for words in row.needs)
        return self._used[row.probe]

    def _is_repeated(self, declared: Declared) -> bool:
        if not is_lock(declared.path.name):
            return False
        folder = environment_folder(str(declared.path))
        asking = (each for each in self.pins.environment(declared.path) if not is_lock(each.path.name))
        beside = (each for each in asking if environment_folder(str(each.path)) == folder)
        return any(each.package == declared.package and self._all_bad(each) for each in beside)

    def _all_bad(self, declared: Declared) -> bool:
        return any(self._is_meant(row, declared) for row in broken_releases())

    def _is_settled(self, declared: Declared) -> bool:
        """Whether a range is narrowed to a good release by what is installed with it."""
        if ranges.exact(declared.specifier) is not None:
            return False
        others = [each for each in self.pins.environment(declared.path) if each.package == declared.package]
        exact = [each for each in others if ranges.exact(each.specifier) is not None]
        return any(not self._all_bad(each) for each in exact)


def _good(package: str, release: str) -> str:
    """The release itself, or the first behind the bad ones among which it is."""
    for row in broken_releases():
        if row.package == package and Version(row.first) <= Version(release) < Version(row.below):
            return _good(package, row.below)
    return release
