"""What holds the release of LlamaIndex in an environment: the files of one folder, with what they include and the locks above."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.knowledge.dependencies import is_integration, packages
from streamlint.releases import lines
from streamlint.releases.declared import Declared, Kind, is_secondary
from streamlint.releases.dependency_files import Folder
from streamlint.releases.packaging_files import is_library
from streamlint.surroundings.names import environment_folder, is_lock

if TYPE_CHECKING:
    from streamlint.project import Project


class Pins:
    """Asked about statements in dependency files."""

    def __init__(self, project: Project) -> None:
        self.root = project.root
        self.files = project.versions.files
        self.versions = project.versions
        self._releases = project.knowledge.llama.releases

    @cached_property
    def newest(self) -> lines.Line:
        """The newest line that is known."""
        return lines.line_of(self._releases[-1])

    @cached_property
    def before_the_split(self) -> lines.Line:
        """The newest line of which all of LlamaIndex was one package."""
        split = lines.line_of(packages().namespaced)
        return max(one for one in self.lines if one < split)

    @cached_property
    def lines(self) -> tuple[lines.Line, ...]:
        return lines.lines(self._releases)

    def is_open(self, declared: Declared) -> bool:
        """Whether a statement lets in whatever is released next."""
        return not declared.is_sourced and lines.is_open(declared.specifier, self.newest)

    def unpinned(self, path: Path) -> Declared | None:
        """The statement by which a file leaves open which line is installed; None where something settles it, or must not."""
        own = [each for each in self.files.reading(path).declared if self._counts(each)]
        decisive = [each for each in own if each.package in packages().main]
        if self.is_for_development(path) or is_lock(path.name) or not own:
            return None
        candidates = decisive or [each for each in own if is_integration(each.package)]
        left_open = [each for each in candidates if self.is_open(each)]
        if not left_open or len(left_open) < len(candidates) or self._is_settled(path):
            return None
        return None if is_library(self.files, Path(environment_folder(str(path)))) else left_open[0]

    def is_for_development(self, path: Path) -> bool:
        """Whether a file, by its name or that of a folder in the project, is only for those who work on it."""
        inside = path.relative_to(self.root).parts if path.is_relative_to(self.root) else (path.name,)
        return any(map(is_secondary, inside))

    def _counts(self, declared: Declared) -> bool:
        return declared.kind is Kind.REQUIRED and not declared.is_secondary

    def _is_settled(self, path: Path) -> bool:
        """Whether something beside the file's own words says which line is installed."""
        return any(not self.is_open(each) for each in self.environment(path) if each.package in packages().main) or any(
            True for each in self._locks(path)
        )

    def _locks(self, path: Path) -> Iterator[Declared]:
        for lock in self.locks(path):
            yield from (each for each in self.files.reading(lock).declared if each.package in packages().main)

    def locks(self, path: Path) -> tuple[Path, ...]:
        """The lock files that speak for a file: in its folder and in those above, up to the project's root."""
        near = self.versions.near(path)
        return tuple(each for each in near.dependency_files if is_lock(each.name))

    def environment(self, path: Path) -> Iterator[Declared]:
        """What the other files of the same folder say, and what they and the file include."""
        folder = Folder(self.files, Path(environment_folder(str(path))))
        beside = [each for each in folder.paths if not is_secondary(each.name) and not is_lock(each.name)]
        for each in dict.fromkeys((path, *beside)):
            yield from self.files.whole(each)
