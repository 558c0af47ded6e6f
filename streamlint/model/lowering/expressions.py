"""Expressions as plain data, each read once, in the order in which it stands."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from sys import intern
from typing import Literal

from streamlint.model import syntax as ir
from streamlint.model.lowering.closures import Closures
from streamlint.model.lowering.heads import Heads
from streamlint.model.lowering.places import Places
from streamlint.model.lowering.targets import Targets
from streamlint.model.lowering.walk import Walk

_BASES: dict[type[ast.expr], str] = {
    ast.Attribute: "value",
    ast.Call: "func",
    ast.Subscript: "value",
    ast.BinOp: "left",
}
"""What the links of a chain (`a.b(c)[d] + e`) hang on. Chains have thousands of links; a recursion would not come to their end."""
_ENDS = (ast.Name, ast.Constant)
"""What most expressions end in: nothing stands in them."""
DEEPEST = 300
"""Levels that libcst's recursion is known to come through."""
_KINDS: dict[type[ast.expr], Literal["tuple", "list", "set"]] = {ast.Tuple: "tuple", ast.List: "list", ast.Set: "set"}
_PIECES = 500
_PIECE = re.compile(r"""["'][ \t\r\n\\]+[a-zA-Z]{0,2}["']""")
_SHORT = 64
"""Characters of texts of which many are the same: keys, and names in quotes."""
_DESCRIBING = (ord("r"), ord("a"))
"""The conversions of a formatted value that ask for its `repr`."""


