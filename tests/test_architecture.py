"""The sizes of the house: small files, short functions, and the few exceptions by name. The imports are held by `import-linter`."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent / "streamlint"
LARGEST = 400
LARGER = {
    "knowledge/llama_index.py": "the questions about one library, each a few lines over the same few tables",
}


PAST_DISK = {
    "disk.py": "answers and keeps count",
    "cli.py": "where two reports would be one file",
    "git.py": "says itself that the answer depends on more",
    "kept/circumstances.py": "its own program, by its files",
    "kept/folder.py": "what it keeps",
    "imports/names.py": "a table of its own",
    "knowledge/table.py": "a table of its own",
    "output.py": "a stream that broke",
    "outputs.py": "the files of reports",
    "rule.py": "its own rules",
    "saving.py": "writes",
    "search_path.py": "before all else, where modules come from",
    "since.py": "asks git, which says so",
    "writing.py": "writes",
    "fixing.py": "writes",
}
"""What may ask the disk itself, and why no later run has to ask the same."""
QUESTIONS = {"exists", "iterdir", "glob", "rglob", "read_bytes", "read_text", "resolve", "samefile"}
OF_THE_SYSTEM = {
    "exists",
    "isdir",
    "isfile",
    "islink",
    "lexists",
    "listdir",
    "lstat",
    "open",
    "realpath",
    "scandir",
    "stat",
    "walk",
}


@cache
def texts() -> dict[str, str]:
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py")}


def lengths() -> dict[str, int]:
    return {name: text.count("\n") for name, text in texts().items()}


def test_only_the_named_files_are_large() -> None:
    assert {name for name, length in lengths().items() if length > LARGEST} == set(LARGER)


def test_most_files_are_read_at_a_glance() -> None:
    assert median(sum(map(bool, text.split("\n"))) for text in texts().values()) < 120  # empty lines left out


def test_most_functions_are_short() -> None:
    functions = [
        node.end_lineno - node.lineno + 1
        for text in texts().values()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None
    ]
    assert max(functions) <= 40
    assert sum(length < 12 for length in functions) > 0.75 * len(functions)


def _asks_the_disk(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    match node.func:
        case ast.Name(id=name):
            return name == "open"
        case ast.Attribute(value=ast.Name(id="os") | ast.Attribute(value=ast.Name(id="os"), attr="path"), attr=name):
            return name in OF_THE_SYSTEM
        case ast.Attribute(value=ast.Name(id="disk")):
            return False
        case ast.Attribute(value=value, attr="resolve" | "glob" as name):
            return "path" in ast.unparse(value).lower() and "modules" not in ast.unparse(value)
        case ast.Attribute(attr=name):
            return name in QUESTIONS
    return False


def test_only_those_ask_the_disk_that_may() -> None:
    asking = {name for name, text in texts().items() if any(map(_asks_the_disk, ast.walk(ast.parse(text))))}
    assert {name for name in asking if not name.startswith("witnessing/")} == set(PAST_DISK)
