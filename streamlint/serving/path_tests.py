"""What a test on the address of a request comes to for a route: `request.url.path in ("/health", "/metrics")`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.values.domain import Collection, Constant, Value

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_TYPE = "http"
"""https://asgi.readthedocs.io/en/latest/specs/www.html#http-connection-scope"""
_OPPOSITE = {"NotEq": "Eq", "NotIn": "In"}


class PathTests:
    """Reads tests on constants alone; anything else is unknown."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator

    def of(self, test: ir.Expression, path: str, frame: Frame) -> bool | None:
        """Whether the test is true for requests of this path, "" where that is not known; None where that cannot be told."""
        match test:
            case ir.Operation(operator="Not", operands=(inner,)):
                return _opposite(self.of(inner, path, frame))
            case ir.Operation(operator="NotEq" | "NotIn" as operator, operands=operands):
                return _opposite(self._compared(_OPPOSITE[operator], operands, path, frame))
            case ir.Operation(operator="Eq" | "In" as operator, operands=operands):
                return self._compared(operator, operands, path, frame)
            case ir.Choice(operator="or" | "and" as operator, options=options):
                found = {self.of(one, path, frame) for one in options}
                decides = operator == "or"
                return decides if decides in found else None if None in found else not decides
            case ir.Call(function=ir.Attribute(attribute="startswith", base=base), arguments=(given,)):
                said = self._said(base, path, frame)
                return self._begins(given, said, frame) if said else None
        return None

    def _compared(self, operator: str, operands: tuple[ir.Expression, ...], path: str, frame: Frame) -> bool | None:
        said = self._said(operands[0], path, frame) if len(operands) == 2 else ""
        if not said:
            return None
        texts = self._texts(operands[1], frame)
        if texts is None or (operator == "Eq" and len(texts) != 1):
            return None
        return said in texts

    def _begins(self, given: ir.Expression, path: str, frame: Frame) -> bool | None:
        texts = self._texts(given, frame)
        return None if texts is None else path.startswith(texts)

    def _said(self, expression: ir.Expression, path: str, frame: Frame) -> str:
        """What `request.url.path`, `scope["path"]` or `scope["type"]` is for the route, also under a name; "" for anything else."""
        match expression:
            case ir.Attribute(attribute="path", base=ir.Attribute(attribute="url")):
                return path
            case ir.Subscript(base=ir.Name(id="scope"), key=ir.Constant(value="path" | "type" as key)):
                return path if key == "path" else _TYPE
            case ir.Name(bindings=(index,)):
                bound = frame.scope.bindings[index]
                is_name = bound.kind == "assign" and bound.value is not None
                return self._said(bound.value, path, frame) if is_name and bound.value is not None else ""
        return ""

    def _texts(self, expression: ir.Expression, frame: Frame) -> tuple[str, ...] | None:
        """The texts that an expression is, or has in it; None where one of them is unknown."""
        found: list[str] = []
        for value in self.evaluator.value(expression, frame):
            held = _held(value)
            texts = [one.value for one in held if isinstance(one, Constant) and isinstance(one.value, str)]
            if len(texts) < len(held):
                return None
            found += texts
        return tuple(found) if found else None


def _held(value: Value) -> list[Value]:
    """What stands in a display; the value itself where it is none."""
    if isinstance(value, Collection) and value.is_whole and value.kind != "dict":
        return [one for _, values in value.items for one in values]
    return [value]


def _opposite(found: bool | None) -> bool | None:
    return None if found is None else not found
