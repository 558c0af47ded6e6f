"""The names that a Python text binds and uses, and what it imports under them."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from streamlint.fix import Import
from streamlint.immutable import immutable

_ANY_WORD = re.compile(r"\w+")
WORD = re.compile(r"[^\W\d]\w*")
_TYPING_CALLS = {"cast", "TypeVar", "NewType", "TypeAliasType", "ForwardRef", "NamedTuple", "TypedDict"}
_IDENTIFIERS = {"name", "names", "rest", "kwd_attrs"}
"""Fields in which a node of Python's parser holds names as texts."""


def words(text: str) -> list[str]:
    """Every word of a text, as code or otherwise."""
    return _ANY_WORD.findall(text)


@immutable
class BoundName:
    """A name that the text binds; `origin` is what it imports under its own name, None for everything else."""

    name: str
    origin: Import | None = None


def top_level(module: ast.Module) -> Iterator[BoundName]:
    """What is imported whenever the module is."""
    statements: list[ast.stmt] = list(module.body)
    while statements:
        statement = statements.pop()
        if isinstance(statement, ast.Try):
            statements.extend(statement.body)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            yield from _bindings(statement)


def _bindings(node: ast.Import | ast.ImportFrom) -> Iterator[BoundName]:
    module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
    relative = isinstance(node, ast.ImportFrom) and node.level > 0
    for alias in node.names:
        name = alias.name
        if name == "*":
            continue
        own = not relative and alias.asname in (None, name)
        bound = alias.asname or (name if isinstance(node, ast.ImportFrom) else name.partition(".")[0])
        origin = Import(module, name) if isinstance(node, ast.ImportFrom) else Import(name)
        yield BoundName(bound, origin if own else None)


@cache
def _same_objects() -> dict[Import, Import]:
    text = resources.files("streamlint").joinpath("knowledge", "reexports.toml").read_text("utf-8")
    return {
        Import(module, name): Import(origin, name)
        for row in tomllib.loads(text)["reexport"]
        for module, origin in [(row["module"], row["origin"])]
        for name in row["names"]
    }


def canonical(needed: Import) -> Import:
    return _same_objects().get(needed, needed)


def clash(binding: BoundName, needed: Import) -> bool:
    if binding.name != needed.binds:
        return False
    if binding.origin is None:
        return True
    if not needed.name and not binding.origin.name:
        return False
    return canonical(binding.origin) != canonical(needed)


@lru_cache(maxsize=4)
def read(module: ast.Module) -> Reader:
    reader = Reader()
    reader.read(module)
    return reader


class _Visit(NamedTuple):
    """A node to look at; `in_class`: it stands directly in a class body; `typing`: strings in it may name types."""

    node: ast.AST
    in_class: bool = False
    typing: bool = False


class Reader:
    """The names that a text binds outside of class bodies, and those that it uses, also in annotations written as strings."""

    def __init__(self) -> None:
        self.bindings: list[BoundName] = []
        self.uses: set[str] = set()

    def read(self, module: ast.Module) -> None:
        """Read everything below, without recursion: a sum of a thousand terms is a thousand nodes deep."""
        pending: list[_Visit] = [_Visit(module)]
        while pending:
            visit = pending.pop()
            pending.extend(self._look(visit))

    def _look(self, visit: _Visit) -> Iterator[_Visit]:
        """Take in one node, and say what is left below it."""
        node, in_class, typing = visit.node, visit.in_class, visit.typing
        match node:
            case ast.Import() | ast.ImportFrom():
                self.bindings.extend(() if in_class else _bindings(node))
                return
            case ast.Name(id=name):
                self.uses.add(name)
                return
            case ast.Constant(value=value):
                self.uses.update(WORD.findall(value) if typing and isinstance(value, str) else ())
                return
            case ast.JoinedStr(values=values):
                yield from (_Visit(one, in_class, typing) for one in values if not isinstance(one, ast.Constant))
                return
        self._take_targets(node, in_class)
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                in_class = False
            case ast.ClassDef():
                in_class = True
            case ast.Subscript():
                typing = True
            case ast.Call():
                typing = typing or _is_typing(node)
            case ast.stmt():
                typing = _exports(node)
        for field, part in ast.iter_fields(node):
            is_typing = typing or field in ("annotation", "returns")
            for one in part if isinstance(part, list) else (part,):
                if isinstance(one, ast.AST):
                    yield _Visit(one, in_class, is_typing)
                elif isinstance(one, str) and field in _IDENTIFIERS:
                    self.uses.add(one)

    def _take_targets(self, node: ast.AST, in_class: bool) -> None:
        """Take in what a node binds itself."""
        match node:
            case ast.arg(arg=name):
                self.uses.add(name)
                self._bind(name, in_class)
            case ast.MatchAs(name=str(name)) | ast.ExceptHandler(name=str(name)):
                self._bind(name, in_class)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                self._bind(name, in_class)
            case ast.Assign(targets=targets):
                for target in targets:
                    self._bind(target, in_class)
            case ast.AnnAssign(target=target) | ast.NamedExpr(target=target) | ast.comprehension(target=target):
                self._bind(target, in_class)
            case (
                ast.For(target=target) | ast.AsyncFor(target=target) | ast.withitem(optional_vars=ast.expr() as target)
            ):
                self._bind(target, in_class)

    def _bind(self, target: ast.expr | str, in_class: bool) -> None:
        match target:
            case _ if in_class:
                pass
            case str(name) | ast.Name(id=name):
                self.bindings.append(BoundName(name))
            case ast.Starred(value=value):
                self._bind(value, in_class)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                for element in elements:
                    self._bind(element, in_class)


def _is_typing(call: ast.Call) -> bool:
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in _TYPING_CALLS


def _exports(statement: ast.stmt) -> bool:
    match statement:
        case ast.Assign(targets=[target, *_]) | ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return isinstance(target, ast.Name) and target.id == "__all__"
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="__all__")))):
            return True
    return False
