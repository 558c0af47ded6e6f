"""What a drain takes one by one, written as an iterator that a response can send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.immutable import immutable
from streamlint.knowledge.token_streams import TEXT, Items
from streamlint.model import syntax as ir
from streamlint.source import Span
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile


@immutable
class Tokens:
    """An iterator as code, and the code around the tokens that it leaves out, with `_` for what stays."""

    text: str
    drops: tuple[str, ...] = ()
    kept: tuple[Span, ...] = ()
    """Where something is done to each token that is done later now."""


class Elements:
    """Reads what a loop or comprehension makes of each token; `items` is what the stream gives, "text" or "chunk".

    Every answer is None where an element is anything else than the text of the token, or where tokens with text are left out.
    """

    def __init__(self, file: PythonFile, items: str) -> None:
        self.file, self.items = file, items
        self._facts = file.project.knowledge.token_streams

    def of_iterable(self, source: ir.Expression, *, are_joined: bool = False) -> Tokens | None:
        """The iterable that a call takes; `are_joined`: its items are text, whatever is done to the tokens there."""
        text = self.file.text(source)
        if not isinstance(source, ir.Closure):
            return Tokens(text) if self.items == "text" else None
        node = self._inner(source)
        if node is None:
            return None
        return self._written(node, text) or (self._kept(node, text) if are_joined else None)

    def of_comprehension(self, start: int, end: int, *, are_joined: bool = False) -> Tokens | None:
        node = next((n for n in self.file.tree.nodes_at(start, end) if isinstance(n, cst.ListComp)), None)
        if node is None:
            return None
        text = f"({self.file.tree.text(node)[1:-1]})"
        return self._written(node, text) or (self._kept(node, text) if are_joined else None)

    def _kept(self, node: cst.GeneratorExp | cst.ListComp, text: str) -> Tokens:
        """A comprehension as it is; what it runs over is still evaluated at once."""
        outer, iterable = self.file.tree.span(node), self.file.tree.span(node.for_in.iter)
        kept = (Span(outer.start, iterable.start), Span(iterable.end, outer.end))
        return Tokens(text if text.startswith("(") else f"({text})", kept=kept)

    def _written(self, node: cst.GeneratorExp | cst.ListComp, text: str) -> Tokens | None:
        loop = node.for_in
        if loop.inner_for_in is not None or not isinstance(loop.target, cst.Name):
            return None
        target = loop.target.value
        if not self.is_text(node.elt, target) or not all(self._is_there(one.test, target) for one in loop.ifs):
            return None
        if isinstance(node.elt, cst.Name) and not loop.ifs:
            return Tokens(self.file.tree.text(loop.iter), (f"[{target} for {target} in _]",))
        return Tokens(text)

    def of_loop(self, loop: ir.Loop, iterable: str) -> Tokens | None:
        node = self.file.tree.loop_node(loop)
        if node is None or node.orelse is not None or not isinstance(node.target, cst.Name):
            return None
        body, condition = node.body, None
        if len(body.body) == 1 and isinstance(body.body[0], cst.If) and body.body[0].orelse is None:
            condition, body = body.body[0].test, body.body[0].body
        steps = [step for statement in body.body for step in _steps(statement)]
        element = _element(steps[0]) if len(steps) == 1 else None
        target = node.target.value
        if element is None or not self.is_text(element, target):
            return None
        if condition is not None and not self._is_there(condition, target):
            return None
        added = self._around(steps[0], element)
        if isinstance(element, cst.Name) and condition is None:
            return Tokens(iterable, (added, target))
        item = self.file.tree.text(element)
        if item.startswith(f"{target}.") and " " not in item and condition is None:
            item = f'{item} or ""'
        keyword = "async for" if loop.is_async else "for"
        tail = f" if {self.file.tree.text(condition)}" if condition is not None else ""
        return Tokens(f"({item} {keyword} {target} in {iterable}{tail})", (added,))

    def _around(self, step: cst.CSTNode, element: cst.BaseExpression) -> str:
        outer, inner, code = self.file.tree.span(step), self.file.tree.span(element), self.file.source.text
        return f"{code[outer.start : inner.start]}_{code[inner.end : outer.end]}"

    def _inner(self, source: ir.Expression) -> cst.GeneratorExp | None:
        """The node of a generator expression, whose parentheses may be those of the call."""
        within = [node for node, span in self.file.tree.within(source, cst.GeneratorExp) if span.end <= source.end]
        return max(within, key=lambda node: len(self.file.tree.text(node)), default=None)

    def is_text(self, element: cst.BaseExpression, target: str) -> bool:
        """Whether an element is the text of a token: itself, a chunk's `delta`, or that with "" for nothing."""
        if self._part(element, target) == TEXT:
            return True
        match element:
            case cst.BooleanOperation(left=left, operator=cst.Or(), right=cst.SimpleString() as nothing):
                return nothing.evaluated_value == "" and self.is_text(left, target)
        return False

    def _is_there(self, condition: cst.BaseExpression, target: str) -> bool:
        """Whether a condition leaves out only tokens without text: `if token`, `if chunk.delta is not None`."""
        match condition:
            case cst.Comparison(
                left=left, comparisons=[cst.ComparisonTarget(operator=cst.IsNot(), comparator=cst.Name(value="None"))]
            ):
                return self._part(left, target) in (TEXT, "")
            case cst.BooleanOperation(left=left, operator=cst.And(), right=right):
                return self._is_there(left, target) and self._is_there(right, target)
            case cst.Comparison(
                left=left,
                comparisons=[cst.ComparisonTarget(operator=cst.Equal(), comparator=cst.SimpleString())],
            ):
                items = self._facts.items(self.items)
                return items is not None and path_of(left, target) in items.kinds
        return self._part(condition, target) in (TEXT, "") or self.is_text(condition, target)

    def _part(self, node: cst.BaseExpression, target: str) -> str | None:
        """What a part of a token is: its text, "" for what has the text in it; None for anything else."""
        path = path_of(node, target)
        if path is None:
            return None
        return TEXT if self.items == TEXT and not path else self._facts.part(self.items, path)


