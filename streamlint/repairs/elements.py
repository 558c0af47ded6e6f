"""What a drain takes one by one, written as an iterator that a response can send."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from streamlint.project import syntax as ir

if TYPE_CHECKING:
    from streamlint.languages.python import PythonFile

_TEXT_METHODS = frozenset(("strip", "lstrip", "rstrip", "replace", "lower", "upper", "removeprefix", "removesuffix"))


class Elements:
    """Reads what a loop or comprehension makes of each token; `items` is what the stream gives, "text" or "chunk".

    Every answer is None where an element may be something else than text, which no response could send.
    """

    def __init__(self, file: PythonFile, items: str) -> None:
        self.file, self.items = file, items

    def of_iterable(self, source: ir.Expression, *, joined: bool) -> str | None:
        """The iterable that a call takes; what is joined can only be text."""
        text = self.file.text(source)
        if not isinstance(source, ir.Closure):
            return text if self.items == "text" else None
        node = self._inner(source, cst.GeneratorExp)
        if node is None:
            return None
        plain = self._unchanged(node)
        if plain is not None:
            return plain
        return text if joined or self._is_text(node.elt, _target(node.for_in)) else None

    def of_comprehension(self, start: int, end: int, iterable: str) -> str | None:
        node = next((n for n in self.file.nodes_at(start, end) if isinstance(n, cst.ListComp)), None)
        if node is None:
            return None
        if self._unchanged(node) is not None:
            return iterable
        return f"({self.file.text(node)[1:-1]})" if self._is_text(node.elt, _target(node.for_in)) else None

    def of_loop(self, loop: ir.Loop, iterable: str) -> str | None:
        node = next(
            (n for n in self.file.spans if isinstance(n, cst.For) and self.file.span(n).start == loop.start), None
        )
        if node is None or node.orelse is not None or not isinstance(node.target, cst.Name):
            return None
        body, condition = node.body, None
        if len(body.body) == 1 and isinstance(body.body[0], cst.If) and body.body[0].orelse is None:
            condition, body = body.body[0].test, body.body[0].body
        added = [element for statement in body.body for element in _added(statement)]
        if len(added) != 1 or len(body.body) != 1 or added[0] is None or not self._is_text(added[0], node.target.value):
            return None
        target, element = node.target.value, added[0]
        if isinstance(element, cst.Name) and condition is None:
            return iterable
        item = self.file.text(element)
        if item == f"{target}.delta" and condition is None:
            item = f'{item} or ""'
        keyword = "async for" if loop.is_async else "for"
        tail = f" if {self.file.text(condition)}" if condition is not None else ""
        return f"({item} {keyword} {target} in {iterable}{tail})"

    def _inner(self, source: ir.Expression, kind: type[cst.GeneratorExp]) -> cst.GeneratorExp | None:
        """The node of a generator expression, whose parentheses may be those of the call."""
        within = [
            node
            for node, span in self.file.spans.items()
            if isinstance(node, kind) and source.start <= span.start and span.end <= source.end
        ]
        return max(within, key=lambda node: len(self.file.text(node)), default=None)

    def _unchanged(self, node: cst.GeneratorExp | cst.ListComp) -> str | None:
        """The iterable of `token for token in iterable`."""
        target = _target(node.for_in)
        alone = not node.for_in.ifs and node.for_in.inner_for_in is None
        if self.items == "text" and alone and isinstance(node.elt, cst.Name) and node.elt.value == target:
            return self.file.text(node.for_in.iter)
        return None

    def _is_text(self, element: cst.BaseExpression, target: str) -> bool:
        """Whether an element is surely text: a token, a chunk's `delta`, or something made of them."""
        match element:
            case cst.Name(value=name):
                return name == target and self.items == "text"
            case cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value="delta")):
                return name == target and self.items == "chunk"
            case cst.SimpleString() | cst.FormattedString() | cst.ConcatenatedString():
                return True
            case cst.BinaryOperation(operator=cst.Add()) | cst.BooleanOperation(operator=cst.Or()):
                return self._is_text(element.left, target) and self._is_text(element.right, target)
            case cst.IfExp():
                return self._is_text(element.body, target) and self._is_text(element.orelse, target)
            case cst.Call(func=cst.Attribute(value=base, attr=cst.Name(value=method))):
                return method in _TEXT_METHODS and self._is_text(base, target)
            case cst.Call(func=cst.Name(value="str"), args=[argument]):
                return self._is_text(argument.value, target)
        return False


def _target(loop: cst.CompFor) -> str:
    return loop.target.value if isinstance(loop.target, cst.Name) else ""


def _added(statement: cst.CSTNode) -> list[cst.BaseExpression | None]:
    """What a statement of a loop adds to the collection; None where it does anything else."""
    if not isinstance(statement, cst.SimpleStatementLine | cst.SimpleStatementSuite):
        return [_element(statement)]
    return [_element(small) for small in statement.body]


def _element(small: cst.CSTNode) -> cst.BaseExpression | None:
    match small:
        case cst.AugAssign(target=cst.Name(), operator=cst.AddAssign()):
            return small.value
        case cst.Expr(value=cst.Call(func=cst.Attribute(attr=cst.Name(value="append" | "write")), args=[argument])):
            return argument.value if argument.keyword is None and not argument.star else None
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Name(value=name))],
            value=cst.BinaryOperation(left=cst.Name(value=left), operator=cst.Add(), right=right),
        ) if name == left:
            return right
    return None
