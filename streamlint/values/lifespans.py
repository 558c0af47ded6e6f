"""Which application runs a function for its lifespan, and what that leaves for its requests."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.domain import NOTHING, Collection, Function, Instance, Values
from streamlint.values.meanings import Definition
from streamlint.values.said import Row, Said
from streamlint.values.whole import Whole


class Lifespans:
    """Looks at the calls that are given a `lifespan`."""

    def __init__(self, evaluator: Whole, said_by: Callable[[Module], Said]) -> None:
        self.evaluator = evaluator
        self._said_by = said_by

    def applications(self, module: Module, scope: ir.Scope) -> Values:
        """What a function is given whose application runs it for its lifespan: the application."""
        wanted = (module.path, scope.index)
        key = ("applications", *wanted)
        return self.evaluator.solver.ask(key, lambda: self._applications(wanted), NOTHING, NOTHING)

    def _applications(self, wanted: Definition) -> Values:
        found = []
        for module, around, call in self._lifespans:
            frame = self.evaluator.any_call(module, around)
            given = call.argument(None, "lifespan")
            values = self.evaluator.value(given, frame) if given is not None else NOTHING
            if any(isinstance(value, Function) and (value.path, value.scope) == wanted for value in values):
                found.append(self.evaluator.value(call, frame))
        return self.evaluator.union(found)

    def state(self, base: Instance, member: str) -> Values:
        """What a lifespan yields under this key, for the state object of requests."""
        knowledge = self.evaluator.knowledge
        if not knowledge.objects.is_state(base.name):
            return NOTHING
        found = []
        for module, scope, call in self._lifespans:
            if (given := call.argument(None, "lifespan")) is None:
                continue
            lifespans = self.evaluator.value(given, self.evaluator.any_call(module, scope))
            made = self.evaluator.calls.results(lifespans, (), {}, None)
            for value in self.evaluator.calls.entered(made):
                if isinstance(value, Collection):
                    found += [values for key, values in value.items if key == member]
        return self.evaluator.union(found)

    @cached_property
    def _lifespans(self) -> list[Row]:
        return [
            row
            for said in map(self._said_by, self.evaluator.modules.saying("lifespan"))
            for rows in said.calls.values()
            for row in rows
            if any(keyword == "lifespan" for keyword, _ in row[2].keywords)
        ]
