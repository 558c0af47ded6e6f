"""Which calls a function can take, by how many arguments they give and under which names."""

from __future__ import annotations

from collections.abc import Sequence

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.said import Row

Shape = tuple[int, tuple[str, ...]] | None
"""How many arguments a call gives by position, and the names of the others; None for one that hides some."""

_KEEPING = frozenset(("staticmethod", "classmethod", "abstractmethod", "override", "final"))
"""Decorators after which a function takes what it took before."""


class Shaped:
    """The calls of one word, by their shapes; each with its number among all of them."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows: dict[Shape, tuple[list[Row], list[int]]] = {}
        for number, row in enumerate(rows):
            alike, numbers = self._rows.setdefault(_shape(row[2]), ([], []))
            alike.append(row)
            numbers.append(number)

    def fitting(self, module: Module, scope: ir.Scope) -> list[tuple[Shape, list[Row], list[int]]]:
        """Those of a shape that a function can take: of another one Python raises a `TypeError`."""
        may_be_bound = scope.parent >= 0 and module.scopes[scope.parent].kind == "class"
        keeps = scope.decorator_words <= _KEEPING
        return [
            (shape, *self._rows[shape])
            for shape in self._rows
            if not keeps or shape is None or _takes(scope.parameters, shape, int(may_be_bound))
        ]


def _shape(call: ir.Call) -> Shape:
    if not call.is_plain:
        return None
    return len(call.arguments), tuple(sorted(name for name, _ in call.keywords if name is not None))


def _takes(parameters: Sequence[ir.Parameter], shape: tuple[int, tuple[str, ...]], bound: int) -> bool:
    """Whether these parameters may be given so; `bound` is 1 where the first of them may be given beside the call."""
    number, names = shape
    kinds = {parameter.kind for parameter in parameters}
    positional = [parameter for parameter in parameters if parameter.kind == "positional"]
    named = {parameter.name for parameter in parameters if parameter.kind in ("positional", "keyword")}
    if number > len(positional) and "starred" not in kinds:
        return False
    if not named.issuperset(names) and "mapping" not in kinds:
        return False
    needed = [*positional[number + bound :], *(parameter for parameter in parameters if parameter.kind == "keyword")]
    return all(parameter.default is not None or parameter.name in names for parameter in needed)
