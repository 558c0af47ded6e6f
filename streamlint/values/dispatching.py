"""Which function a call of `functools.singledispatch` runs: the one that is registered for the class of its first argument."""

from __future__ import annotations

from collections.abc import Iterator

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.activations import Frame
from streamlint.values.domain import Class, Collection, Constant, External, Function, Instance, Member, Object, Value
from streamlint.values.whole import Whole

DISPATCHING = frozenset(("singledispatch", "singledispatchmethod"))
"""Words of the decorators of a function that runs another one, by what it is given."""
_OF_ALL = "builtins.object"
_ABOVE = {"builtins.bool": ("builtins.int",)}
Registered = tuple[tuple[Value, Function], ...]


class Dispatching:
    """Looks for `@show.register` in the module of the function and in those that import it."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator

    def meant(self, function: Function, call: ir.Call, frame: Frame) -> tuple[Function, ...]:
        """What a call of a function runs: itself, or what is registered for what it is given; itself where that is unknown."""
        registered = self._registered_for(function)
        return (function,) if registered is None else self._chosen(function, registered, call, frame) or (function,)

    def may_mean(self, function: Function, call: ir.Call, frame: Frame) -> tuple[Function, ...]:
        """As `meant`, with all that is registered where it is unknown what the function is given."""
        registered = self._registered_for(function)
        if registered is None:
            return (function,)
        every = (self._bound(one, function) for _, one in registered)
        return self._chosen(function, registered, call, frame) or (function, *dict.fromkeys(every))

    def _registered_for(self, function: Function) -> Registered | None:
        """What is registered with a function; None where it is no such function."""
        located = self.evaluator.scope_of(function)
        if located is None or not located[1].decorators or located[1].decorator_words.isdisjoint(DISPATCHING):
            return None
        return self._registered(*located)

    def _chosen(
        self, function: Function, registered: Registered, call: ir.Call, frame: Frame
    ) -> tuple[Function, ...] | None:
        """Which of them run; None where that cannot be seen."""
        given = call.argument(0, None)
        values = self.evaluator.value(given, frame) if given is not None else ()
        found: dict[Function, None] = {}
        for value in values:
            kinds = self._kinds(value)
            if not kinds:
                return None
            found[self._first(kinds, registered) or function] = None
        return tuple(self._bound(one, function) for one in found) or None

    @staticmethod
    def _bound(chosen: Function, function: Function) -> Function:
        if chosen == function or function.receiver is None:
            return chosen
        return Function(chosen.path, chosen.scope, chosen.frame, function.receiver)

    @staticmethod
    def _first(kinds: tuple[Value, ...], registered: Registered) -> Function | None:
        for kind in kinds:
            for one, function in registered:
                if one == kind:
                    return function
        return None

    def _registered(self, module: Module, scope: ir.Scope) -> Registered:
        key = ("registered", module.path, scope.index)
        return self.evaluator.solver.ask(key, lambda: tuple(self._find(module, scope)), (), ())

    def _find(self, module: Module, scope: ir.Scope) -> Iterator[tuple[Value, Function]]:
        """Later ones first, as they take the place of earlier ones."""
        for other in self.evaluator.modules.saying(scope.name) if scope.name else ():
            for one in reversed(other.scopes):
                for decorator in one.decorators if one.kind == "function" else ():
                    if self._registers(decorator, other, one, (module, scope)):
                        yield from self._by_kind(decorator, other, one)

    def _registers(
        self, decorator: ir.Expression, module: Module, one: ir.Scope, wanted: tuple[Module, ir.Scope]
    ) -> bool:
        base = registered_with(decorator)
        if base is None or ir.dotted(base).rpartition(".")[2] != wanted[1].name:
            return False
        outer = self.evaluator.any_call(module, module.scopes[one.parent])
        values = self.evaluator.value(base, outer)
        return any(
            isinstance(value, Function) and (value.path, value.scope) == (wanted[0].path, wanted[1].index)
            for value in values
        )

    def _by_kind(self, decorator: ir.Expression, module: Module, one: ir.Scope) -> Iterator[tuple[Value, Function]]:
        """By the class that the decorator names, or the annotation of the first parameter that is not `self`."""
        is_method = module.scopes[one.parent].kind == "class"
        first = one.parameters[int(is_method) : int(is_method) + 1]
        named = decorator.arguments[0] if isinstance(decorator, ir.Call) and decorator.arguments else None
        kind = named or (first[0].annotation if first else None)
        outer = self.evaluator.any_call(module, module.scopes[one.parent])
        for each in _alternatives(kind) if kind is not None else ():
            for value in self.evaluator.value(each, outer):
                if isinstance(value, Class | External):
                    yield value, Function(module.path, one.index)

    def _kinds(self, value: Value) -> tuple[Value, ...]:
        """The classes of a value in the order in which they are asked for; nothing where they are unknown."""
        match value:
            case Constant():
                name = f"builtins.{value.kind}"
                return tuple(External(one) for one in (name, *_ABOVE.get(name, ()), _OF_ALL))
            case Collection():
                return (External(f"builtins.{value.kind}"), External(_OF_ALL))
            case Object():
                return (*self.evaluator.attributes.lineage(value), External(_OF_ALL))
            case Member():
                return (*self.evaluator.attributes.lineage(Class(value.path, value.scope)), External(_OF_ALL))
            case Instance():
                return (External(value.name), External(_OF_ALL))
        return ()


def _alternatives(annotation: ir.Expression) -> tuple[ir.Expression, ...]:
    """`int | str` is registered for both."""
    if isinstance(annotation, ir.Operation) and annotation.operator == "BitOr":
        return annotation.operands
    return (annotation,)


def registered_with(decorator: ir.Expression) -> ir.Expression | None:
    """The function of which `@show.register` and `@show.register(Letter)` make the one below run: `show`."""
    named = decorator.function if isinstance(decorator, ir.Call) else decorator
    return named.base if isinstance(named, ir.Attribute) and named.attribute == "register" else None
