"""Which names of LlamaIndex a text imports, and which of them only releases before 0.10 have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "llama_index"
_LOADERS = ("import_module", "importlib.import_module")


@dataclass(frozen=True, order=True)
class Imported:
    """`from module import name`; without a name the module itself. `*` is a name."""

    module: str
    name: str = ""

    def __str__(self) -> str:
        return f"from {self.module} import {self.name}" if self.name else f"import {self.module}"


@dataclass(frozen=True)
class Place:
    """A name that is imported, with the file and line of its statement."""

    path: Path
    line: int
    imported: Imported


def places(path: Path, text: str) -> list[Place]:
    """Each name of LlamaIndex that a text imports by a statement or loads by the text of a module's name."""
    nodes = (node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.stmt, ast.expr)))
    return [Place(path, node.lineno, one) for node in nodes for one in _of(node)]


def _of(node: ast.AST) -> Iterator[Imported]:
    match node:
        case ast.Import(names=names):
            yield from (Imported(alias.name) for alias in names if _is_ours(alias.name))
        case ast.ImportFrom(module=str(module), names=names, level=0) if _is_ours(module):
            yield from (Imported(module, alias.name) for alias in names)
        case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]) if ast.unparse(function) in _LOADERS:
            if _is_ours(name):
                yield Imported(name)


def _is_ours(module: str) -> bool:
    return module == PACKAGE or module.startswith(f"{PACKAGE}.")
