"""Expressions with names of their own: comprehensions, generator expressions and lambdas."""

from __future__ import annotations

import ast
from typing import Literal

from streamlint.model import syntax as ir
from streamlint.model.lowering.heads import Heads, head
from streamlint.model.lowering.places import Places
from streamlint.model.lowering.targets import Targets
from streamlint.model.lowering.walk import Environment, ReadExpression, Walk

_KINDS: dict[type[ast.expr], Literal["list", "set", "dict"]] = {
    ast.ListComp: "list",
    ast.SetComp: "set",
    ast.DictComp: "dict",
}


class Closures:
    """Reads what has a scope, or clauses that bind, inside an expression."""

    def __init__(self, walk: Walk, places: Places, expression: ReadExpression, targets: Targets, heads: Heads) -> None:
        self.walk = walk
        self.span = places.span
        self.expression = expression
        self.targets = targets
        self.heads = heads

    def function(self, node: ast.Lambda) -> ir.Closure:
        start, end = self.span(node)
        scope = self.walk.new_scope("lambda", "lambda", start, end)
        scope.parameters = self.heads.parameters(node.args)
        with self.walk.inside(scope):
            self.heads.bind(scope)
            value = self.expression(node.body)
            scope.returns.append(ir.Return(value.start, value.end, -1, value))
        return ir.Closure(start, end, scope.index, tuple(head(scope)))

    def generator(self, node: ast.GeneratorExp) -> ir.Closure:
        start, end = self.span(node)
        first = self.expression(node.generators[0].iter)
        scope = self.walk.new_scope("generator-expression", "generator expression", start, end)
        scope.is_generator = True
        with self.walk.inside(scope):
            for number, generator in enumerate(
                node.generators
            ):  # the first one runs over what the scope around it gives
                iterable = first if number == 0 else self.expression(generator.iter)
                outer = self.walk.scopes[scope.parent] if number == 0 else None
                scope.clauses += (self._clause(generator, iterable, outer),)
                scope.is_async |= bool(generator.is_async)
            element = self.expression(node.elt)
            scope.is_async |= scope.has_await
            scope.yields.append(ir.Yield(element.start, element.end, element, False))
        return ir.Closure(start, end, scope.index, first_iterable=first)

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp) -> ir.Comprehension:
        outer = self.walk.environment
        self.walk.environment = dict(outer)
        loops = [self._clause(g, self.expression(g.iter)) for g in node.generators]
        key = self.expression(node.key) if isinstance(node, ast.DictComp) else None
        element = self.expression(node.value if isinstance(node, ast.DictComp) else node.elt)
        self.walk.environment = self._with_walrus(outer, node)
        return ir.Comprehension(*self.span(node), _KINDS[type(node)], element, tuple(loops), key)

    def _clause(self, generator: ast.comprehension, iterable: ir.Expression, outer: ir.Scope | None = None) -> ir.Loop:
        is_async, mark = bool(generator.is_async), len(self.targets.stored)
        self.walk.is_clause = True
        targets = self.targets.bind(generator.target, "loop", iterable, is_async=is_async)
        self.walk.is_clause = False
        if outer is not None:
            for index in targets:
                self.walk.scope.bindings[index].scope = outer.index
        span = self.span(generator.iter)
        owner = (outer or self.walk.scope).index
        loop = ir.Loop(*span, self.walk.branch, iterable, is_async, -1, tuple(targets), owner, self.targets.take(mark))
        self.walk.scope.loops.append(loop)
        self.walk.scope.has_await |= is_async
        loop.others += tuple([self.expression(condition) for condition in generator.ifs])
        return loop

    def _with_walrus(self, outer: Environment, node: ast.expr) -> Environment:
        """What holds behind a comprehension: what held before it, or what it bound by `:=`, which stays."""
        stays = {one.target.id for one in ast.walk(node) if isinstance(one, ast.NamedExpr)}
        inner = {name: self.walk.environment[name] for name in stays if name in self.walk.environment}
        return self.walk.merge((outer, {**outer, **inner})) if inner else outer
