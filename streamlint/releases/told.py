"""The releases that are assumed, row by row, as a person or a program is shown them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from streamlint.immutable import immutable
from streamlint.knowledge.dependencies import packages
from streamlint.links import Renaming
from streamlint.releases.versions import Versions


@immutable
class Told:
    """What is known of one package, as seen from a folder; `path` is None where no file says it."""

    folder: Path
    package: str
    release: str
    source: str
    path: Path | None
    line: int

    def named(self, naming: Renaming) -> Told:
        """The row with the names that the run was given."""
        path = naming.path(self.path) if self.path is not None else None
        return replace(self, folder=naming.path(self.folder), path=path)


def told(versions: Versions, asked: Iterable[str]) -> Iterator[Told]:
    """The packages that rules ask about, and all of LlamaIndex that is named anywhere; what is unknown is left out."""
    named = {each.package for path in versions.dependency_files for each in versions.files.whole(path)}
    llama = {package for package in named if package.startswith(packages().integrations)}
    for package in sorted({*asked, *llama}):
        answer = versions.get(package)
        if answer is not None:
            yield Told(versions.folder, package, str(answer), answer.source, answer.path, answer.line)
