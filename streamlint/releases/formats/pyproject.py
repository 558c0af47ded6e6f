"""`pyproject.toml`: PEP 621, the groups of PEP 735, and the tables of Poetry, PDM, uv and Hatch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from streamlint.releases.declared import Declared, Kind, Reading, canonical, of_settings
from streamlint.releases.formats import poetry
from streamlint.releases.ranges import ANY
from streamlint.source import Source
from streamlint.surroundings import Document, toml_file

_GROUPS = "dependency-groups"


def read(source: Source) -> Reading:
    """What a project always needs, and its extras and groups; of these only counts what no other list has."""
    document = toml_file.read(source.text)
    main = [
        *of_settings(source, document.under("project", "dependencies")),
        *poetry.table(source, document, ("tool", "poetry", "dependencies")),
    ]
    known = {declared.package for declared in main}
    further = [replace(each, conditional=True, is_beside=each.package in known) for each in _further(source, document)]
    constraints = of_settings(source, document.under("tool", "uv", "constraint-dependencies"))
    limits = [replace(each, kind=Kind.CONSTRAINT) for each in constraints]
    sourced = {canonical(str(name)) for name in document.names("tool", "uv", "sources")}
    declared = (_sourced(each) if each.package in sourced else each for each in (*main, *limits, *further))
    return Reading(tuple(declared), document.faults, tuple(_includes(source.path, document)))


def _sourced(declared: Declared) -> Declared:
    """A statement whose package uv takes from a repository or a folder."""
    return replace(declared, specifier=ANY, written=None, is_sourced=True)


def _further(source: Source, document: Document) -> Iterator[Declared]:
    for name in document.names("project", "optional-dependencies"):
        yield from of_settings(source, document.under("project", "optional-dependencies", name), str(name))
    for name in document.names(_GROUPS):
        # what a group includes stands, and is judged, in the included one
        direct = (each for each in document.under(_GROUPS, name) if len(each.keys) == 3)
        yield from of_settings(source, direct, str(name))
    yield from of_settings(source, document.under("tool", "uv", "dev-dependencies"), "dev")
    for name in document.names("tool", "pdm", "dev-dependencies"):
        yield from of_settings(source, document.under("tool", "pdm", "dev-dependencies", name), f"dev-{name}")
    for name in document.names("tool", "hatch", "envs"):
        for key in ("dependencies", "extra-dependencies"):
            yield from of_settings(source, document.under("tool", "hatch", "envs", name, key), f"dev-{name}")
    yield from poetry.table(source, document, ("tool", "poetry", "dev-dependencies"), "dev")
    for name in document.names("tool", "poetry", "group"):
        yield from poetry.table(source, document, ("tool", "poetry", "group", str(name), "dependencies"), str(name))


def _includes(path: Path, document: Document) -> Iterator[tuple[Path, Kind]]:
    """The requirement files that setuptools is told to read."""
    for setting in document.under("tool", "setuptools", "dynamic", "dependencies", "file"):
        if setting.is_text:
            yield path.parent / setting.value, Kind.REQUIRED
