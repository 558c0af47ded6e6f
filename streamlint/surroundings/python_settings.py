"""What a Python file of settings, such as `gunicorn.conf.py`, assigns at its outermost level, as far as it can be computed."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeGuard

from streamlint.immutable import immutable
from streamlint.source import Span
from streamlint.surroundings.document import Fault

_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_LARGEST = 1e15
_CONVERSIONS: Mapping[str, Callable[[object], object]] = {"int": int, "float": float, "str": str}  # type: ignore[dict-item]
_ENVIRONMENT = frozenset(("os.getenv", "os.environ.get", "getenv", "environ.get"))
_DEEPEST = 30


@immutable(slots=True)
class Assigned:
    """A name with its value: what it surely is, or what it is unless the environment says otherwise, or None: cannot be said."""

    name: str
    value: object
    is_known: bool
    span: Span
    """The expression."""
    statement: Span


@immutable
class PythonSettings:
    assigned: tuple[Assigned, ...] = ()
    faults: tuple[Fault, ...] = ()

    def get(self, name: str) -> Assigned | None:
        """What the name is in the end."""
        return next((each for each in reversed(self.assigned) if each.name == name), None)


@immutable(slots=True)
class _Value:
    value: object
    is_known: bool = True


_UNKNOWN = _Value(None, False)


def read(text: str) -> PythonSettings:
    """The assignments of a Python text; never raises. What is assigned under a condition is unknown."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        offset = sum(map(len, _LINE.findall(text)[: max((getattr(error, "lineno", 1) or 1) - 1, 0)]))
        return PythonSettings((), (Fault(min(offset, len(text)), "this is not Python"),))
    return PythonSettings(tuple(_Reader(text).read(tree.body)))


class _Reader:
    def __init__(self, text: str) -> None:
        self.lines = [0]
        self.encoded = _LINE.findall(text)
        for line in self.encoded:
            self.lines.append(self.lines[-1] + len(line))
        self.known: dict[str, _Value] = {}

    def read(self, body: list[ast.stmt], is_sure: bool = True) -> Iterator[Assigned]:
        for statement in body:
            match statement:
                case ast.Assign(targets=targets, value=value):
                    names = [target.id for target in targets if isinstance(target, ast.Name)]
                    yield from self._assigned(names, value, statement, is_sure)
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    yield from self._assigned([name], value, statement, is_sure)
                case ast.AugAssign(target=ast.Name(id=name), value=value):
                    yield from self._assigned([name], value, statement, False)
                case ast.If() | ast.Try() | ast.With() | ast.For() | ast.While():
                    for inner in _bodies(statement):
                        yield from self.read(inner, False)

    def _assigned(self, names: list[str], value: ast.expr, statement: ast.stmt, is_sure: bool) -> Iterator[Assigned]:
        found = self._value(value, 0) if is_sure else _UNKNOWN
        for name in names:
            self.known[name] = found
            yield Assigned(name, found.value, found.is_known, self._span(value), self._span(statement))

    def _span(self, node: ast.expr | ast.stmt) -> Span:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return Span(self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset))

    def _offset(self, line: int, column: int) -> int:
        """The place of a byte in a line; Python counts bytes of UTF-8."""
        written = self.encoded[line - 1]
        return self.lines[line - 1] + (
            column if written.isascii() else len(written.encode()[:column].decode(errors="ignore"))
        )

    def _value(self, node: ast.expr, depth: int) -> _Value:
        if depth > _DEEPEST:
            return _UNKNOWN
        match node:
            case ast.Constant(value=value):
                return _Value(value)
            case ast.Name(id=name):
                return self.known.get(name, _UNKNOWN)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                found = self._value(operand, depth + 1)
                return _Value(-found.value, found.is_known) if _is_number(found.value) else _UNKNOWN
            case ast.BinOp(left=left, op=op, right=right):
                return _computed(self._value(left, depth + 1), op, self._value(right, depth + 1))
            case ast.BoolOp(op=ast.Or(), values=[first, *_, last]):
                kept = self._value(last, depth + 1)
                return _Value(kept.value, False) if self._value(first, depth + 1) == _UNKNOWN else _UNKNOWN
            case ast.JoinedStr(values=parts):
                return self._joined(parts, depth)
            case ast.Call():
                return self._called(node, depth)
        return _UNKNOWN

    def _joined(self, parts: list[ast.expr], depth: int) -> _Value:
        values = [
            self._value(part.value if isinstance(part, ast.FormattedValue) else part, depth + 1) for part in parts
        ]
        if any(each.value is None for each in values):
            return _UNKNOWN
        return _Value("".join(str(each.value) for each in values), all(each.is_known for each in values))

    def _called(self, call: ast.Call, depth: int) -> _Value:
        name = ast.unparse(call.func) if isinstance(call.func, ast.Name | ast.Attribute) else ""
        if name in _ENVIRONMENT:
            default = self._value(call.args[1], depth + 1).value if len(call.args) > 1 else None
            return _Value(default, False)
        if name in _CONVERSIONS and len(call.args) == 1:
            found = self._value(call.args[0], depth + 1)
            try:
                return _Value(_CONVERSIONS[name](found.value), found.is_known) if found.value is not None else _UNKNOWN
            except (TypeError, ValueError, OverflowError):
                return _UNKNOWN
        return _UNKNOWN


def _bodies(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        yield getattr(statement, name, [])
    for handler in getattr(statement, "handlers", []):
        yield handler.body


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _computed(left: _Value, op: ast.operator, right: _Value) -> _Value:
    kind = _OPERATORS.get(type(op))
    one, other = left.value, right.value
    if isinstance(one, str) and isinstance(other, str) and isinstance(op, ast.Add):
        return _Value(one + other, left.is_known and right.is_known)
    if kind is None or not _is_number(one) or not _is_number(other) or max(abs(one), abs(other)) > _LARGEST:
        return _UNKNOWN
    try:
        return _Value(kind(one, other), left.is_known and right.is_known)
    except (ArithmeticError, ValueError):
        return _UNKNOWN
