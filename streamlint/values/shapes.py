"""Which calls a function can take, by how many arguments they give and under which names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.said import Row

Shape = tuple[int, tuple[str, ...]] | None
"""How many arguments a call gives by position, and the names of the others; None for one that hides some."""

_KEEPING = frozenset(("staticmethod", "classmethod", "abstractmethod", "override", "final"))
"""Decorators after which a function takes what it took before."""


class Taking(NamedTuple):
    """What a function can be given."""

    positional: tuple[tuple[str, bool], ...]
    """The parameters that are filled by position, each with whether it may be left out."""
    is_open: bool
    """Whether it takes any number by position."""
    names: frozenset[str] | None
    """Those under which something can be given; None: whatever there is."""
    needed: frozenset[str]
    """Those that must be given by name."""

    @classmethod
    def of(cls, parameters: Sequence[ir.Parameter]) -> Taking:
        kinds = {parameter.kind for parameter in parameters}
        named = (parameter.name for parameter in parameters if parameter.kind in ("positional", "keyword"))
        keyword = (parameter for parameter in parameters if parameter.kind == "keyword")
        return cls(
            tuple((one.name, one.default is not None) for one in parameters if one.kind == "positional"),
            "starred" in kinds,
            None if "mapping" in kinds else frozenset(named),
            frozenset(parameter.name for parameter in keyword if parameter.default is None),
        )

    def takes(self, shape: Shape, bound: int = 0) -> bool:
        """Whether a call of this shape is taken; `bound` is 1 where the first parameter may be given beside the call."""
        if shape is None:
            return True
        number, names = shape
        if number > len(self.positional) and not self.is_open:
            return False
        if self.names is not None and not self.names.issuperset(names):
            return False
        left = (may_lack or name in names for name, may_lack in self.positional[number + bound :])
        return self.needed.issubset(names) and all(left)


class Shaped:
    """The calls of one word, by their shapes; each with its number among all of them."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows: dict[Shape, tuple[list[Row], list[int]]] = {}
        for number, row in enumerate(rows):
            alike, numbers = self._rows.setdefault(shape_of(row[2]), ([], []))
            alike.append(row)
            numbers.append(number)

    def fitting(self, module: Module, scope: ir.Scope) -> list[tuple[Shape, list[Row], list[int]]]:
        """Those of a shape that a function can take: of another one Python raises a `TypeError`."""
        may_be_bound = scope.parent >= 0 and module.scopes[scope.parent].kind == "class"
        keeps = scope.decorator_words <= _KEEPING
        taking = Taking.of(scope.parameters)
        return [
            (shape, *self._rows[shape]) for shape in self._rows if not keeps or taking.takes(shape, int(may_be_bound))
        ]


def shape_of(call: ir.Call) -> Shape:
    if not call.is_plain:
        return None
    return len(call.arguments), tuple(sorted(name for name, _ in call.keywords if name is not None))
