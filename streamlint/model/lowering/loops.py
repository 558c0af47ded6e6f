"""Loops: what a name means in their body is what stood before them, or what a step has left."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from streamlint.model import syntax as ir
from streamlint.model.lowering.expressions import Expressions
from streamlint.model.lowering.places import Places
from streamlint.model.lowering.walk import Environment, Exits, ReadBlock, Walk

_CLOSED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_EMPTY = frozenset((ast.Load, ast.Store, ast.Constant, ast.Lambda))
_NAMING = (ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping)


class Loops:
    """Reads `for` and `while`."""

    def __init__(self, walk: Walk, places: Places, expressions: Expressions, block: ReadBlock) -> None:
        self.walk = walk
        self.span = places.span
        self.expression = expressions.expression
        self.targets = expressions.targets
        self.block = block

    def read_for(self, node: ast.For | ast.AsyncFor) -> ir.Loop:
        iterable = self.expression(node.iter)
        before = self.walk.environment
        is_async = isinstance(node, ast.AsyncFor)
        start, end = self.span(node)
        body_start = self.span(node.body[0])[0]
        self.walk.environment = dict(before)
        merges = self._enter(node)
        targets = tuple(self.targets.bind(node.target, "loop", iterable, is_async=is_async))
        scope = self.walk.scope.index
        loop = ir.Loop(
            start, end, self.walk.branch, iterable, is_async, body_start, targets, scope, self.targets.take()
        )
        self.walk.scope.loops.append(loop)
        self.walk.scope.has_await |= is_async
        loop.body = self.block(node.body)
        loop.orelse = self._leave(merges, before, node.orelse, endless=False)
        return loop

    def read_while(self, node: ast.While) -> ir.While:
        before = self.walk.environment
        self.walk.environment = dict(before)
        merges = self._enter(node)
        test = self.expression(node.test)
        body = self.block(node.body)
        orelse = self._leave(merges, before, node.orelse, isinstance(test, ir.Constant) and bool(test.value))
        return ir.While(*self.span(node), self.walk.branch, test, body, orelse)

    def _enter(self, node: ast.stmt) -> dict[str, ir.Binding]:
        """Give every name that the loop assigns a binding that joins what came before with what an iteration leaves."""
        merges = {}
        for name in sorted(_assigned(node)):
            before = self.walk.environment.get(name) or self.walk.outside(name)
            index = self.walk.bind(name, "merge", self.span(node), sources=before)
            merges[name] = self.walk.scope.bindings[index]
        self.walk.loop_exits.append(Exits([], []))
        return merges

    def _leave(
        self, merges: dict[str, ir.Binding], before: Environment, orelse: list[ast.stmt], endless: bool
    ) -> ir.Block:
        """Read the `else`, which runs where the loop ends by itself; behind it holds what that leaves, or any `break`."""
        after = self.walk.environment
        breaks, continues = self.walk.loop_exits.pop()
        for environment in (after, *breaks, *continues):
            for name, merge in merges.items():
                merge.sources = tuple(dict.fromkeys((*merge.sources, *environment.get(name, ()))))
        self.walk.environment = self.walk.merge((before, after, *continues))
        self.walk.dead = endless
        block = self.block(orelse)
        if breaks:
            self.walk.environment = self.walk.merge(breaks if self.walk.dead else (self.walk.environment, *breaks))
            self.walk.dead = False
        return block


def _assigned(node: ast.stmt) -> set[str]:
    """The names that a statement may bind, nested functions left out."""
    names: set[str] = set()
    pending: list[Any] = [node]
    while pending:
        current = pending.pop()
        kind = type(current)
        if kind is ast.Name:
            if type(current.ctx) is ast.Store:
                names.add(current.id)
        elif kind in _CLOSED:
            names.add(current.name)
        elif kind is ast.alias:
            names.add(current.asname or current.name.partition(".")[0])
        elif kind is not ast.Lambda:
            if kind in _NAMING:
                names.update(_named_by(current))
            for value in vars(current).values():
                if type(value) is list:
                    pending += [one for one in value if isinstance(one, ast.AST)]
                elif isinstance(value, ast.AST) and type(value) not in _EMPTY:
                    pending.append(value)
    return names


def _named_by(node: ast.AST) -> Iterator[str]:
    """The name that a handler or a pattern binds."""
    match node:
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)):
            yield name
