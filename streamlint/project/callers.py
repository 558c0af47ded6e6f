"""Who calls a function, and who stores under a name: the ways into a value from the rest of the project."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
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

    __slots__ = ("call", "frame", "is_bound", "made", "module", "scope")

    def __init__(
        self,
        module: Module,
        scope: ir.Scope,
        call: ir.Call,
        frame: Frame,
        is_bound: bool,
        made: Class | None = None,
    ) -> None:
        self.module, self.scope, self.call, self.frame, self.is_bound = module, scope, call, frame, is_bound
        self.made = made
        """The class that a constructor call makes; None for `super().__init__()` and all other calls."""


class Callers:
    """Indexes the loaded modules by the last word of what they call, pass on and store; built when first asked."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self._calls: dict[str, list[tuple[Module, ir.Scope, ir.Call]]] | None = None
        self._passed: dict[str, list[tuple[Module, ir.Scope, ir.Call]]] = {}
        self._stores: dict[str, list[tuple[Module, ir.Scope, ir.Store]]] = {}
        self._puts: dict[str, list[tuple[Module, ir.Scope, ir.Store]]] = {}
        self._descendants: dict[str, set[str]] = {}
        """Names of the classes that name another one as their base."""
        self._aliases: dict[str, set[str]] = {}
        self._sites: dict[tuple[object, int], tuple[CallSite, ...]] = {}

    def _index(self) -> dict[str, list[tuple[Module, ir.Scope, ir.Call]]]:
        if self._calls is not None:
            return self._calls
        self._calls = {}
        for module in self.evaluator.modules.loaded():
            for scope in module.scopes:
                for binding in scope.bindings:
                    if binding.kind == "import" and binding.member and binding.member != binding.name:
                        self._aliases.setdefault(binding.member, set()).add(binding.name)
                for base in scope.bases:
                    word = last_word(base.base if isinstance(base, ir.Subscript) else base)
                    self._descendants.setdefault(word, set()).add(scope.name)
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
        is_constructor = scope.name == "__init__" and parent is not None and parent.kind == "class"
        if is_constructor and parent is not None:
            candidates = self._constructing(parent.name)
        else:
            candidates = [row for word in self._spellings(scope.name) for row in self.calls_of(word)]
        if len(candidates) > 12 * _MOST_CALLERS:
            return
        wanted = (function.path, function.scope)
        for other, where, call in candidates:
            frame = self.evaluator.any_call(other, where)
            for value in self.evaluator.value(call.function, frame):
                if isinstance(value, Function) and (value.path, value.scope) == wanted:
                    yield CallSite(other, where, call, frame, value.receiver is not None)
                elif is_constructor and isinstance(value, Class):
                    method = self.evaluator.attributes.method(value, "__init__")
                    if method is not None and (method.path, method.scope) == wanted:
                        yield CallSite(other, where, call, frame, True, Class(value.path, value.scope))
        yield from self._handed_over(function, scope)

    def _spellings(self, name: str) -> list[str]:
        """A name and those under which it is imported."""
        self._index()
        return [name, *sorted(self._aliases.get(name, ()))]

    def _constructing(self, name: str) -> list[tuple[Module, ir.Scope, ir.Call]]:
        """Calls that may run the `__init__` of a class of this name: its own, its descendants', `cls(...)`, `super()`'s."""
        self._index()
        names, pending = {name}, [name]
        while pending:
            current = pending.pop()
            for below in (*self._descendants.get(current, ()), *self._aliases.get(current, ())):
                if below not in names:
                    names.add(below)
                    pending.append(below)
        found = [row for each in sorted(names) for row in self.calls_of(each)]
        for each in sorted(names):
            found += self._by_class_around.get(each, ())
        return found

    @cached_property
    def _by_class_around(self) -> dict[str, list[tuple[Module, ir.Scope, ir.Call]]]:
        """The calls `cls(...)` and `super().__init__()` by the name of the class that holds them."""
        found: dict[str, list[tuple[Module, ir.Scope, ir.Call]]] = {}
        for word in ("cls", "__init__"):
            for row in self.calls_of(word):
                found.setdefault(_class_around(row[0], row[1]), []).append(row)
        return found

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

    def initial(self, function: Function, scope: ir.Scope, parameter: ir.Parameter, made: Object) -> Values:
        """What the constructor calls that make an object of exactly this class, or of one below it, give for a parameter."""
        attributes = self.evaluator.attributes
        above = {owner for owner in attributes.lineage(made) if isinstance(owner, Class)}
        found = []
        for site in self.of(function)[: 4 * _MOST_CALLERS]:
            if site.made is not None:
                concerns = Class(made.path, made.scope) in set(attributes.lineage(site.made))
            else:
                concerns = _owner_of(site.module, site.scope) in above
            given = argument_of(site.call, scope, parameter, site.is_bound) if concerns else None
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
        for module, scope, call in self._lifespans:
            given = call.argument(None, "lifespan")
            if given is None:
                continue
            frame = self.evaluator.any_call(module, scope)
            made = self.evaluator.calls.results(self.evaluator.value(given, frame), (), {}, None)
            for value in self.evaluator.calls.entered(made):
                if isinstance(value, Collection):
                    found += [values for key, values in value.items if key == member]
        return self.evaluator.union(found)

    @cached_property
    def _lifespans(self) -> list[tuple[Module, ir.Scope, ir.Call]]:
        return [
            row
            for rows in self._index().values()
            for row in rows
            if any(keyword == "lifespan" for keyword, _ in row[2].keywords)
        ]


def _owner_of(module: Module, scope: ir.Scope) -> Class | None:
    """The class whose method holds this scope."""
    while scope.parent >= 0:
        scope = module.scopes[scope.parent]
        if scope.kind == "class":
            return Class(module.path, scope.index)
    return None


def _class_around(module: Module, scope: ir.Scope) -> str:
    owner = _owner_of(module, scope)
    return module.scopes[owner.scope].name if owner is not None else ""


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
