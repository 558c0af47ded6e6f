"""What is reached through links: where a file really lies, which names are one file, and under which its findings are told.

Each real file is looked at once, under its own name where that is part of the run. A link to another file is read under the
link's name and never written through: the file belongs to somebody else, or was left out on purpose.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from streamlint import disk
from streamlint.finding import Finding, Place
from streamlint.immutable import immutable


def real_path(path: Path) -> Path:
    """The file in the folder that it really lies in; a link to a file stays, as Python imports it where it stands."""
    return Path(disk.real(path.parent)) / path.name


def name_in(tree: Path, path: Path) -> Path:
    """The file of a tree that a link to a file leads to, by its name there; else the path itself."""
    if not disk.is_file(path):
        return path
    real, real_tree = Path(disk.real(path)), disk.real(tree)
    return tree / real.relative_to(real_tree) if real.is_relative_to(real_tree) else path


def surplus(files: Collection[Path], links: Collection[Path]) -> Iterator[Path]:
    """The files that are there under another name too: the own name stays before a link's, and the first of several."""
    seen: set[object] = set()
    for path in (*(each for each in files if each not in links), *links):
        identity = disk.identity(path)
        if identity in seen:
            yield path
        seen.add(identity)


@immutable
class Renaming:
    """From the folder that a link leads to, to the name under which a run was given it."""

    real: Path
    named: Path

    @classmethod
    def of(cls, named: Path) -> Renaming:
        real = real_path(named)
        while real.name == named.name and real != real.parent and real != named:
            real, named = real.parent, named.parent
        return cls(real, named)

    def finding(self, finding: Finding) -> Finding:
        if self.real == self.named:
            return finding
        related = tuple(replace(each, place=self._place(each.place)) for each in finding.related)
        also = tuple(replace(each, place=self._place(each.place)) for each in finding.also)
        return replace(finding, place=self._place(finding.place), related=related, also=also)

    def _place(self, place: Place) -> Place:
        return replace(place, path=self.path(place.path))

    def path(self, path: Path) -> Path:
        """A real path under the name that the run was given."""
        return self.named / path.relative_to(self.real) if path.is_relative_to(self.real) else path