class Expressions:
    """Reads expressions where the walk is."""

    def __init__(self, walk: Walk, places: Places) -> None:
        self.walk = walk
        self.span = places.span
        self.text = places.text
        self.depth = 0
        self.targets = Targets(walk, places, self.expression)
        self.heads = Heads(walk, places, self.expression, self.annotation)
        closures = Closures(walk, places, self.expression, self.targets, self.heads)
        self._readers: dict[type[ast.expr], Callable[..., ir.Expression]] = {
            ast.Name: self.name,
            ast.Await: self._await,
            ast.Constant: self._constant,
            ast.Tuple: self._sequence,
            ast.List: self._sequence,
            ast.Set: self._sequence,
            ast.Dict: self._mapping,
            ast.IfExp: self._conditional,
            ast.BoolOp: self._boolean,
            ast.Compare: self._compare,
            ast.UnaryOp: self._unary,
            ast.ListComp: closures.comprehension,
            ast.SetComp: closures.comprehension,
            ast.DictComp: closures.comprehension,
            ast.GeneratorExp: closures.generator,
            ast.Lambda: closures.function,
            ast.JoinedStr: self._formatted,
            ast.Yield: self._yield,
            ast.YieldFrom: self._yield,
            ast.Starred: self._starred,
            ast.NamedExpr: self._walrus,
        }
        self._links: dict[type[ast.expr], Callable[..., ir.Expression]] = {
            ast.Attribute: self._attribute,
            ast.Call: self._call,
            ast.Subscript: self._subscript,
            ast.BinOp: self._binary,
        }

    def expression(self, node: ast.expr) -> ir.Expression:
        kind = type(node)
        if kind in _BASES:
            return self._chain(node)
        if self.depth == DEEPEST:
            self.walk.summary.deep.append(self.span(node))
        if kind in _ENDS:
            return self._readers[kind](node)
        self.depth += 1
        lowered = self._readers.get(kind, self._other)(node)
        self.depth -= 1
        return lowered

    def _chain(self, node: ast.expr) -> ir.Expression:
        chain = [node]
        while (base := _BASES.get(type(node))) is not None:
            node = getattr(node, base)
            chain.append(node)
        depth = self.depth
        if 0 <= DEEPEST - depth < len(chain):
            self.walk.summary.deep.append(self.span(chain[DEEPEST - depth]))
        self.depth = depth + len(chain)
        link = chain.pop()
        lowered = self._readers.get(type(link), self._other)(link)
        while chain:
            self.depth = depth + len(chain)
            link = chain.pop()
            lowered = self._links[type(link)](link, lowered)
        self.depth = depth
        return lowered

    def _other(self, node: ast.expr) -> ir.Operation:
        operands = [self.expression(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        return ir.Operation(*self.span(node), type(node).__name__, tuple(operands))

    def annotation(self, node: ast.expr) -> ir.Expression:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                parsed = ast.parse(node.value.strip(), mode="eval").body
            except (SyntaxError, ValueError):
                return self.expression(node)
            for child in ast.walk(parsed):
                if isinstance(child, ast.expr):
                    ast.copy_location(child, node)
            return self.expression(parsed)
        return self.expression(node)

    def name(self, node: ast.Name) -> ir.Name:
        walk = self.walk
        name = ir.Name(*self.span(node), node.id, walk.environment.get(node.id))
        walk.scope.names.append(name)
        return name

    def _attribute(self, node: ast.Attribute, base: ir.Expression) -> ir.Attribute:
        attribute = ir.Attribute(*self.span(node), base, node.attr)
        self.walk.scope.attributes.append(attribute)
        return attribute

    def _call(self, node: ast.Call, function: ir.Expression) -> ir.Call:
        arguments = tuple([self.expression(argument) for argument in node.args])
        keywords = tuple([(keyword.arg, self.expression(keyword.value)) for keyword in node.keywords])
        call = ir.Call(*self.span(node), function, arguments, keywords, self.walk.branch)
        self.walk.scope.calls.append(call)
        if isinstance(function, ir.Name) and function.id == "isinstance" and len(arguments) == 2:
            self.walk.scope.asked_kinds.update(one.id for one in arguments[:1] if isinstance(one, ir.Name))
        return call

    def _await(self, node: ast.Await) -> ir.Await:
        value = self.expression(node.value)
        self.walk.scope.has_await = True
        if isinstance(value, ir.Call):
            self.walk.scope.awaited.add(value.end)
        return ir.Await(*self.span(node), value)

    def _constant(self, node: ast.Constant) -> ir.Constant:
        value = node.value
        if value is Ellipsis or isinstance(value, complex):
            value = None
        elif type(value) is str and len(value) < _SHORT:
            value = intern(value)
        start, end = self.span(node)
        if end - start > _PIECES:
            self._note_pieces(start, end)
        return ir.Constant(start, end, value)

    def _note_pieces(self, start: int, end: int) -> None:
        """Strings that stand beside each other are one: to libcst each is nested in the one before."""
        if end - start > _PIECES and len(_PIECE.findall(self.text, start, end)) > _PIECES:
            self.walk.summary.deep.append((start, end))

    def _sequence(self, node: ast.Tuple | ast.List | ast.Set) -> ir.Sequence:
        return ir.Sequence(*self.span(node), _KINDS[type(node)], tuple([self.expression(item) for item in node.elts]))

    def _mapping(self, node: ast.Dict) -> ir.Mapping:
        items = tuple(
            (self.expression(key) if key is not None else None, self.expression(value))
            for key, value in zip(node.keys, node.values, strict=True)
        )
        return ir.Mapping(*self.span(node), items)

    def _subscript(self, node: ast.Subscript, base: ir.Expression) -> ir.Subscript:
        return ir.Subscript(*self.span(node), base, self.expression(node.slice))

    def _compare(self, node: ast.Compare) -> ir.Operation:
        operands = [self.expression(one) for one in (node.left, *node.comparators)]
        operator = type(node.ops[0]).__name__ if len(node.ops) == 1 else "Compare"
        return ir.Operation(*self.span(node), operator, tuple(operands))

    def _unary(self, node: ast.UnaryOp) -> ir.Operation:
        return ir.Operation(*self.span(node), type(node.op).__name__, (self.expression(node.operand),))

    def _binary(self, node: ast.BinOp, left: ir.Expression) -> ir.Operation:
        return ir.Operation(*self.span(node), type(node.op).__name__, (left, self.expression(node.right)))

    def _conditional(self, node: ast.IfExp) -> ir.Choice:
        test = self.expression(node.test)
        options = (self.expression(node.body), self.expression(node.orelse))
        return ir.Choice(*self.span(node), (test,), options)

    def _boolean(self, node: ast.BoolOp) -> ir.Choice:
        start, end = self.span(node)
        if len(node.values) > DEEPEST:  # a row to Python, a nest to libcst
            self.walk.summary.deep.append((start, end))
        options = tuple(self.expression(value) for value in node.values)
        return ir.Choice(start, end, (), options, "and" if isinstance(node.op, ast.And) else "or")

    def _formatted(self, node: ast.JoinedStr) -> ir.FormattedString:
        embedded = tuple(_embedded(node))
        values = tuple([self.expression(part) for part, _ in embedded])
        described = frozenset(number for number, (_, is_described) in enumerate(embedded) if is_described)
        start, end = self.span(node)
        self._note_pieces(start, end)
        return ir.FormattedString(start, end, values, described)

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> ir.Yield:
        value = self.expression(node.value) if node.value is not None else None
        result = ir.Yield(*self.span(node), value, isinstance(node, ast.YieldFrom), self.walk.branch)
        self.walk.scope.is_generator = True
        self.walk.scope.yields.append(result)
        return result

    def _starred(self, node: ast.Starred) -> ir.Starred:
        return ir.Starred(*self.span(node), self.expression(node.value))

    def _walrus(self, node: ast.NamedExpr) -> ir.Walrus:
        value = self.expression(node.value)
        self.targets.bind(node.target, "assign", value)
        return ir.Walrus(*self.span(node), value)


def _embedded(node: ast.JoinedStr) -> Iterator[tuple[ast.expr, bool]]:
    """The expressions in a formatted string, and in what says how each is written: `f"{value:{width}}"`.

    Each with whether it is written as `repr` has it.
    """
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            yield part.value, part.conversion in _DESCRIBING
            if isinstance(part.format_spec, ast.JoinedStr):
                yield from _embedded(part.format_spec)
