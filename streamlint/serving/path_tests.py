"""What a test on the address of a request comes to for a route: `request.url.path in ("/health", "/metrics")`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.values.domain import Collection, Constant, Value

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_OPPOSITE = {"NotEq": "Eq", "NotIn": "In"}


class PathTests:
    """Reads tests on constants alone; anything else is unknown."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator

    def of(self, test: ir.Expression, path: str, frame: Frame) -> bool | None:
        """Whether the test is true for requests of this path; None where that cannot be told."""
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
                return self._begins(given, path, frame) if self._is_path(base, frame) else None
        return None

    def _compared(self, operator: str, operands: tuple[ir.Expression, ...], path: str, frame: Frame) -> bool | None:
        if len(operands) != 2 or not self._is_path(operands[0], frame):
            return None
        texts = self._texts(operands[1], frame)
        if texts is None or (operator == "Eq" and len(texts) != 1):
            return None
        return path in texts

    def _begins(self, given: ir.Expression, path: str, frame: Frame) -> bool | None:
        texts = self._texts(given, frame)
        return None if texts is None else path.startswith(texts)

    def _is_path(self, expression: ir.Expression, frame: Frame) -> bool:
        """`request.url.path`, or a name for it."""
        match expression:
            case ir.Attribute(attribute="path", base=ir.Attribute(attribute="url")):
                return True
            case ir.Name(bindings=(index,)):
                bound = frame.scope.bindings[index]
                return bound.kind == "assign" and bound.value is not None and self._is_path(bound.value, frame)
        return False

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
