"""Which faults can be put into a text: for every node, the wrong nodes that a careless person might have written."""

from __future__ import annotations

import ast
import copy
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from tools.mutants.places import Places


@dataclass(frozen=True)
class Fault:
    """One edit of a text. `statement` is the line of the statement around it; 0 where that is not in a function."""

    path: str
    start: int
    end: int
    text: str
    what: str
    line: int
    statement: int
    names: tuple[str, ...] = ()
    """What the statement binds, where it stands outside of functions."""

    def apply(self, text: str) -> str:
        return text[: self.start] + self.text + text[self.end :]


@dataclass(frozen=True)
class _Around:
    """What a node stands in."""

    statement: ast.stmt | None = None
    function: ast.FunctionDef | ast.AsyncFunctionDef | None = None
    names: tuple[str, ...] = ()


_Place = ast.expr | ast.stmt | ast.match_case
_Wrong = tuple[str, _Place, ast.AST | str]
"""What is done, in place of which node, and what stands there then."""

_COMPARISONS: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_OPERATORS: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_SIBLINGS = {
    "any": "all", "all": "any", "min": "max", "max": "min", "startswith": "endswith", "endswith": "startswith",
    "partition": "rpartition", "rpartition": "partition", "removeprefix": "removesuffix", "removesuffix": "removeprefix",
}  # fmt: skip
_DEFAULTS = {
    "str": "''",
    "int": "0",
    "tuple": "()",
    "frozenset": "frozenset()",
    "dict": "{}",
    "list": "[]",
    "set": "set()",
}
_LEFT_OUT = (ast.Assert, ast.Import, ast.ImportFrom, ast.JoinedStr, ast.Global, ast.Nonlocal, ast.pattern)
_FIELDS_LEFT_OUT = ("annotation", "returns", "decorator_list", "type_params")


def faults(path: str, text: str) -> Iterator[Fault]:
    """All faults of a text, in the order of their places; a few of them are no Python, see `is_python`."""
    tree = ast.parse(text)
    places = Places(text)
    for node, around in _walk(tree, _Around()):
        for what, replaced, wrong in _wrongs(node, around):
            yield _fault(path, places, replaced, around, what, wrong)


