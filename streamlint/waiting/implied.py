"""What those functions hold that no text calls: methods behind operators, callbacks of `sorted`, `reduce` and the loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from streamlint.knowledge.blocking import Tier
from streamlint.knowledge.off_loop import Where
from streamlint.model import syntax as ir
from streamlint.model.operators import Operator
from streamlint.values import Values
from streamlint.values.activations import Frame
from streamlint.values.domain import External, Function, Generated, Object, Partial, Value
from streamlint.values.operators import Operators
from streamlint.waiting.holds import Hold, hop_to, stronger

if TYPE_CHECKING:
    from streamlint.project import Project

_CALLING_BACK = {
    "builtins.map": 0,
    "builtins.filter": 0,
    "builtins.sorted": "key",
    "builtins.min": "key",
    "builtins.max": "key",
    "functools.reduce": 0,
}


class Judge(Protocol):
    """Knows what functions of the project hold."""

    def of_function(
        self, function: Function, frame: Frame, arguments: dict[str, Values] | None = None
    ) -> Hold | None: ...

    def of_frame(self, frame: Frame) -> Hold | None: ...

    def of_outside(self, function: Value, call: ir.Call, frame: Frame) -> Hold | None: ...


class Implied:
    """Asks for the operators of a function only where the project's own classes have such methods."""

    def __init__(self, project: Project, judge: Judge) -> None:
        self.evaluator = project.evaluator
        self._operators = project.ask(Operators)
        self._holding: dict[str, bool] = {}
        self._of_function, self._of_frame, self._of_outside = judge.of_function, judge.of_frame, judge.of_outside

    def stated(self, scope: ir.Scope) -> Iterator[Operator]:
        """The operators that a function writes down; tests and texts are many, and few of them do anything."""
        return (one for one in self._operators.of(scope) if not one.is_quiet)

    def is_asked(self, operator: Operator) -> bool:
        """Whether a method that an operator may run holds anything at all."""
        return any(map(self._may_hold, operator.methods))

    def _may_hold(self, name: str) -> bool:
        """Whether a method of this name holds something in one of the classes."""
        known = self._holding.get(name)
        if known is None:
            places = self._operators.methods.get(name, ())
            any_call = self.evaluator.any_call
            found = (self._of_frame(any_call(module, scope)) for module, scope in places)
            known = self._holding[name] = any(one is not None for one in found)
        return known

    def of_steps(self, value: Object, iterable: ir.Expression, frame: Frame) -> Hold | None:
        """The hold of a `for` over an object of the project: of `__iter__`, of what that gives, of `__next__`."""
        attributes = self.evaluator.attributes
        bound = attributes.of_class(value, "__iter__")
        for made in self.evaluator.calls.results(bound, (), {}, frame) if bound else ():
            if isinstance(made, Generated) and not made.is_async:
                found = self._of_frame(made.frame)
                if found is not None:
                    return found.behind(hop_to(iterable, frame, "iterates over it, which runs `__iter__`"))
        for name in ("__iter__", "__next__"):
            method = attributes.method(value, name)
            found = self._of_function(replace(method, receiver=value), frame) if method is not None else None
            if found is not None:
                return found.behind(hop_to(iterable, frame, f"iterates over it, which runs `{name}`"))
        return None

    def of_operator(self, operator: Operator, frame: Frame) -> Hold | None:
        """The hold of the methods that an operator runs; likely where it may as well be something else that does not wait."""
        best: Hold | None = None
        methods = self._operators.run_by(operator, frame)
        given = tuple(self.evaluator.value(one, frame) for one in operator.given if any(methods))
        harmless = False
        for method in methods:
            if method is None:
                harmless = True
                continue
            found = self._of_function(method, frame, self.evaluator.calls.named(method, given, {}))
            harmless |= found is None
            if found is not None:
                label = f"{'sets' if operator.sets else 'runs'} `{self._named(method)}`"
                best = stronger(best, found.behind(hop_to(operator.on, frame, label)))
        return replace(best, tier=Tier.LIKELY) if best is not None and harmless else best

    def of_conversion(self, name: str, call: ir.Call, frame: Frame) -> Hold | None:
        """What `len`, `str` and their like run of an object of the project."""
        values = self.evaluator.value(call.arguments[0], frame) if call.arguments else frozenset()
        for method in self._operators.converting(name, values):
            found = self._of_function(method, frame)
            if found is not None:
                return found.behind(hop_to(call, frame, f"runs `{self._named(method)}`"))
        return None

    def _named(self, method: Function) -> str:
        located = self.evaluator.scope_of(method)
        return located[1].name if located is not None else ""

    def of_callback(self, name: str, call: ir.Call, frame: Frame) -> Hold | None:
        """Functions that `sorted`, `map` and their like call."""
        given = self._callback(name, call)
        for value in self.evaluator.value(given, frame) if given is not None else ():
            if isinstance(value, External) and given is not None:
                return self._of_outside(value, ir.Call(call.start, call.end, given, (), ()), frame)
            found = self._called_back(value, call, frame)
            if found is not None:
                label = "has the loop call it" if name not in _CALLING_BACK else "calls it for every item"
                return found.behind(hop_to(call, frame, label))
        return None

    def _called_back(self, value: Value, call: ir.Call, frame: Frame) -> Hold | None:
        """The hold of a callback, which gets no arguments that are known."""
        if isinstance(value, Partial):
            calls, alone = self.evaluator.calls, ir.Call(call.start, call.end, call.function, (), ())
            functions = [one for one in value.function if isinstance(one, Function)]
            given = ((one, calls.named(one, *calls.filled(value, alone, frame))) for one in functions)
            held = (self._of_function(one, frame, arguments) for one, arguments in given)
            return next((one for one in held if one is not None), None)
        return self._of_function(value, frame) if isinstance(value, Function) else None

    def _callback(self, name: str, call: ir.Call) -> ir.Expression | None:
        """What a call is given that it calls itself, or has the loop call a moment later."""
        where = _CALLING_BACK.get(name)
        if where is not None:
            return call.argument(where, None) if isinstance(where, int) else call.argument(None, str(where))
        row = self.evaluator.knowledge.off_loop.call(name) if name else None
        return call.argument(row.position, row.keyword or None) if row is not None and row.where is Where.LOOP else None
