"""`Pipfile`: a table of packages, one of those for development, and further categories."""

from __future__ import annotations

from streamlint.releases.declared import Declared, Reading
from streamlint.releases.formats import poetry
from streamlint.source import Source
from streamlint.surroundings import toml_file

_NOT_PACKAGES = ("source", "requires", "scripts", "pipenv")


def read(source: Source) -> Reading:
    document = toml_file.read(source.text)
    found: list[Declared] = []
    for name in document.names():
        if name not in _NOT_PACKAGES:
            group = "" if name == "packages" else "dev" if name == "dev-packages" else str(name)
            found.extend(poetry.table(source, document, (str(name),), group))
    return Reading(tuple(found), document.faults)