def texts_of(items: Items, iterable: str, is_async: bool) -> str | None:
    """A generator expression over the text of each item of an iterator; None where items of several kinds come."""
    if items.are_mixed or not items.text:
        return None
    *steps, last = items.text.split(".")
    reading = "chunk"
    for step in steps:
        reading += "[0]" if step == "[]" else _read(step, items.has_keys)
    if items.has_keys and items.is_optional:
        reading += f'.get("{last}") or ""'
    else:
        reading += _read(last, items.has_keys) + (' or ""' if items.is_optional else "")
    condition = f" if chunk{_read(items.filled, items.has_keys)}" if items.filled else ""
    return f"({reading} {'async ' if is_async else ''}for chunk in {iterable}{condition})"


def _read(step: str, by_key: bool) -> str:
    return f'["{step}"]' if by_key else f".{step}"


def path_of(node: cst.BaseExpression, target: str) -> str | None:
    """The attributes and keys that lead from a name to an expression, `[]` for an item of a list; None where others do."""
    match node:
        case cst.Name(value=name):
            return "" if name == target else None
        case cst.Attribute(value=base, attr=cst.Name(value=step)):
            return _further(path_of(base, target), step)
        case cst.Subscript(value=base, slice=[cst.SubscriptElement(slice=cst.Index(value=cst.SimpleString() as key))]):
            return _further(path_of(base, target), str(key.evaluated_value))
        case cst.Subscript(value=base, slice=[cst.SubscriptElement(slice=cst.Index(value=cst.Integer()))]):
            return _further(path_of(base, target), "[]")
    return None


def _further(path: str | None, step: str) -> str | None:
    if path is None:
        return None
    return f"{path}.{step}" if path else step


def _steps(statement: cst.CSTNode) -> list[cst.CSTNode]:
    is_line = isinstance(statement, cst.SimpleStatementLine | cst.SimpleStatementSuite)
    return list(statement.body) if is_line else [statement]  # type: ignore[attr-defined]  # both have a body


def _element(small: cst.CSTNode) -> cst.BaseExpression | None:
    """What a statement of a loop adds to the collection; None where it does anything else."""
    match small:
        case cst.AugAssign(target=cst.Name(), operator=cst.AddAssign()):
            return small.value
        case cst.Expr(
            value=cst.Call(
                func=cst.Attribute(value=cst.Name(), attr=cst.Name(value="append" | "write")), args=[argument]
            )
        ):
            return argument.value if argument.keyword is None and not argument.star else None
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Name(value=name))],
            value=cst.BinaryOperation(left=cst.Name(value=left), operator=cst.Add(), right=right),
        ) if name == left:
            return right
    return None
