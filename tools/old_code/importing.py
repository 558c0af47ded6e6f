"""Run by the interpreter of an environment: imports what is asked on standard input and says of each what came of it.

Nothing of streamlint or of its tools is imported here. In and out go JSON lists: pairs of a module and a name ("" for the module
alone) and, for each, a pair of the outcome and what is missing. Arguments are more folders with modules.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import json
import sys
import warnings
from pathlib import Path

PACKAGE = "llama_index"


def outcome(module: str, name: str) -> tuple[str, str]:
    """`imported`; `read` with what is not installed, where the name stands in the module's text; else what failed."""
    try:
        held = importlib.import_module(module)
        if not name or name == "*" or hasattr(held, name):
            return "imported", ""
        importlib.import_module(f"{module}.{name}")
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing == f"{module}.{name}":
            return "no such name", name
        if missing == PACKAGE or missing.startswith(f"{PACKAGE}."):
            return "no such module", missing
        return ("read" if _is_bound(module, name) else "needs another package"), missing
    except Exception as error:  # noqa: BLE001  # whatever a module of somebody else does when it is imported
        said = f"{type(error).__name__}: {error}".splitlines()[0][:80]
        return ("read" if _is_bound(module, name) else "fails when it is imported"), said
    return "imported", ""


def _is_bound(module: str, name: str) -> bool:
    """Whether the text of a module that is not importable here binds a name at its top level."""
    return any(
        not name or name == "*" or name in _bound(ast.parse(path.read_text("utf-8")))
        for folder in sys.path
        for path in _files(Path(folder), module)
        if path.is_file()
    )


def _files(folder: Path, module: str) -> tuple[Path, Path]:
    inner = folder.joinpath(*module.split("."))
    return inner / "__init__.py", inner.with_suffix(".py")


def _bound(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found.update(alias.asname or alias.name for alias in names)
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
    return found


def main() -> None:
    """The command."""
    warnings.simplefilter("ignore")
    sys.path += sys.argv[1:]
    asked = json.load(sys.stdin)
    with contextlib.redirect_stdout(io.StringIO()):
        answers = [outcome(module, name) for module, name in asked]
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
