"""Functions and classes: each a scope of its own."""

from __future__ import annotations

import ast

from streamlint.model import syntax as ir
from streamlint.model.lowering.expressions import Expressions
from streamlint.model.lowering.heads import head
from streamlint.model.lowering.places import Places
from streamlint.model.lowering.walk import ReadBlock, Walk


class Definitions:
    """Reads `def` and `class`."""

    def __init__(self, walk: Walk, places: Places, expressions: Expressions, block: ReadBlock) -> None:
        self.walk = walk
        self.span = places.span
        self.expression = expressions.expression
        self.annotation = expressions.annotation
        self.heads = expressions.heads
        self.block = block

    def read_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ir.Definition:
        decorators = [self.expression(decorator) for decorator in node.decorator_list]
        start, end = self.span(node)
        scope = self.walk.new_scope("function", node.name, start, end)
        scope.is_async = isinstance(node, ast.AsyncFunctionDef)
        scope.decorators = decorators
        scope.parameters = self.heads.parameters(node.args)
        if node.returns is not None:
            scope.returns_annotation = self.annotation(node.returns)
        self.walk.bind(node.name, "function", (start, end), target=scope.index)
        with self.walk.inside(scope):
            self.heads.bind(scope)
            scope.body = self.block(node.body)
        values = [*decorators, *head(scope)]
        return ir.Definition(start, end, self.walk.branch, scope.index, tuple(values))

    def read_class(self, node: ast.ClassDef) -> ir.Definition:
        decorators = [self.expression(decorator) for decorator in node.decorator_list]
        bases = [self.expression(base) for base in node.bases]
        keywords = [(keyword.arg, self.expression(keyword.value)) for keyword in node.keywords]
        start, end = self.span(node)
        scope = self.walk.new_scope("class", node.name, start, end)
        scope.decorators, scope.bases, scope.keywords = decorators, bases, keywords
        self.walk.bind(node.name, "class", (start, end), target=scope.index)
        with self.walk.inside(scope):
            scope.body = self.block(node.body)
        values = (*decorators, *bases, *(value for _, value in keywords))
        return ir.Definition(start, end, self.walk.branch, scope.index, values)
