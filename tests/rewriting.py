"""Changes a program in ways after which its expressions mean what they meant before."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from .programs import LOCALS, Modules

Pick = Callable[[Sequence[object]], object]
_OTHERS = dict(zip(LOCALS, ("q", "r", "s", "t"), strict=True))
"""Names as long as those that they replace, so that every place stays."""
NEW = "told"
"""The name of what is added."""


def tidy(modules: Modules) -> Modules:
    """The same program as `ast` writes it, so that two of them can be compared place by place."""
    return {name: _text(ast.parse(text)) for name, text in modules.items()}


def _text(tree: ast.Module) -> str:
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


# Other names


class _Renaming(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.copy_location(ast.Name(self._names.get(node.id, node.id), node.ctx), node)

    def visit_MatchAs(self, node: ast.MatchAs) -> ast.AST:
        node.name = self._names.get(node.name, node.name) if node.name is not None else None
        return self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> ast.Global:
        return ast.Global([self._names.get(name, name) for name in node.names])

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.Nonlocal:
        return ast.Nonlocal([self._names.get(name, name) for name in node.names])


def renamed_everywhere(modules: Modules) -> Modules:
    """All variables have other names, in all modules."""
    return {name: _text(_Renaming(_OTHERS).visit(ast.parse(text))) for name, text in modules.items()}


def renamed_in_a_function(modules: Modules) -> Iterator[Modules]:
    """One local variable of one function has another name."""
    for name, text in modules.items():
        for number, old in _own_variables(ast.parse(text)):
            tree = ast.parse(text)
            function = list(ast.walk(tree))[number]
            _Renaming({old: _OTHERS[old]}).visit(function)
            yield {**modules, name: _text(tree)}


def _own_variables(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Variables that a function binds and no function within it mentions, by where the function stands in a walk."""
    for number, function in enumerate(ast.walk(tree)):
        if not isinstance(function, ast.FunctionDef):
            continue
        nodes = list(ast.walk(function))
        inner = [
            one for one in nodes if isinstance(one, ast.FunctionDef | ast.ClassDef | ast.Lambda) and one is not function
        ]
        taken = {name.id for one in inner for name in ast.walk(one) if isinstance(name, ast.Name)}
        taken |= {name for one in nodes if isinstance(one, ast.Global | ast.Nonlocal) for name in one.names}
        defaults = [*function.args.defaults, *function.args.kw_defaults, *function.decorator_list]
        taken |= {name.id for one in defaults if one for name in ast.walk(one) if isinstance(name, ast.Name)}
        bound = {one.id for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
        yield from ((number, name) for name in sorted(bound - taken) if name in LOCALS)


# An expression elsewhere

_LATER = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.IfExp, ast.BoolOp)
"""What may evaluate its parts later, often, or not at all."""
_BOUND = (ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.JoinedStr)
"""A statement with one of these is left as it is: it binds names, stops in between, or holds texts that are no expressions."""


def places(tree: ast.Module) -> Iterator[tuple[list[ast.stmt], int, ast.expr]]:
    """Expressions that are evaluated once when their statement runs: the block, the statement's number in it, the expression."""
    for parent in ast.walk(tree):
        for block in (getattr(parent, name, None) for name in ("body", "orelse", "finalbody")):
            for number, statement in enumerate(block if isinstance(block, list) else ()):
                value = statement.value if isinstance(statement, ast.Assign | ast.Expr | ast.Return) else None
                if value is not None and not any(isinstance(one, _BOUND) for one in ast.walk(statement)):
                    yield from ((block, number, one) for one in _evaluated(value))


def _evaluated(expression: ast.expr) -> Iterator[ast.expr]:
    pending = [expression]
    while pending:
        current = pending.pop()
        is_part = isinstance(current, ast.Starred | ast.Slice) or _is_super(current)
        if not is_part:
            yield current
        if not isinstance(current, _LATER):
            pending += [child for child in ast.iter_child_nodes(current) if isinstance(child, ast.expr)]
            pending += [one.value for one in ast.iter_child_nodes(current) if isinstance(one, ast.keyword)]


def _is_super(node: ast.expr) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "super" for one in ast.walk(node))


class _Replacing(ast.NodeTransformer):
    def __init__(self, old: ast.expr, new: ast.expr) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else super().visit(node)


def named(text: str, choice: int) -> tuple[ast.expr, str] | None:
    """An expression, and the text in which the name `NEW` stands in its place, bound in the line before."""
    tree = ast.parse(text)
    found = list(places(tree))
    if not found:
        return None
    block, number, expression = found[choice % len(found)]
    block[number] = _Replacing(expression, ast.Name(NEW, ast.Load())).visit(block[number])
    block.insert(number, ast.Assign([ast.Name(NEW, ast.Store())], expression))
    return expression, _text(tree)


def outlined(text: str, choice: int) -> tuple[ast.expr, str] | None:
    """An expression, and the text in which a call of the function `NEW` stands in its place, which is given all its names."""
    tree = ast.parse(text)
    found = list(places(tree))
    if not found:
        return None
    block, number, expression = found[choice % len(found)]
    names = sorted(
        {one.id for one in ast.walk(expression) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
    )
    call = ast.Call(ast.Name(NEW, ast.Load()), [ast.Name(name, ast.Load()) for name in names], [])
    block[number] = _Replacing(expression, call).visit(block[number])
    function = ast.parse(f"def {NEW}({', '.join(names)}):\n    pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = [ast.Return(expression)]
    tree.body.insert(0, function)
    return expression, _text(tree)
