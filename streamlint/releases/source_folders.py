"""Where packaging files and settings of tests say that packages are: in a project, its workspace, and what it names by a path."""

from __future__ import annotations

import ast
import re
import tomllib
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from streamlint import disk
from streamlint.immutable import immutable
from streamlint.model.import_roots import ImportRoots
from streamlint.source import Source, UnreadableFile
from streamlint.surroundings import ini_file
from streamlint.surroundings.names import LARGEST_DECLARING

Table = Mapping[str, Any]
Placed = tuple[dict[str, str], list[str]]
"""The folders of packages, of all of them under "", and those in which packages are looked for."""
_FIND = ("find_packages", "find_namespace_packages")
_MOST = 200
"""Folders of a workspace that are looked at."""
_ROOTS = (
    ("tool", "uv", "build-backend", "module-root"),
    ("tool", "pdm", "build", "package-dir"),
    ("tool", "maturin", "python-source"),
    ("tool", "setuptools", "packages", "find", "where"),
    ("tool", "hatch", "build", "targets", "wheel", "sources"),
    ("tool", "hatch", "build", "sources"),
    ("tool", "pytest", "ini_options", "pythonpath"),
    ("tool", "pyright", "extraPaths"),
)
"""Keys of `pyproject.toml` under which folders stand that hold packages."""
_PACKAGES = (
    ("tool", "hatch", "build", "targets", "wheel", "packages"),
    ("tool", "hatch", "build", "packages"),
    ("tool", "flit", "module", "directory"),
)
"""Keys under which the packages stand themselves."""


@immutable
class SourceFolders:
    """Where imports start, and in `beside` the other projects whose code is imported."""

    imports: ImportRoots
    beside: tuple[Path, ...]


def source_folders(root: Path) -> SourceFolders:
    """What the packaging files of a project say, with all that it needs of its workspace and by paths."""
    documents = _Documents()
    roots: dict[Path, None] = {}
    packages: dict[str, Path] = {}
    projects, pending = [root], [root]
    while pending:
        folder = pending.pop(0)
        own = _own(folder, documents.of(folder))
        roots.update(dict.fromkeys((folder, folder / "src", *own.folders) if folder != root else own.folders))
        packages = {**own.packages, **packages}
        new = [other for other in dict.fromkeys(documents.needed(folder)) if other not in projects]
        projects += new
        pending += new
    outside = tuple(one for one in projects if not one.is_relative_to(root) and not root.is_relative_to(one))
    return SourceFolders(ImportRoots(tuple(roots), packages), outside)


def _own(folder: Path, document: Table) -> ImportRoots:
    roots = [folder / each for keys in _ROOTS for each in _texts(_at(document, *keys))]
    roots += [(folder / each).parent for keys in _PACKAGES for each in _texts(_at(document, *keys))]
    roots += [folder / each["from"] for each in _tables(_at(document, "tool", "poetry", "packages")) if "from" in each]
    placed = _named(_at(document, "tool", "setuptools", "package-dir"))
    for more, searched in (_of_cfg(folder), _of_setup(folder)):
        placed.update(more)
        roots += [folder / each for each in searched]
    roots += [folder / placed.pop("")] if "" in placed else []
    packages = {name: folder / where for name, where in placed.items()}
    return ImportRoots(tuple(one for one in roots if one != folder and disk.is_folder(one)), packages)


class _Documents:
    """`pyproject.toml` of each folder, read once, and what these say of each other."""

    def __init__(self) -> None:
        self._read: dict[Path, Table] = {}

    def of(self, folder: Path) -> Table:
        if folder not in self._read:
            try:
                self._read[folder] = tomllib.loads(_text(folder / "pyproject.toml"))
            except (tomllib.TOMLDecodeError, RecursionError):
                self._read[folder] = {}
        return self._read[folder]

    def needed(self, folder: Path) -> Iterator[Path]:
        """The projects that one names: by a path, as members of its workspace, as packages of the workspace around it."""
        document = self.of(folder)
        yield from _folders(folder, (*_named_by_path(document), *_patterns(document)))
        names = _dependencies(document)
        for around in folder.parents if names else ():
            members = tuple(_folders(around, _patterns(self.of(around))))
            if folder in members:
                yield from (one for one in members if _name(self.of(one)) in names)
                return


# Other formats


def _of_cfg(folder: Path) -> Placed:
    document = ini_file.read(_text(folder / "setup.cfg"))
    pairs = (line.value.partition("=") for line in document.under("options", "package_dir"))
    found = {name.strip(): where.strip() for name, sign, where in pairs if sign}
    return found, [line.value for line in document.under("options.packages.find", "where")]


def _of_setup(folder: Path) -> Placed:
    """What the literals in `setup.py` say."""
    text = _text(folder / "setup.py")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text if "setup(" in text else "")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}, []
    placed: dict[str, str] = {}
    searched: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "package_dir":
            placed.update(_named(_literal(node.value)))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _FIND:
            where = [*node.args[:1], *(each.value for each in node.keywords if each.arg == "where")]
            searched += [each for one in where for each in _texts(_literal(one))]
    return placed, searched


def _literal(node: ast.expr) -> object:
    try:
        value: object = ast.literal_eval(node)
        return value
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


# What is needed beside


def _folders(base: Path, named: Iterable[str]) -> Iterator[Path]:
    """The projects that paths and patterns mean, links and all that leads elsewhere resolved."""
    for one in named:
        for path in map(Path, disk.matching(base, one)[:_MOST]):
            if disk.is_file(path / "pyproject.toml") or disk.is_file(path / "setup.py"):
                yield Path(disk.real(path))


def _patterns(document: Table) -> tuple[str, ...]:
    return tuple(_texts(_at(document, "tool", "uv", "workspace", "members")))


def _named_by_path(document: Table) -> Iterator[str]:
    poetry = _at(document, "tool", "poetry")
    homes = [_at(document, "tool", "uv", "sources"), _at(poetry, "dependencies")]
    homes += [_at(group, "dependencies") for group in _tables(_at(poetry, "group"))]
    for home in homes:
        yield from (each["path"] for each in _tables(home) if isinstance(each.get("path"), str))


def _dependencies(document: Table) -> frozenset[str]:
    listed = _texts(_at(document, "project", "dependencies"))
    return frozenset(_plain(re.split(r"[^\w.-]", each.strip(), maxsplit=1)[0]) for each in listed)


def _name(document: Table) -> str:
    name = _at(document, "project", "name") or _at(document, "tool", "poetry", "name")
    return _plain(name) if isinstance(name, str) else ""


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# TOML


def _text(path: Path) -> str:
    try:
        return Source.read_plain(path, LARGEST_DECLARING).text
    except UnreadableFile:
        return ""


def _at(table: object, *keys: str) -> object:
    for key in keys:
        table = table.get(key) if isinstance(table, Mapping) else None
    return table


def _texts(value: object) -> Iterator[str]:
    """A text, those of a list, or the keys of a table that stands for a list."""
    values = (value,) if isinstance(value, str) else value
    yield from (each for each in values if isinstance(each, str)) if isinstance(values, list | tuple | Mapping) else ()


def _tables(value: object) -> Iterator[Table]:
    values = value.values() if isinstance(value, Mapping) else value
    yield from (each for each in values if isinstance(each, Mapping)) if isinstance(values, Iterable) else ()


def _named(value: object) -> dict[str, str]:
    pairs = value.items() if isinstance(value, Mapping) else ()
    return {name: where for name, where in pairs if isinstance(name, str) and isinstance(where, str)}
