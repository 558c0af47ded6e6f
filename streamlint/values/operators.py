"""Which operators of a function run methods of the project's own classes, and which methods these are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.model.operators import SETTING, Operator, operators
from streamlint.values.activations import Frame
from streamlint.values.domain import Function, Object, Values, known

if TYPE_CHECKING:
    from streamlint.project import Project

_METHODS = (
    *(
        "__getitem__",
        "__setitem__",
        "__delitem__",
        "__contains__",
        "__bool__",
        "__len__",
        "__format__",
        "__str__",
        "__repr__",
    ),
    *(
        "__iter__",
        "__next__",
        "__eq__",
        "__ne__",
        "__lt__",
        "__le__",
        "__gt__",
        "__ge__",
        "__neg__",
        "__pos__",
        "__invert__",
    ),
    *(
        f"__{reflected}{name}__"
        for name in (
            *("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow"),
            *("lshift", "rshift", "or", "xor", "and"),
        )
        for reflected in ("", "r")
    ),
)
_CONVERTING = {
    "builtins.len": ("__len__",),
    "builtins.bool": ("__bool__", "__len__"),
    "builtins.str": ("__str__", "__repr__"),
    "builtins.repr": ("__repr__",),
    "builtins.print": ("__str__", "__repr__"),
    "builtins.format": ("__format__", "__str__", "__repr__"),
}
"""Functions of Python's own, and the method of their first argument that they call: the first that its class has."""


class Operators:
    """Looks first whether the project has such methods at all, as most projects have few that do anything."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self._known: dict[ir.Scope, tuple[Operator, ...]] = {}

    def of(self, scope: ir.Scope) -> tuple[Operator, ...]:
        """The places in a scope at which such methods may run."""
        if not self.methods or not scope.is_function:
            return ()
        found = self._known.get(scope)
        if found is None:
            chosen = (one for one in operators(scope) if not self.methods.keys().isdisjoint(one.methods))
            found = self._known[scope] = tuple(chosen)
        return found

    def run_by(self, operator: Operator, frame: Frame) -> tuple[Function | None, ...]:
        """The methods that may run at a place, bound; None for whatever else the receiver may be, as far as it is known."""
        values = self.evaluator.value(operator.receiver, frame)
        if not any(isinstance(receiver, Object) for receiver in values):
            return ()
        return tuple(
            self._first(receiver, operator.methods) if isinstance(receiver, Object) else None
            for receiver in known(values)
        )

    def converting(self, name: str, values: Values) -> Iterator[Function]:
        """The methods that `len(...)`, `str(...)` and their like run, bound."""
        methods = _CONVERTING.get(name, ())
        for receiver in values if not self.methods.keys().isdisjoint(methods) else ():
            method = self._first(receiver, methods) if isinstance(receiver, Object) else None
            if method is not None:
                yield method

    def _first(self, receiver: Object, names: Iterable[str]) -> Function | None:
        lineages = self.evaluator.attributes
        for name in names:
            word, sign, _ = name.partition(SETTING)
            method = lineages.setter(receiver, word) if sign else lineages.method(receiver, name)
            if method is not None:
                return replace(method, receiver=receiver)
        return None

    @cached_property
    def methods(self) -> Mapping[str, tuple[tuple[Module, ir.Scope], ...]]:
        """Such methods that do more than look something up, by name; setters with a sign behind theirs."""
        found: dict[str, list[tuple[Module, ir.Scope]]] = {}
        for module in self.evaluator.modules.saying("setter", *_METHODS):
            for scope in module.scopes:
                for name in _named(module, scope):
                    found.setdefault(name, []).append((module, scope))
        return {name: tuple(places) for name, places in found.items()}


def _named(module: Module, scope: ir.Scope) -> Iterator[str]:
    if scope.kind == "function" and module.scopes[scope.parent].kind == "class" and (scope.calls or scope.loops):
        if scope.name in _METHODS:
            yield scope.name
        elif "setter" in scope.decorator_words:
            yield f"{scope.name}{SETTING}"
