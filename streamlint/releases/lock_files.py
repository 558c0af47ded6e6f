"""What the lock files say: uv, Poetry, PDM, pylock.toml and Pipenv. A file that cannot be read says nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from packaging.specifiers import SpecifierSet

from streamlint.releases.ranges import parse
from streamlint.releases.requirement_files import Declared, canonical, line_of, read

NAMES = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock")
# A lock file has a megabyte and more, and tomllib takes a second for it; programs write these two lines always alike.
_PACKAGE = re.compile(r"^\[\[packages?\]\]\r?\n((?:(?!\[).*\r?\n)*)", re.MULTILINE)
_FIELD = re.compile(r"""^(name|version) = (?:"([^"\n]*)"|'([^'\n]*)')""", re.MULTILINE)
_CONFLICT = re.compile(r"^<<<<<<< ", re.MULTILINE)


def declarations(path: Path) -> tuple[Declared, ...]:
    """The packages of a lock file; one that is locked for several environments comes several times."""
    text = read(path)
    if text is None or _CONFLICT.search(text):
        return ()
    return tuple(_pipenv(path, text) if path.name == "Pipfile.lock" else _tables(path, text))


def _tables(path: Path, text: str) -> Iterator[Declared]:
    line, counted = 1, 0
    for match in _PACKAGE.finditer(text + "\n"):
        fields = {each[1]: each[2] or each[3] or "" for each in _FIELD.finditer(match[1])}
        line += text.count("\n", counted, match.start())
        counted = match.start()
        specifier = _exactly(fields.get("version", ""))
        if fields.get("name") and specifier is not None:
            yield Declared(canonical(fields["name"]), specifier, path, line + 1, conditional=True)


def _pipenv(path: Path, text: str) -> Iterator[Declared]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return
    for section in ("default", "develop"):
        packages = document.get(section) if isinstance(document, dict) else None
        for name, row in packages.items() if isinstance(packages, dict) else ():
            version = row.get("version") if isinstance(row, dict) else None
            specifier = parse(version) if isinstance(version, str) else None
            if specifier is not None:
                yield Declared(canonical(name), specifier, path, line_of(text, f'"{name}": {{'), conditional=True)


def _exactly(version: str) -> SpecifierSet | None:
    return parse(f"=={version}") if version else None
