"""A module that counts: the same code, which sets a byte each time that a statement in a function begins."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import CodeType

COUNTER = "streamlint_mutants_counter"
"""The name of the bytes in the globals of the module."""


def statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements in functions, the outer ones first."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            # functions in functions are walked on their own, and their statements come twice
            yield from (each for each in ast.walk(node) if isinstance(each, ast.stmt) and each is not node)


def names(statement: ast.stmt) -> Iterator[str]:
    """What a statement mentions, the statements in it left out."""
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name | ast.Attribute):
            yield node.id if isinstance(node, ast.Name) else node.attr
        pending += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]


def counted(text: str, path: str, numbers: dict[int, int]) -> CodeType:
    """The code of a module; `numbers` has the byte of each line on which a statement in a function begins."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                setattr(node, name, list(_with_counts(value, numbers)))
    return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


def _with_counts(body: list[ast.stmt], numbers: dict[int, int]) -> Iterator[ast.stmt]:
    for statement in body:
        if statement.lineno in numbers and not _is_first_text(statement, body):
            (count,) = ast.parse(f"{COUNTER}[{numbers[statement.lineno]}] = 1").body
            for node in ast.walk(count):
                ast.copy_location(node, statement)
            yield count
        yield statement


def _is_first_text(statement: ast.stmt, body: list[ast.stmt]) -> bool:
    """Whether it is the documentation of what it stands in."""
    return statement is body[0] and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
