"""What the lock files say: uv, Poetry, PDM, pylock.toml and Pipenv."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.specifiers import SpecifierSet

from streamlint.releases.declared import Declared, Kind, Reading, canonical
from streamlint.releases.ranges import parse
from streamlint.source import Source, Span
from streamlint.surroundings import Fault, json_file

MANAGERS = {"uv.lock": "uv", "poetry.lock": "poetry", "pdm.lock": "pdm", "Pipfile.lock": "pipenv"}
# A lock file has a megabyte and more, and tomllib takes a second for it; programs write these two lines always alike.
_PACKAGE = re.compile(r"^\[\[packages?\]\]\r?\n((?:(?!\[).*\r?\n)*)", re.MULTILINE)
_FIELD = re.compile(r"""^(name|version) = (?:"([^"\n]*)"|'([^'\n]*)')""", re.MULTILINE)
_CONFLICT = re.compile(r"^<<<<<<< ", re.MULTILINE)


def read(source: Source) -> Reading:
    """The packages of a lock file; one that is locked for several environments comes several times."""
    manager = MANAGERS.get(source.path.name, "pylock")
    conflict = _CONFLICT.search(source.text)
    if conflict is not None:
        return Reading(faults=(Fault(conflict.start(), "holds both sides of a merge"),), manager=manager)
    if source.path.name == "Pipfile.lock":
        return _pipenv(source, manager)
    return Reading(tuple(_tables(source)), manager=manager)


def _tables(source: Source) -> Iterator[Declared]:
    text, line, counted = source.text, 1, 0
    for match in _PACKAGE.finditer(text if text.endswith("\n") else text + "\n"):
        fields = {each[1]: each for each in _FIELD.finditer(match[1])}
        line += text.count("\n", counted, match.start())
        counted = match.start()
        name, version = (fields[key][2] or fields[key][3] or "" if key in fields else "" for key in ("name", "version"))
        specifier = _exactly(version)
        if name and specifier is not None:
            start = match.start(1) + fields["version"].start(2 if fields["version"][2] else 3)
            # the line is that of the name, as people look for it
            yield _locked(source, name, specifier, line + 1, Span(start, start + len(version)))


def _pipenv(source: Source, manager: str) -> Reading:
    document = json_file.read(source.text)
    found = []
    for setting in document.settings:
        if len(setting.keys) != 3 or setting.keys[0] == "_meta" or setting.keys[2] != "version" or not setting.is_text:
            continue
        specifier = parse(setting.value)
        if specifier is not None:
            span = setting.inside or setting.span
            line = source.position(span.start).line
            found.append(_locked(source, str(setting.keys[1]), specifier, line, span))
    return Reading(tuple(found), document.faults, manager=manager)


def _locked(source: Source, name: str, specifier: SpecifierSet, line: int, span: Span) -> Declared:
    return Declared(canonical(name), specifier, source.path, line, conditional=True, span=span, kind=Kind.LOCKED)


def _exactly(version: str) -> SpecifierSet | None:
    return parse(f"=={version}") if version else None
