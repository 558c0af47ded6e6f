"""What a framework gives a callback that says nothing of its parameters: `request`, `app`, by their positions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.activations import Frame
from streamlint.values.domain import NOTHING, Class, Function, Instance, Values
from streamlint.values.initialised import Initialised
from streamlint.values.said import Row
from streamlint.values.whole import Whole


class Callbacks:
    """Looks for the calls that take a function, and the decorators above it, in the table."""

    def __init__(self, evaluator: Whole, passing: Callable[[str], list[Row]]) -> None:
        self.evaluator = evaluator
        self._passing = passing
        self._initialised = Initialised(evaluator)

    def given(self, function: Function, scope: ir.Scope, parameter: ir.Parameter) -> Values:
        """What a parameter is given by the framework; nothing where the table knows nobody who takes the function."""
        if scope.name in self._initialised.methods:
            return self._initialised.given(function, parameter)
        names = [one.name for one in scope.parameters]
        itself = 1 if names[:1] == ["self"] else 0
        number = names.index(parameter.name) - itself
        key = ("given", function.path, function.scope, number)
        return self.evaluator.found(key, lambda: self._given(function, scope, number))

    def _given(self, function: Function, scope: ir.Scope, number: int) -> Values:
        module = self.evaluator.modules.load(function.path)
        if module is None or number < 0:
            return NOTHING
        ways = (self._decorating(module, scope), self._overriding(module, scope), self._taking(function, scope))
        for classes in chain.from_iterable(ways):
            if number < len(classes):
                return frozenset((Instance(classes[number]),))
        return NOTHING

    def _decorating(self, module: Module, scope: ir.Scope) -> Iterator[tuple[str, ...]]:
        outer = self.evaluator.any_call(module, module.scopes[scope.parent])
        for decorator in scope.decorators:
            named = decorator.function if isinstance(decorator, ir.Call) else decorator
            for name in self.evaluator.names(named, outer):
                given = self.evaluator.knowledge.objects.given(name)
                if given is not None and given.position is not None:
                    yield given.classes

    def _overriding(self, module: Module, scope: ir.Scope) -> Iterator[tuple[str, ...]]:
        """What a method is given that a framework calls by its name: `dispatch(self, request, call_next)`."""
        owner = module.scopes[scope.parent]
        if owner.bases:
            for base in self.evaluator.attributes.outside_bases(Class(module.path, owner.index)):
                given = self.evaluator.knowledge.objects.given(f"{base}.{scope.name}")
                if given is not None:
                    yield given.classes

    def _taking(self, function: Function, scope: ir.Scope) -> Iterator[tuple[str, ...]]:
        for module, around, call in self._passing(scope.name):
            frame = self.evaluator.any_call(module, around)
            for name in self.evaluator.names(call.function, frame):
                given = self.evaluator.knowledge.objects.given(name)
                taken = call.argument(given.position, given.keyword or None) if given is not None else None
                if given is not None and taken is not None and self._is(taken, function, frame):
                    yield given.classes

    def _is(self, expression: ir.Expression, function: Function, frame: Frame) -> bool:
        values = self.evaluator.value(expression, frame)
        return any(
            isinstance(one, Function) and (one.path, one.scope) == (function.path, function.scope) for one in values
        )
