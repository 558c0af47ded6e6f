"""More ways to write one program: imports, helpers, routes and faults twice, annotations, documentation, walruses, f-strings."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from copy import deepcopy

Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_IMPORTS = (ast.Import, ast.ImportFrom)


def documented(tree: ast.Module, _: random.Random) -> ast.Module:
    """Each function says what it does."""
    for function in _functions(tree):
        if ast.get_docstring(function) is None:
            function.body.insert(0, ast.Expr(ast.Constant("What this does.")))
    return tree


def annotated(tree: ast.Module, _: random.Random) -> ast.Module:
    """Locals that are bound once say what they are."""
    for function in _functions(tree):
        stored = [one.id for one in ast.walk(function) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]
        told = {name for one in ast.walk(function) if isinstance(one, ast.Global | ast.Nonlocal) for name in one.names}
        for block in _blocks(function):
            for at, line in enumerate(block):
                if isinstance(line, ast.Assign) and len(line.targets) == 1 and isinstance(line.targets[0], ast.Name):
                    target = line.targets[0]
                    if stored.count(target.id) == 1 and target.id not in told:
                        block[at] = ast.AnnAssign(target, ast.Name("object", ast.Load()), line.value, 1)
    return tree


def aliased(tree: ast.Module, mixed: random.Random) -> ast.Module:
    """What the top of the module imports from others has other names here."""
    number = mixed.randrange(100)
    renamed: dict[str, str] = {}
    bound = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    bound |= {one.arg for one in ast.walk(tree) if isinstance(one, ast.arg)}
    for line in tree.body:
        if isinstance(line, ast.ImportFrom) and line.module != "__future__":
            for alias in line.names:
                name = alias.asname or alias.name
                if name != "*" and name not in bound:
                    alias.asname = renamed[name] = f"{name}_{number}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = renamed.get(node.id, node.id)
    return tree


def local(tree: ast.Module, _: random.Random) -> ast.Module:
    """What only functions use is imported in them."""
    top = {
        one.id
        for line in tree.body
        for one in ast.walk(line if not isinstance(line, _FUNCTIONS) else _head(line))
        if isinstance(one, ast.Name)
    }
    lines = [line for line in tree.body if isinstance(line, _IMPORTS) and _bound(line).isdisjoint(top)]
    for function in tree.body:
        if isinstance(function, _FUNCTIONS):
            used = {one.id for line in function.body for one in ast.walk(line) if isinstance(one, ast.Name)}
            needed = [deepcopy(line) for line in lines if not _bound(line).isdisjoint(used)]
            at = 1 if ast.get_docstring(function) is not None else 0
            function.body[at:at] = [line for line in needed if getattr(line, "module", "") != "__future__"]
    tree.body = [
        line for line in tree.body if line not in lines or getattr(line, "module", "") == "__future__"
    ] or tree.body
    return tree


def _head(function: Function) -> ast.AST:
    """What is evaluated where a function is defined."""
    defaults = [*function.args.defaults, *(one for one in function.args.kw_defaults if one is not None)]
    hints = [one.annotation for one in ast.walk(function.args) if isinstance(one, ast.arg) and one.annotation]
    parts = [*function.decorator_list, *defaults, *hints, *([function.returns] if function.returns else [])]
    return ast.Tuple(parts, ast.Load())


def repeated(tree: ast.Module, _: random.Random) -> ast.Module:
    """Each function that is registered by a decorator with a path is there twice, under another path."""
    body: list[ast.stmt] = []
    for line in tree.body:
        body.append(line)
        if isinstance(line, _FUNCTIONS) and any(_path(one) for one in line.decorator_list):
            again = deepcopy(line)
            again.name = f"{line.name}_again"
            for constant in filter(None, map(_path, again.decorator_list)):
                constant.value = f"/again{constant.value!s}"
            body.append(again)
    tree.body = body
    return tree


def _path(decorator: ast.expr) -> ast.Constant | None:
    first = decorator.args[0] if isinstance(decorator, ast.Call) and decorator.args else None
    is_path = isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.startswith("/")
    return first if is_path and isinstance(first, ast.Constant) else None


def doubled(tree: ast.Module, _: random.Random) -> ast.Module:
    """The body of each function stands in both arms of a decision."""
    for function in _functions(tree):
        told = [one for one in function.body if isinstance(one, ast.Global | ast.Nonlocal)]
        rest = [one for one in function.body if one not in told]
        test = ast.parse("len(__name__) > 3", mode="eval").body
        function.body = [*told, ast.If(test, rest, deepcopy(rest))]
    return tree


def extracted(tree: ast.Module, _: random.Random) -> ast.Module:
    """A call of a method of a global, which a local is bound to, is made by a helper."""
    outer = {
        one.id
        for line in tree.body
        if isinstance(line, ast.Assign)
        for one in line.targets
        if isinstance(one, ast.Name)
    }
    helpers: dict[str, ast.stmt] = {}
    for function in _functions(tree):
        for node in ast.walk(function):
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
                continue
            method = node.value.func
            if isinstance(method, ast.Attribute) and isinstance(method.value, ast.Name) and method.value.id in outer:
                name = f"{method.value.id}_{method.attr}"
                call = ast.unparse(method)
                text = f"def {name}(*arguments, **named):\n    return {call}(*arguments, **named)"
                helpers[name] = ast.parse(text).body[0]
                node.value.func = ast.Name(name, ast.Load())
    first = next((at for at, line in enumerate(tree.body) if isinstance(line, _FUNCTIONS)), len(tree.body))
    tree.body[first:first] = helpers.values()
    return tree


def walrused(tree: ast.Module, _: random.Random) -> ast.Module:
    """Locals are bound by expressions."""
    for function in _functions(tree):
        for block in _blocks(function):
            for at, line in enumerate(block):
                if (
                    not isinstance(line, ast.Assign)
                    or len(line.targets) != 1
                    or not isinstance(line.targets[0], ast.Name)
                ):
                    continue
                if not any(isinstance(one, ast.Await | ast.Yield | ast.YieldFrom) for one in ast.walk(line.value)):
                    block[at] = ast.Expr(ast.NamedExpr(line.targets[0], line.value))
    return tree


def interpolated(tree: ast.Module, _: random.Random) -> ast.Module:
    """Texts in functions are f-strings without a gap."""
    for function in _functions(tree):
        for line in function.body:
            _Interpolated().visit(line)
    return tree


class _Interpolated(ast.NodeTransformer):
    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return node if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_MatchValue(self, node: ast.MatchValue) -> ast.MatchValue:
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        is_plain = isinstance(node.value, str) and not set(node.value) & set("{}\\\n")
        return ast.JoinedStr([node]) if is_plain else node


def guarded(tree: ast.Module, _: random.Random) -> ast.Module:
    """All functions of the module stand in a block."""
    body: list[ast.stmt] = []
    for line in tree.body:
        held = isinstance(line, _FUNCTIONS)
        body.append(ast.If(ast.Constant(True), [line], []) if held else line)
    tree.body = body
    return tree


def _functions(tree: ast.Module) -> list[Function]:
    return [node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)]


def _blocks(function: Function) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(function):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and not isinstance(node, ast.ClassDef):
                yield block


def _bound(line: ast.Import | ast.ImportFrom) -> set[str]:
    return {alias.asname or alias.name.partition(".")[0] for alias in line.names}
