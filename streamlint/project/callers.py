"""Who calls a function, and who stores under a name: the ways into a value from the rest of the project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.project import syntax as ir
from streamlint.project.frames import Frame
from streamlint.project.modules import Module
from streamlint.project.values import NOTHING, Class, Collection, Function, Instance, Object, Values

if TYPE_CHECKING:
    from streamlint.project.evaluate import Evaluator

_MOST_CALLERS = 24
"""More callers than this tell nothing definite about a parameter, and cost time."""


class CallSite:
    """A call of a known function: where it stands, and how its arguments meet the parameters."""

    __slots__ = ("call", "frame", "is_bound", "module", "scope")

    def __init__(self, module: Module, scope: ir.Scope, call: ir.Call, frame: Frame, is_bound: bool) -> None:
        self.module, self.scope, self.call, self.frame, self.is_bound = module, scope, call, frame, is_bound


class Callers:
    """Indexes the loaded modules by the last word of what they call, pass on and store; built when first asked."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self._calls: dict[str, list[tuple[Module, ir.Scope, ir.Call]]] | None = None
        self._passed: dict[str, list[tuple[Module, ir.Scope, ir.Call]]] = {}
        self._stores: dict[str, list[tuple[Module, ir.Scope, ir.Store]]] = {}
        self._puts: dict[str, list[tuple[Module, ir.Scope, ir.Store]]] = {}
        self._sites: dict[tuple[object, int], tuple[CallSite, ...]] = {}

    def _index(self) -> dict[str, list[tuple[Module, ir.Scope, ir.Call]]]:
        if self._calls is not None:
            return self._calls
        self._calls = {}
        for module in self.evaluator.modules.loaded():
            for scope in module.scopes:
                if scope.decorators and scope.kind == "function":
                    self._index_decorator(module, scope)
                for call in scope.calls:
                    self._calls.setdefault(last_word(call.function), []).append((module, scope, call))
                    for argument in (*call.arguments, *(value for _, value in call.keywords)):
                        word = last_word(argument)
                        if word:
                            self._passed.setdefault(word, []).append((module, scope, call))
                for store in scope.stores:
                    by, word = (self._stores, store.member) if store.member else (self._puts, last_word(store.base))
                    by.setdefault(word, []).append((module, scope, store))
        return self._calls

    def _index_decorator(self, module: Module, scope: ir.Scope) -> None:
        """A bare decorator is called with the function below it; what outer ones are given, their inner ones decide."""
        assert self._calls is not None
        decorator = scope.decorators[-1]
        if isinstance(decorator, ir.Name | ir.Attribute):
            function = ir.Closure(scope.start, scope.end, scope.index)
            call = ir.Call(decorator.start, decorator.end, decorator, (function,), ())
            self._calls.setdefault(last_word(decorator), []).append((module, module.scopes[scope.parent], call))

    def stores(self, member: str) -> list[tuple[Module, ir.Scope, ir.Store]]:
        self._index()
        return self._stores.get(member, [])

    def puts(self, word: str) -> list[tuple[Module, ir.Scope, ir.Store]]:
        """Assignments under keys that are not constant, to something whose name ends in this word."""
        self._index()
        return self._puts.get(word, [])

    def calls_of(self, word: str) -> list[tuple[Module, ir.Scope, ir.Call]]:
        """Calls whose function ends in this word."""
        return self._index().get(word, [])

    def passing(self, word: str) -> list[tuple[Module, ir.Scope, ir.Call]]:
        """Calls that are given something whose name ends in this word."""
        self._index()
        return self._passed.get(word, [])

    def of(self, function: Function) -> tuple[CallSite, ...]:
        """The calls of a function of the project in the loaded modules, `Class(...)` for an `__init__` too."""
        key = (function.path, function.scope)
        if key not in self._sites:
            self._sites[key] = ()
            self._sites[key] = tuple(self._find(function))
        return self._sites[key]

    def _find(self, function: Function) -> Iterator[CallSite]:
        located = self.evaluator.scope_of(function)
        if located is None:
            return
        module, scope = located
        parent = module.scopes[scope.parent] if scope.parent >= 0 else None
        word = scope.name
        is_constructor = scope.name in ("__init__", "__call__") and parent is not None and parent.kind == "class"
        if is_constructor and parent is not None and scope.name == "__init__":
            word = parent.name
        candidates = self.calls_of(word)
        if len(candidates) > 12 * _MOST_CALLERS:
            return
        for other, where, call in candidates:
            frame = self.evaluator.any_call(other, where)
            for value in self.evaluator.value(call.function, frame):
                if isinstance(value, Function) and (value.path, value.scope) == (function.path, function.scope):
                    yield CallSite(other, where, call, frame, value.receiver is not None)
                elif is_constructor and isinstance(value, Class) and parent is not None:
                    method = self.evaluator.attributes.method(value, "__init__")
                    if method is not None and (method.path, method.scope) == (function.path, function.scope):
                        yield CallSite(other, where, call, frame, True)
        yield from self._handed_over(function, scope)

    def _handed_over(self, function: Function, scope: ir.Scope) -> Iterator[CallSite]:
        """Calls that pass the function on with its arguments, such as `run_in_threadpool(f, x)`."""
        for other, where, call in self.passing(scope.name)[: 4 * _MOST_CALLERS]:
            frame = self.evaluator.any_call(other, where)
            moved = self.evaluator.calls.handed(call, frame)
            if moved is None:
                continue
            for value in moved[0]:
                if isinstance(value, Function) and (value.path, value.scope) == (function.path, function.scope):
                    shifted = ir.Call(call.start, call.end, call.function, moved[1], moved[2])
                    yield CallSite(other, where, shifted, frame, value.receiver is not None)

    def argument(self, function: Function, scope: ir.Scope, parameter: ir.Parameter) -> Values:
        """What the known callers give for a parameter; empty where nobody is known to give it."""
        sites = self.of(function)
        if not sites or len(sites) > _MOST_CALLERS:
            return NOTHING
        found = []
        for site in sites:
            given = argument_of(site.call, scope, parameter, site.is_bound)
            if given is not None:
                found.append(self.evaluator.value(given, site.frame))
        return self.evaluator.union(found)

    def field_values(self, base: Object, name: str) -> Values:
        """What the constructor calls of a class without `__init__` give for a field."""
        located = self.evaluator.scope_of(base)
        if located is None:
            return NOTHING
        _, scope = located
        fields = [b.name for b in scope.bindings if b.annotation is not None]
        position = fields.index(name) if name in fields else None
        found = []
        for other, where, call in self.calls_of(scope.name)[:_MOST_CALLERS]:
            given = call.argument(position, name)
            if given is None:
                continue
            frame = self.evaluator.any_call(other, where)
            callee = self.evaluator.value(call.function, frame)
            if any(isinstance(c, Class) and (c.path, c.scope) == (base.path, base.scope) for c in callee):
                found.append(self.evaluator.value(given, frame))
        return self.evaluator.union(found)

    def lifespan_state(self, base: Instance, member: str) -> Values:
        """What a lifespan yields under this key, for the state object of requests."""
        knowledge = self.evaluator.knowledge
        if not knowledge.objects.is_state(base.name):
            return NOTHING
        found = []
        for module, scope, call in self._lifespans():
            given = call.argument(None, "lifespan")
            if given is None:
                continue
            frame = self.evaluator.any_call(module, scope)
            made = self.evaluator.calls.results(self.evaluator.value(given, frame), (), {}, None)
            for value in self.evaluator.calls.entered(made):
                if isinstance(value, Collection):
                    found += [values for key, values in value.items if key == member]
        return self.evaluator.union(found)

    def _lifespans(self) -> list[tuple[Module, ir.Scope, ir.Call]]:
        return [
            row
            for rows in self._index().values()
            for row in rows
            if any(keyword == "lifespan" for keyword, _ in row[2].keywords)
        ]


def argument_of(call: ir.Call, scope: ir.Scope, parameter: ir.Parameter, is_bound: bool) -> ir.Expression | None:
    """The expression that a call gives for a parameter; None where it gives none, or hides it behind `*`."""
    positional = [p.name for p in scope.parameters if p.kind == "positional"]
    if parameter.kind != "positional":
        return call.argument(None, parameter.name)
    position = positional.index(parameter.name) - (1 if is_bound else 0)
    return call.argument(position if position >= 0 else None, parameter.name)


def last_word(expression: ir.Expression) -> str:
    """`c` of `a.b.c`; "" where the expression is no name."""
    if isinstance(expression, ir.Attribute):
        return expression.attribute
    return expression.id if isinstance(expression, ir.Name) else ""


