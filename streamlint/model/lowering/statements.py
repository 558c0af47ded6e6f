"""Statements as plain data, in their order."""

from __future__ import annotations

import ast
from collections.abc import Callable

from streamlint.model import syntax as ir
from streamlint.model.lowering.branching import Branching
from streamlint.model.lowering.definitions import Definitions
from streamlint.model.lowering.expressions import Expressions
from streamlint.model.lowering.loops import Loops
from streamlint.model.lowering.places import Places
from streamlint.model.lowering.walk import Walk


class Statements:
    """Reads blocks of statements where the walk is."""

    def __init__(self, walk: Walk, places: Places) -> None:
        self.walk = walk
        self.span = places.span
        self.expressions = expressions = Expressions(walk, places)
        self.expression = expressions.expression
        self.annotation = expressions.annotation
        self.targets = expressions.targets
        branching = Branching(walk, places, expressions, self.block)
        loops = Loops(walk, places, expressions, self.block)
        definitions = Definitions(walk, places, expressions, self.block)
        self._readers: dict[type[ast.stmt], Callable[..., ir.Statement]] = {
            ast.Assign: self._assign,
            ast.AnnAssign: self._annotated_assign,
            ast.AugAssign: self._augmented_assign,
            ast.Expr: self._expression_statement,
            ast.Return: self._return,
            ast.If: branching.read_if,
            ast.For: loops.read_for,
            ast.AsyncFor: loops.read_for,
            ast.While: loops.read_while,
            ast.With: branching.read_with,
            ast.AsyncWith: branching.read_with,
            ast.Try: branching.read_try,
            ast.TryStar: branching.read_try,
            ast.Match: branching.read_match,
            ast.FunctionDef: definitions.read_function,
            ast.AsyncFunctionDef: definitions.read_function,
            ast.ClassDef: definitions.read_class,
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.Global: self._declare,
            ast.Nonlocal: self._declare,
            ast.Raise: self._raise,
            ast.Break: self._break,
            ast.Continue: self._break,
            ast.Delete: self._delete,
            ast.Assert: self._assert,
        }

    def part(self) -> None:
        """Forget the other readers, who know this one too: what they have of a file need not wait for the collector."""
        vars(self.expressions).clear()
        vars(self).clear()

    def block(self, statements: list[ast.stmt]) -> ir.Block:
        branch = self.walk.branch
        block = ir.Block(tuple([self._statement(statement) for statement in statements])) if statements else ir.NOTHING
        self.walk.branch = branch
        return block

    def _statement(self, node: ast.stmt) -> ir.Statement:
        lower = self._readers.get(type(node))
        return lower(node) if lower is not None else self._line(node, "pass")

    def _line(self, node: ast.stmt, kind: ir.LineKind, *values: ir.Expression) -> ir.Line:
        """A statement of one line, with what its left side stores into behind its values."""
        return ir.Line(*self.span(node), self.walk.branch, kind, values + self.targets.take())

    def _expression_statement(self, node: ast.Expr) -> ir.Line:
        return self._line(node, "expression", self.expression(node.value))

    def _assign(self, node: ast.Assign) -> ir.Line:
        value = self.expression(node.value)
        for target in node.targets:
            self.targets.bind(target, "assign", value)
        return self._line(node, "assignment", value)

    def _annotated_assign(self, node: ast.AnnAssign) -> ir.Line:
        annotation = self.annotation(node.annotation)
        if node.value is None:
            if isinstance(node.target, ast.Name):
                self.walk.bind(node.target.id, "annotation", self.span(node.target), annotation=annotation)
            elif isinstance(node.target, ast.Attribute | ast.Subscript):
                self.targets.stored.append(self.expression(node.target.value))
            return self._line(node, "declaration", annotation)
        value = self.expression(node.value)
        for index in self.targets.bind(node.target, "assign", value):
            self.walk.scope.bindings[index].annotation = annotation
        if isinstance(node.target, ast.Attribute):
            self.walk.scope.stores[-1].annotation = annotation
        return self._line(node, "assignment", value, annotation)

    def _augmented_assign(self, node: ast.AugAssign) -> ir.Line:
        value = self.expression(node.value)
        if not isinstance(node.target, ast.Name):
            return self._line(node, "augmented", value, self.targets.changed(node.target, value))
        before = self.walk.environment.get(node.target.id, ())
        name = self.expressions.name(ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target))
        self.walk.bind(node.target.id, "augmented", self.span(node.target), value=value, sources=before)
        return self._line(node, "augmented", value, name)

    def _delete(self, node: ast.Delete) -> ir.Line:
        changed = []
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.walk.environment.pop(target.id, None)
            else:
                changed.append(self.targets.changed(target))
        return self._line(node, "delete", *changed)

    def _return(self, node: ast.Return) -> ir.Return:
        value = self.expression(node.value) if node.value is not None else None
        found = ir.Return(*self.span(node), self.walk.branch, value)
        self.walk.scope.returns.append(found)
        self.walk.dead = True
        return found

    def _raise(self, node: ast.Raise) -> ir.Line:
        parts = [self.expression(part) for part in (node.exc, node.cause) if part is not None]
        self.walk.dead = True
        return self._line(node, "raise", *parts)

    def _assert(self, node: ast.Assert) -> ir.Line:
        return self._line(node, "assert", *(self.expression(one) for one in (node.test, node.msg) if one is not None))

    def _break(self, node: ast.Break | ast.Continue) -> ir.Line:
        if self.walk.loop_exits:
            exits = self.walk.loop_exits[-1]
            (exits.breaks if isinstance(node, ast.Break) else exits.continues).append(dict(self.walk.environment))
        self.walk.dead = True
        return self._line(node, "break" if isinstance(node, ast.Break) else "continue")

    def _declare(self, node: ast.Global | ast.Nonlocal) -> ir.Line:
        for name in node.names:
            self.walk.elsewhere[name] = self.walk.owner(name) if isinstance(node, ast.Nonlocal) else 0
        return self._line(node, "declaration")

    def _import(self, node: ast.Import) -> ir.Import:
        for alias in node.names:
            self.walk.summary.imports.append((alias.name, "", 0))
            name = alias.asname or alias.name.partition(".")[0]
            module = alias.name if alias.asname else name
            self.walk.bind(name, "import", self.span(node), module=module)
        return self._imported(node)

    def _import_from(self, node: ast.ImportFrom) -> ir.Import:
        module, level = node.module or "", node.level
        for alias in node.names:
            self.walk.summary.imports.append((module, alias.name, level))
            if alias.name == "*":
                self.walk.summary.star_imports.append((module, level))
                continue
            name = alias.asname or alias.name
            self.walk.bind(name, "import", self.span(node), module=module, member=alias.name, level=level)
        return self._imported(node, module, level)

    def _imported(self, node: ast.Import | ast.ImportFrom, module: str = "", level: int = 0) -> ir.Import:
        names = tuple((alias.name, alias.asname or "") for alias in node.names)
        is_from = isinstance(node, ast.ImportFrom)
        return ir.Import(*self.span(node), self.walk.branch, "import", (), module, level, names, is_from)
