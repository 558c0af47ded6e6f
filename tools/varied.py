"""One program written in other ways, which mean the same: names, blocks, the order of functions, decorators, locals."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator

from tools.recast import (
    aliased,
    annotated,
    documented,
    doubled,
    extracted,
    guarded,
    interpolated,
    local,
    repeated,
    walrused,
)
from tools.respelt import SPELLINGS

Change = Callable[[ast.Module, random.Random], ast.Module]
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def varied(text: str, seed: int) -> Iterator[tuple[str, str]]:
    """The program with each change alone, and with the first of them together; each with the name of what was done."""
    mixed = random.Random(seed)
    for change in CHANGES:
        yield change.__name__, changed(text, mixed, change)
    for spelling in SPELLINGS:
        yield spelling.__name__, spelling(text)
    yield "all", changed(text, mixed, *_TOGETHER)


def changed(text: str, mixed: random.Random, *changes: Change) -> str:
    tree = ast.parse(text)
    for change in changes:
        tree = change(tree, mixed)
    return f"{ast.unparse(ast.fix_missing_locations(tree))}\n"


def renamed(tree: ast.Module, mixed: random.Random) -> ast.Module:
    """Local names get a number."""
    functions = [node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)]
    stored = {
        node.id
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    outside = {
        node.id
        for one in tree.body
        if not isinstance(one, _FUNCTIONS)
        for node in ast.walk(one)
        if isinstance(node, ast.Name)
    }
    given = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    told = {name for node in ast.walk(tree) if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
    number = mixed.randrange(100)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in stored - outside - given - told:
            node.id = f"{node.id}_{number}"
    return tree


def wrapped(tree: ast.Module, mixed: random.Random) -> ast.Module:
    """The body of each function stands in a block."""
    for function in (node for node in list(ast.walk(tree)) if isinstance(node, _FUNCTIONS)):
        declared = [one for one in function.body if isinstance(one, ast.Global | ast.Nonlocal)]
        rest = [one for one in function.body if one not in declared]
        block = mixed.choice(
            ("if function:\n    pass", "try:\n    pass\nfinally:\n    print()", "with open('a'):\n    pass")
        )
        outer = ast.parse(block.replace("function", "True")).body[0]
        assert isinstance(outer, ast.If | ast.Try | ast.With)
        outer.body = rest or [ast.Pass()]
        function.body = [*declared, outer]
    return tree


def reordered(tree: ast.Module, mixed: random.Random) -> ast.Module:
    """Functions that stand one after the other change places."""
    body, start = tree.body, 0
    while start < len(body):
        end = start
        while end < len(body) and isinstance(body[end], _FUNCTIONS):
            end += 1
        body[start:end] = mixed.sample(body[start:end], end - start)
        start = end + 1
    return tree


def decorated(tree: ast.Module, _: random.Random) -> ast.Module:
    """Each function has one decorator more, which changes nothing."""
    for function in (node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)):
        function.decorator_list.append(ast.Name("as_it_is", ast.Load()))
    first = next((at for at, one in enumerate(tree.body) if not _is_at_the_top(one)), len(tree.body))
    tree.body[first:first] = ast.parse("def as_it_is(function):\n    return function\n").body
    return tree


def named(tree: ast.Module, _: random.Random) -> ast.Module:
    """What is returned has a name first."""
    return _Named().visit(tree)  # type: ignore[no-any-return]  # a module stays one


class _Named(ast.NodeTransformer):
    def visit_Return(self, node: ast.Return) -> list[ast.stmt] | ast.Return:
        if node.value is None:
            return node
        return [ast.Assign([ast.Name("result", ast.Store())], node.value), ast.Return(ast.Name("result", ast.Load()))]


def _is_at_the_top(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Import | ast.ImportFrom | ast.Expr)


_TOGETHER: tuple[Change, ...] = (renamed, wrapped, reordered, decorated, named)
CHANGES: tuple[Change, ...] = (
    *_TOGETHER,
    documented,
    annotated,
    aliased,
    local,
    repeated,
    doubled,
    extracted,
    walrused,
    interpolated,
    guarded,
)
