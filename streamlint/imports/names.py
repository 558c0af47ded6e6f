"""The names that a Python text binds and uses, and what it imports under them."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

import libcst as cst

from streamlint.fix import Import
from streamlint.form_feeds import straighten
from streamlint.imports.statements import aliases, asname, dotted, imports
from streamlint.timings import TREES, phase

_ANY_WORD = re.compile(r"\w+")
WORD = re.compile(r"[^\W\d]\w*")
_LAYOUT = re.compile(
    "whitespace|leading_lines|lines_after|header|footer|lpar|rpar|lbra|rbra|comma|semicolon|equal|newline"
)
_TYPING_CALLS = {"cast", "TypeVar", "NewType", "TypeAliasType", "ForwardRef", "NamedTuple", "TypedDict"}


@lru_cache(maxsize=4)
def parse(text: str) -> cst.Module | None:
    """The module, or None where libcst cannot read the text."""
    try:
        with phase(TREES):
            return cst.parse_module(straighten(text).text)
    except (cst.ParserSyntaxError, RecursionError):
        return None


def words(text: str) -> list[str]:
    """Every word of a text, as code or otherwise."""
    return _ANY_WORD.findall(text)


@dataclasses.dataclass(frozen=True)
class BoundName:
    """A name that the text binds; `origin` is what it imports under its own name, None for everything else."""

    name: str
    origin: Import | None = None


def top_level(module: cst.Module) -> Iterator[BoundName]:
    """What is imported whenever the module is."""
    statements: list[cst.CSTNode] = list(module.body)
    while statements:
        statement = statements.pop()
        if isinstance(statement, cst.Try) and isinstance(statement.body, cst.IndentedBlock):
            statements.extend(statement.body.body)
        for node in imports(statement):
            yield from _bindings(node)


def _bindings(node: cst.Import | cst.ImportFrom) -> Iterator[BoundName]:
    module = dotted(node.module) if isinstance(node, cst.ImportFrom) else ""
    relative = isinstance(node, cst.ImportFrom) and bool(node.relative)
    for alias in aliases(node):
        name = dotted(alias.name)
        own = not relative and asname(alias) in ("", name)
        bound = asname(alias) or (name if isinstance(node, cst.ImportFrom) else name.partition(".")[0])
        origin = Import(module, name) if isinstance(node, cst.ImportFrom) else Import(name)
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
def read(module: cst.Module) -> Reader:
    reader = Reader()
    reader.read(module)
    return reader


class _Visit(NamedTuple):
    """A node to look at; `in_class`: it stands directly in a class body; `typing`: strings in it may name types."""

    node: cst.CSTNode
    in_class: bool = False
    typing: bool = False


class Reader:
    """The names that a text binds outside of class bodies, and those that it uses, also in annotations written as strings.

    A walk of its own: libcst's visitors also visit the white space, and take ten times as long.
    """

    def __init__(self) -> None:
        self.bindings: list[BoundName] = []
        self.uses: set[str] = set()

    def read(self, module: cst.Module) -> None:
        """Read everything below, without recursion: a sum of a thousand terms is a thousand nodes deep."""
        pending: list[_Visit] = [_Visit(module)]
        while pending:
            visit = pending.pop()
            pending.extend(self._look(visit))

    def _look(self, visit: _Visit) -> Iterator[_Visit]:
        """Take in one node, and say what is left below it."""
        node, in_class, typing = visit.node, visit.in_class, visit.typing
        match node:
            case cst.Import() | cst.ImportFrom():
                self.bindings.extend(() if in_class else _bindings(node))
                return
            case cst.Name():
                self.uses.add(node.value)
                return
            case cst.SimpleString():
                self.uses.update(WORD.findall(node.value) if typing else ())
                return
            case cst.Attribute(value=value) | cst.Arg(value=value):
                yield _Visit(value, in_class, typing)
                return
            case cst.MatchAs(name=cst.Name() as target) | cst.Param(name=target) | cst.AsName(name=target):
                self._bind(target, in_class)
            case cst.AssignTarget(target=target) | cst.AnnAssign(target=target) | cst.NamedExpr(target=target):
                self._bind(target, in_class)
            case cst.For(target=target) | cst.CompFor(target=target):
                self._bind(target, in_class)
            case cst.FunctionDef(name=target) | cst.ClassDef(name=target):
                self._bind(target, in_class)
                in_class = isinstance(node, cst.ClassDef)
            case cst.Lambda():
                in_class = False
            case cst.Annotation() | cst.Subscript():
                typing = True
            case cst.Call():
                typing = typing or _is_typing(node)
            case cst.SimpleStatementLine():
                typing = _exports(node)
        for child in _children(node):
            yield _Visit(child, in_class, typing)

    def _bind(self, target: cst.CSTNode, in_class: bool) -> None:
        if in_class:
            return
        if isinstance(target, cst.Name):
            self.bindings.append(BoundName(target.value))
        elif isinstance(target, cst.Tuple | cst.List):
            for element in target.elements:
                self._bind(element.value, in_class)


def _children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, list | tuple):
            yield from (each for each in value if isinstance(each, cst.CSTNode))


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields of a node that can hold a name."""
    return tuple(field.name for field in dataclasses.fields(kind) if not _LAYOUT.match(field.name))


def _is_typing(call: cst.Call) -> bool:
    name = call.func.attr if isinstance(call.func, cst.Attribute) else call.func
    return isinstance(name, cst.Name) and name.value in _TYPING_CALLS


def _exports(line: cst.SimpleStatementLine) -> bool:
    statement = line.body[0] if line.body else None
    match statement:
        case cst.Assign(targets=[cst.AssignTarget(target=target), *_]) | cst.AugAssign(target=target):
            pass
        case cst.AnnAssign(target=target) | cst.Expr(value=cst.Call(func=cst.Attribute(value=target))):
            pass
        case _:
            return False
    return isinstance(target, cst.Name) and target.value == "__all__"
