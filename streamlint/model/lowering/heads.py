"""What stands in the head of a function or lambda: its parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from streamlint.model import syntax as ir
from streamlint.model.lowering.places import Places
from streamlint.model.lowering.walk import ReadExpression, Walk


class Heads:
    """Reads and binds parameters."""

    def __init__(self, walk: Walk, places: Places, expression: ReadExpression, annotation: ReadExpression) -> None:
        self.walk = walk
        self.places = places
        self.expression = expression
        self.annotation = annotation

    def parameters(self, arguments: ast.arguments) -> list[ir.Parameter]:
        positional = [*arguments.posonlyargs, *arguments.args]
        missing: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
        rows = [(a, d, "positional") for a, d in zip(positional, [*missing, *arguments.defaults], strict=True)]
        if arguments.vararg is not None:
            rows.append((arguments.vararg, None, "starred"))
        rows += [(a, d, "keyword") for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
        if arguments.kwarg is not None:
            rows.append((arguments.kwarg, None, "mapping"))
        return [
            ir.Parameter(
                argument.arg,
                kind,  # type: ignore[arg-type]  # one of the four words above
                self.annotation(argument.annotation) if argument.annotation is not None else None,
                self.expression(default) if default is not None else None,
                self.places.offset(argument.lineno, argument.col_offset),
            )
            for argument, default, kind in rows
        ]

    def bind(self, scope: ir.Scope) -> None:
        for parameter in scope.parameters:
            self.walk.bind(parameter.name, "parameter", (scope.start, scope.start), annotation=parameter.annotation)


def head(scope: ir.Scope) -> Iterator[ir.Expression]:
    """What a function's head holds, decorators left out."""
    for parameter in scope.parameters:
        yield from (one for one in (parameter.annotation, parameter.default) if one is not None)
    if scope.returns_annotation is not None:
        yield scope.returns_annotation
