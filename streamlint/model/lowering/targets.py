"""The left sides of assignments: which names they bind, and into what they store."""

from __future__ import annotations

import ast

from streamlint.model import syntax as ir
from streamlint.model.lowering.places import Places
from streamlint.model.lowering.walk import ReadExpression, Walk


class Targets:
    """Binds the names of left sides, and notes what is stored and changed there."""

    def __init__(self, walk: Walk, places: Places, expression: ReadExpression) -> None:
        self.walk = walk
        self.span = places.span
        self.expression = expression
        self.stored: list[ir.Expression] = []
        """What the targets that were read last store into."""

    def take(self, since: int = 0) -> tuple[ir.Expression, ...]:
        """What the targets that were read last store into."""
        stored = tuple(self.stored[since:])
        del self.stored[since:]
        return stored

    def bind(
        self,
        target: ast.expr,
        kind: ir.BindingKind,
        value: ir.Expression,
        path: tuple[int, ...] = (),
        is_async: bool = False,
    ) -> list[int]:
        """Bind every name of an assignment's left side; returns the new bindings."""
        if isinstance(target, ast.Name):
            return [self.walk.bind(target.id, kind, self.span(target), value=value, path=path, is_async=is_async)]
        if isinstance(target, ast.Starred):
            return self.bind(target.value, "opaque", value)
        if isinstance(target, ast.Tuple | ast.List):
            found: list[int] = []
            for number, item in enumerate(target.elts):
                found += self.bind(item, kind, value, (*path, number), is_async)
            return found
        if kind == "assign" and isinstance(target, ast.Attribute):
            self._store_attribute(target, value, path)
        elif isinstance(target, ast.Subscript):
            self._store_item(target, kind, value, path)
        else:
            self.stored.append(self.changed(target))
        return []

    def _store_attribute(self, target: ast.Attribute, value: ir.Expression, path: tuple[int, ...]) -> None:
        base = self.expression(target.value)
        self.stored.append(base)
        self.walk.scope.stores.append(ir.Store(base, target.attr, True, value, path, *self.span(target)))

    def _store_item(
        self, target: ast.Subscript, kind: ir.BindingKind, value: ir.Expression, path: tuple[int, ...]
    ) -> None:
        base, key = self.expression(target.value), self.expression(target.slice)
        self.stored += (base, key)
        start, end = self.span(target)
        if kind == "assign":
            member = str(key.value) if isinstance(key, ir.Constant) else ""
            self.walk.scope.stores.append(ir.Store(base, member, False, value, path, start, end, key))
        else:
            self.walk.scope.changes.append(ir.Change(ir.Subscript(start, end, base, key), False, start, end))

    def changed(self, target: ast.expr, added: ir.Expression | None = None) -> ir.Expression:
        start, end = self.span(target)
        end = added.end if added is not None else end
        change = ir.Change(self.expression(target), added is not None, start, end, added)
        self.walk.scope.changes.append(change)
        return change.target
