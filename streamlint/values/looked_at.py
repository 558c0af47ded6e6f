"""Which parts of a call its answer may depend on: no arguments, where what is called is outside and known by its name."""

from __future__ import annotations

from collections.abc import Iterable

from streamlint.model import syntax as ir
from streamlint.model.deciding import Deciding
from streamlint.model.modules import Module
from streamlint.values.call_sites import argument_of
from streamlint.values.container_calls import BY_KEY
from streamlint.values.dispatching import DISPATCHING
from streamlint.values.domain import NOTHING, Bound, Class, External, Function, Instance, Unknown, Value, Values
from streamlint.values.passing import BUILTINS, ENTERING
from streamlint.values.whole import Whole

_MOST_WITHIN = 12
"""Functions within functions that are read for one call; of those behind it all arguments may matter."""
_FOLLOWED = (ir.Attribute, ir.Await, ir.Constant)
_MADE = frozenset(("assign", "with", "import"))


class LookedAt:
    """Asks what is called where that is the same in all calls of the function around, and known for good."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator
        self.deciding = Deciding(self.parts)
        """Reads functions with what is known of the calls in them."""
        self._parts: dict[ir.Call, tuple[ir.Expression, ...]] = {}
        self._called: dict[ir.Call, Values] = {}
        self._open: set[ir.Scope] = set()

    def parts(self, call: ir.Call, module: Module, scope: ir.Scope) -> tuple[ir.Expression, ...]:
        """The parts of a call that stands in a function which may make a difference to what it gives."""
        known = self._parts.get(call)
        if known is None:
            known = self._parts[call] = self._find(call, module, scope)
        return known

    def _find(self, call: ir.Call, module: Module, scope: ir.Scope) -> tuple[ir.Expression, ...]:
        found = {id(call.function): call.function}
        values = self._meant(call, module, scope)
        for value in values:
            given = self._given(value, call)
            if given is None:
                return tuple(call.children())
            found.update((id(one), one) for one in given)
        return tuple(found.values()) if values else tuple(call.children())

    def _meant(self, call: ir.Call, module: Module, scope: ir.Scope) -> Values:
        """What is called, whoever calls the function around; nothing where that may differ, or is not known for good."""
        known = self._called.get(call)
        if known is None:
            known = NOTHING
            if self._is_steady(call.function, module, scope):
                lent = self.evaluator.solver.lent
                known = self.evaluator.value(call.function, self.evaluator.frames.nothing_given(module, scope))
                known = known if self.evaluator.solver.lent == lent else NOTHING
            self._called[call] = known
        return known

    def _is_steady(self, function: ir.Expression, module: Module, scope: ir.Scope) -> bool:
        """Whether an expression means the same in all calls of a function: made of the module's names and what is outside."""
        pending, seen = [function], set[int]()
        while pending:
            current = pending.pop()
            if isinstance(current, ir.Call):
                values = self._meant(current, module, scope)
                if not values or any(isinstance(value, Function) for value in values):
                    return False
                pending += self.parts(current, module, scope)
            elif isinstance(current, _FOLLOWED):
                pending += current.children()
            elif isinstance(current, ir.Name) and _is_same(current, module, scope):
                new = set(current.bindings or ()) - seen
                seen |= new
                bindings = [scope.bindings[index] for index in new]
                pending += [part for one in bindings for part in (one.value, one.annotation) if part is not None]
            else:
                return False
        return True

    def _given(self, value: Value, call: ir.Call) -> Iterable[ir.Expression] | None:
        """The arguments that matter to what is called; None where all may."""
        calls = self.evaluator.calls
        match value:
            case Unknown() | Class():
                return ()
            case External(name=name):
                owner, _, method = name.rpartition(".")
                is_read = method in BY_KEY and not owner.rpartition(".")[2][:1].isupper()
                return None if is_read or name in BUILTINS or calls.made_by(name) is None else ()
            case Bound(receiver=Instance(name=owner)):
                name = f"{owner}.{value.name}"
                return None if name in ENTERING or calls.method_gives(name) is None else ()
            case Function(frame=None):
                return self._of_function(value, call)
        return None

    def _of_function(self, function: Function, call: ir.Call) -> Iterable[ir.Expression] | None:
        located = self.evaluator.scope_of(function)
        if located is None:
            return ()
        module, scope = located
        hides = call.hides_keywords or call.placed < len(call.arguments)
        is_open = scope in self._open or len(self._open) >= _MOST_WITHIN
        if hides or is_open or not scope.decorator_words.isdisjoint(DISPATCHING):
            return None
        self._open.add(scope)
        try:
            read = self.deciding.anything if scope.is_generator else self.deciding.result
            parameters = [one for one in scope.parameters if one.name in read(module, scope)]
        finally:
            self._open.discard(scope)
        if any(one.kind in ("starred", "mapping") for one in parameters):
            return None
        given = (argument_of(call, scope, one, function.receiver is not None) for one in parameters)
        return [one for one in given if one is not None]


def _is_same(name: ir.Name, module: Module, scope: ir.Scope) -> bool:
    """Whether no call of a function gives a name: it means something of the module, or what the function makes."""
    if name.id in scope.asked_kinds or name.id in scope.from_inside:
        return False
    if name.bindings is None:
        return _is_of_module(name.id, module, scope)
    made = (scope.bindings[index] for index in name.bindings)
    return all(one.scope == scope.index and one.kind in _MADE for one in made)


def _is_of_module(name: str, module: Module, scope: ir.Scope) -> bool:
    """Whether a name that a function does not bind means one of its module, or one of Python's own."""
    if scope.owns(name):
        return False
    around = module.scopes[scope.parent]
    while around.parent >= 0:
        if around.kind != "class" and name in around.by_name:
            return False
        around = module.scopes[around.parent]
    return True
