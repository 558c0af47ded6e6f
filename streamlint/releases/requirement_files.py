"""What people declare: requirement files with what they include, and `pyproject.toml`. What cannot be read says nothing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from streamlint.releases.ranges import ANY, parse, parse_poetry
from streamlint.source import read_bytes

_LARGEST = 20_000_000
_INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:\s*=\s*|\s+|(?=[\w./]))(\S+)")
_OPTION = re.compile(r"\s--?[a-z][\w-]*.*$")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_EGG = re.compile(r"#egg=([\w.-]+)")


@dataclass(frozen=True)
class Declared:
    """One statement about a package; a conditional one holds in some environments and stands beside its like."""

    package: str
    specifier: SpecifierSet
    path: Path
    line: int
    conditional: bool = False


def canonical(name: str) -> str:
    return str(canonicalize_name(name))


def read(path: Path) -> str | None:
    try:
        content = read_bytes(path, _LARGEST + 1)
        if len(content) > _LARGEST:
            return None
        return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except (OSError, UnicodeError):
        return None


def line_of(text: str, words: str) -> int:
    """The line on which `words` stand first, counted from 1."""
    return text.count("\n", 0, max(text.find(words), 0)) + 1


def requirements(path: Path) -> tuple[Declared, ...]:
    """A requirement file with all that it includes by `-r` and `-c`."""
    return tuple(_requirements(path, set()))


def _requirements(path: Path, seen: set[Path]) -> Iterator[Declared]:
    if path in seen or (text := read(path)) is None:
        return
    seen.add(path)
    for number, line in _logical_lines(text):
        included = _INCLUDE.match(line)
        if included is not None:
            yield from _requirements(_beside(path, included[1].strip("\"'")), seen)
        else:
            declared = _requirement(line, path, number)
            if declared is not None:
                yield declared


def _beside(path: Path, name: str) -> Path:
    return Path(*(path.parent / name).parts) if ".." not in name else (path.parent / name).resolve()


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their continuations, without comments and hashes."""
    start, held = 1, ""
    for number, line in enumerate(text.splitlines(), 1):
        start = start if held else number
        bare = _COMMENT.sub("", line) if "#egg=" not in line else line
        if bare.endswith("\\"):
            held += f"{bare[:-1]} "
            continue
        yield start, (held + bare).strip()
        held = ""


def _requirement(text: str, path: Path, line: int) -> Declared | None:
    if text.startswith("-"):
        egg = _EGG.search(text)
        return Declared(canonical(egg[1]), ANY, path, line) if egg is not None else None
    try:
        requirement = Requirement(_OPTION.sub("", text))
    except InvalidRequirement:
        return None
    specifier = _of_url(requirement.url) if requirement.url else requirement.specifier
    return Declared(canonical(requirement.name), specifier, path, line, requirement.marker is not None)


def _of_url(url: str) -> SpecifierSet:
    """The version in the name of a wheel; a repository's can be anything."""
    name = url.partition("#")[0].rpartition("/")[2]
    try:
        return SpecifierSet(f"=={parse_wheel_filename(name)[1]}")
    except InvalidWheelFilename:
        return ANY


def pyproject(path: Path) -> tuple[Declared, ...]:
    """The dependencies of a project: what it always needs, and what no other list has, from its extras and groups."""
    text = read(path)
    if text is None:
        return ()
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError):
        return ()
    main = [*_listed(_at(document, "project", "dependencies"), path, text), *_poetry(document, path, text, ())]
    known = {declared.package for declared in main}
    further = [declared for declared in _further(document, path, text) if declared.package not in known]
    return (*main, *(Declared(d.package, d.specifier, d.path, d.line, conditional=True) for d in further))


def _further(document: Mapping[str, Any], path: Path, text: str) -> Iterator[Declared]:
    tables = [("project", "optional-dependencies"), ("dependency-groups",)]
    for lists in (_at(document, *keys) for keys in tables):
        for entries in lists.values() if isinstance(lists, dict) else ():
            yield from _listed(entries, path, text)
    yield from _listed(_at(document, "tool", "uv", "dev-dependencies"), path, text)
    groups = _at(document, "tool", "poetry", "group")
    for name in groups if isinstance(groups, dict) else ():
        yield from _poetry(document, path, text, ("group", name))


def _at(document: object, *keys: str) -> object:
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _listed(entries: object, path: Path, text: str) -> Iterator[Declared]:
    for entry in entries if isinstance(entries, list) else ():
        declared = _requirement(entry, path, line_of(text, entry)) if isinstance(entry, str) else None
        if declared is not None:
            yield declared


def _poetry(document: Mapping[str, Any], path: Path, text: str, group: tuple[str, ...]) -> Iterator[Declared]:
    table = _at(document, "tool", "poetry", *group, "dependencies")
    for name, given in table.items() if isinstance(table, dict) else ():
        if name == "python":
            continue
        line = line_of(text, f"\n{name} =") + 1
        rows = given if isinstance(given, list) else [given]
        choices = [choice for row in rows for choice in _constraints(row)]
        for choice in choices:
            yield Declared(canonical(name), choice, path, line, conditional=len(choices) > 1)


def _constraints(row: object) -> Iterable[SpecifierSet]:
    version = row.get("version") if isinstance(row, dict) else row
    if not isinstance(version, str):
        return (ANY,)
    plain = parse(version)
    return (plain,) if plain is not None and "~" not in version else parse_poetry(version)
