"""The sizes of the house: small files, short functions, and the few exceptions by name. The imports are held by `import-linter`."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent / "streamlint"
LARGEST = 400
LARGER = {
    "knowledge/frameworks.py": "one table with five kinds of rows that name each other, and its questions",
    "knowledge/llama_index.py": "the questions about one library, each a few lines over the same few tables",
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