def is_python(text: str) -> bool:
    """Whether a text can be compiled, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            compile(text, "<fault>", "exec", dont_inherit=True)
        except (SyntaxError, SyntaxWarning):
            return False
    return True


def _fault(path: str, places: Places, node: _Place, around: _Around, what: str, wrong: ast.AST | str) -> Fault:
    if isinstance(node, ast.match_case):
        end = places.span(node.pattern)[1]
        start, text, line = end, str(wrong), node.pattern.lineno
    else:
        start, end = places.span(node)
        written = wrong if isinstance(wrong, str) else ast.unparse(ast.fix_missing_locations(wrong))
        text = f"({written})" if isinstance(node, ast.expr) else written
        line = node.lineno
    inside = around.function is not None and around.statement is not None
    statement = around.statement.lineno if inside and around.statement else 0
    return Fault(path, start, end, text, what, line, statement, () if inside else around.names)


def _walk(node: ast.AST, around: _Around) -> Iterator[tuple[ast.AST, _Around]]:
    """Every node that may be broken, with what it stands in."""
    for field, value in ast.iter_fields(node):
        if field in _FIELDS_LEFT_OUT or (field == "body" and _is_for_type_checkers(node)):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, _LEFT_OUT) and not _is_documentation(child):
                inner = _inside(child, around)
                yield child, inner
                yield from _walk(child, _body_of(child, inner))


def _inside(child: ast.AST, around: _Around) -> _Around:
    if not isinstance(child, ast.stmt):
        return around
    return _Around(child, around.function, around.names if around.function else _bound(child))


def _body_of(child: ast.AST, around: _Around) -> _Around:
    if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
        return around
    # a default is judged with the first statement, which sees it
    return _Around(child.body[-1] if _is_documentation(child.body[0]) else child.body[0], child)


def _bound(statement: ast.stmt) -> tuple[str, ...]:
    match statement:
        case ast.Assign(targets=targets):
            return tuple(target.id for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.ClassDef(name=name):
            return (name,)
    return ()


def _is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def _is_documentation(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _wrongs(node: ast.AST, around: _Around) -> Iterator[_Wrong]:
    if _is_implied(node, around):
        return
    for kind, make in _MAKERS.items():
        if isinstance(node, kind):
            yield from make(node)
    if isinstance(node, ast.Return):
        yield from _returned(node, around)


def _is_implied(node: ast.AST, around: _Around) -> bool:
    """Whether it is a `return None` at the end of a function, which would give that without it too."""
    if not isinstance(node, ast.Return) or around.function is None or around.function.body[-1] is not node:
        return False
    return node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None)


Node = TypeVar("Node", bound=ast.AST)


def _changed(node: Node, **fields: object) -> Node:
    wrong = copy.deepcopy(node)
    for name, value in fields.items():
        setattr(wrong, name, value)
    return wrong


def _compare(node: ast.Compare) -> Iterator[_Wrong]:
    for index, operator in enumerate(node.ops):
        for other in _COMPARISONS[type(operator)]:
            yield "comparison changed", node, _changed(node, ops=[*node.ops[:index], other(), *node.ops[index + 1 :]])


def _boolean(node: ast.BoolOp) -> Iterator[_Wrong]:
    is_and = isinstance(node.op, ast.And)
    yield f"{'and' if is_and else 'or'} exchanged", node, _changed(node, op=ast.Or() if is_and else ast.And())
    for index in range(len(node.values)):
        rest = [*node.values[:index], *node.values[index + 1 :]]
        yield "operand dropped", node, rest[0] if len(rest) == 1 else _changed(node, values=rest)


def _unary(node: ast.UnaryOp) -> Iterator[_Wrong]:
    if isinstance(node.op, ast.Not | ast.USub):
        yield "negation dropped", node, node.operand


def _binary(node: ast.BinOp | ast.AugAssign) -> Iterator[_Wrong]:
    other = _OPERATORS.get(type(node.op))
    if other is not None:
        yield "operator exchanged", node, _changed(node, op=other())


def _constant(node: ast.Constant) -> Iterator[_Wrong]:
    match node.value:
        case bool() as value:
            yield "constant changed", node, ast.Constant(not value)
        case int() as value:
            yield "one more", node, ast.Constant(value + 1)
            if value > 0:
                yield "one less", node, ast.Constant(value - 1)
        case str() as value:
            yield "text changed", node, ast.Constant("" if value else "changed")


def _call(node: ast.Call) -> Iterator[_Wrong]:
    # a call that lost its only argument is an error at once
    if len(node.args) > 1:
        yield "argument dropped", node, _changed(node, args=node.args[:-1])
    for index in range(len(node.keywords)):
        keywords = [*node.keywords[:index], *node.keywords[index + 1 :]]
        yield "argument dropped", node, _changed(node, keywords=keywords)
    match node.func:
        case ast.Name(id=name) if name in _SIBLINGS:
            yield f"{name} exchanged", node, _changed(node, func=ast.Name(_SIBLINGS[name]))
        case ast.Attribute(attr=name) if name in _SIBLINGS:
            yield f"{name} exchanged", node, _changed(node, func=_changed(node.func, attr=_SIBLINGS[name]))


def _condition(node: ast.If | ast.While | ast.IfExp) -> Iterator[_Wrong]:
    if not _is_for_type_checkers(node):
        yield from _decided(node.test)


def _conditions(node: ast.comprehension) -> Iterator[_Wrong]:
    for condition in node.ifs:
        yield from _decided(condition)


def _case(node: ast.match_case) -> Iterator[_Wrong]:
    if node.guard is not None:
        yield from _decided(node.guard)
    else:
        yield "case never taken", node, " if False"


def _decided(test: ast.expr) -> Iterator[_Wrong]:
    for value in (True, False):
        yield f"condition always {value}", test, ast.Constant(value)


def _loop(node: ast.For | ast.AsyncFor) -> Iterator[_Wrong]:
    yield "loop never runs", node.iter, ast.Tuple([])


def _jump(node: ast.Break | ast.Continue) -> Iterator[_Wrong]:
    yield "jump exchanged", node, "continue" if isinstance(node, ast.Break) else "break"


def _statement(node: ast.stmt) -> Iterator[_Wrong]:
    yield "statement deleted", node, "pass"


def _assignment(node: ast.Assign) -> Iterator[_Wrong]:
    """A name that is nowhere bound is seen at once, an object that keeps its old value is not."""
    if any(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets):
        yield "statement deleted", node, "pass"


def _returned(node: ast.Return, around: _Around) -> Iterator[_Wrong]:
    """Another value of the type that the function returns."""
    if node.value is None:
        return
    annotation = around.function.returns if around.function else None
    declared = ast.unparse(annotation) if annotation is not None else ""
    if declared == "bool":
        yield "answer negated", node.value, ast.UnaryOp(ast.Not(), node.value)
        return
    default = _DEFAULTS.get(declared.partition("[")[0], "None")
    if ast.unparse(node.value) != default:
        yield "answer dropped", node, f"return {default}"


_MAKERS: Mapping[type[ast.AST] | tuple[type[ast.AST], ...], Callable[..., Iterator[_Wrong]]] = {
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    ast.UnaryOp: _unary,
    (ast.BinOp, ast.AugAssign): _binary,
    ast.Constant: _constant,
    ast.Call: _call,
    (ast.If, ast.While, ast.IfExp): _condition,
    ast.comprehension: _conditions,
    (ast.For, ast.AsyncFor): _loop,
    (ast.Break, ast.Continue): _jump,
    (ast.Expr, ast.AugAssign, ast.Return, ast.Raise, ast.Break, ast.Continue, ast.Delete): _statement,
    ast.Assign: _assignment,
    ast.match_case: _case,
}
