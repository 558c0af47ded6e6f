"""Whether what an expression gives outlives the call that evaluates it, so that other requests have it too."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.call_sites import argument_of
from streamlint.values.domain import Bound, Collection, External, Function, Instance, Object, Unknown, Value
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.project import Project

Parameters = frozenset[str]
"""The parameters of a function that are given something lasting."""

_CONSTRUCTORS = frozenset(("__init__", "__new__", "__post_init__"))
_DISPLAYS = (ir.Mapping, ir.Sequence, ir.Comprehension)
_NEVER = (*_DISPLAYS, ir.Constant, ir.FormattedString, ir.Operation, ir.Closure)
"""These make something new wherever they stand."""


class Lasting:
    """Follows names back to what made them; what cannot be followed counts as lasting only where it comes from outside."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.reach = project.reach
        self.facts = project.knowledge.shared_state

    # Questions

    def of(self, expression: ir.Expression, module: Module, scope: ir.Scope, given: Parameters) -> bool:
        if isinstance(expression, ir.Name):
            return self._name(expression, module, scope, given)
        if isinstance(expression, _NEVER):
            return False
        key = ("lasting", expression, scope, given)
        return self.evaluator.solver.ask(key, lambda: self._of(expression, module, scope, given), False, False)

    def _of(self, expression: ir.Expression, module: Module, scope: ir.Scope, given: Parameters) -> bool:
        match expression:
            case ir.Attribute():
                return self._attribute(expression, module, scope, given)
            case ir.Subscript():
                return self.of(expression.base, module, scope, given)
            case ir.Await() | ir.Walrus() | ir.Starred():
                return self.of(expression.value, module, scope, given)
            case ir.Choice():
                return any(self.of(option, module, scope, given) for option in expression.options)
            case ir.Call():
                return self._call(expression, module, scope, given)
        return False

    def cell(self, name: str, module: Module, scope: ir.Scope) -> bool:
        """Whether a variable from outside the scope is one variable for several requests."""
        owner = self._owner(name, module, scope)
        return owner is None or owner.kind != "function" or not self._is_one_request(module, owner)

    def given(self, module: Module, scope: ir.Scope) -> Parameters:
        """The parameters to which a call, whoever makes it, may give something lasting."""
        nobody: Parameters = frozenset()
        return self.evaluator.solver.ask(("given", scope), lambda: self._given(module, scope), nobody, nobody)

    def _given(self, module: Module, scope: ir.Scope) -> Parameters:
        return frozenset(p.name for n, p in enumerate(scope.parameters) if self._is_given(n, p, module, scope))

    def given_by(
        self, function: Function, at: ir.Expression, module: Module, scope: ir.Scope, given: Parameters
    ) -> Parameters:
        """The parameters to which this call gives something lasting; all, where it cannot be seen what it gives."""
        located = self.evaluator.scope_of(function)
        assert located is not None
        inner = located[1]
        if not isinstance(at, ir.Call) or not self._is_called(function, at, module, scope):
            return self.given(*located)
        is_bound = function.receiver is not None or self._is_method(located[0], inner)
        found = set()
        for number, parameter in enumerate(inner.parameters):
            if is_bound and number == 0:
                base = at.function.base if isinstance(at.function, ir.Attribute) else None
                lasts = base is None or self._receiver(base, module, scope, given)
                lasts &= inner.name not in _CONSTRUCTORS
            else:
                argument = argument_of(at, inner, parameter, is_bound)
                lasts = argument is not None and self.of(argument, module, scope, given)
                lasts |= argument is None and isinstance(parameter.default, _DISPLAYS)
            if lasts:
                found.add(parameter.name)
        return frozenset(found)

    # Names

    def _name(self, name: ir.Name, module: Module, scope: ir.Scope, given: Parameters) -> bool:
        if name.bindings is None or name.id not in scope.by_name:
            return self._outer(name.id, module, scope)
        return any(self._binding(scope.bindings[index], module, scope, given) for index in name.bindings)

    def _outer(self, name: str, module: Module, scope: ir.Scope) -> bool:
        owner = self._owner(name, module, scope)
        if owner is None:
            return bool(module.summary.star_imports)
        if owner.kind != "function" or not self._is_one_request(module, owner):
            return True
        given = self.given(module, owner)
        return any(self._binding(owner.bindings[index], module, owner, given) for index in owner.by_name[name])

    def _owner(self, name: str, module: Module, scope: ir.Scope) -> ir.Scope | None:
        current = scope
        while current.parent >= 0:
            current = module.scopes[current.parent]
            if name in current.by_name and current.kind != "class":
                return current
        return None

    def _is_one_request(self, module: Module, owner: ir.Scope) -> bool:
        """Whether each request runs the function for itself, and in one task."""
        if self.reach.from_request(module, owner) is None:
            return False
        starting = self.evaluator.knowledge.off_loop.words_beside
        return not any(last_word(call.function) in starting for call in owner.calls)

    def _binding(self, binding: ir.Binding, module: Module, scope: ir.Scope, given: Parameters) -> bool:
        if binding.kind == "parameter":
            return binding.name in given
        if binding.kind in ("import", "class", "function"):
            return True
        key = ("lasting", binding, scope, given)
        return self.evaluator.solver.ask(key, lambda: self._bound(binding, module, scope, given), False, False)

    def _bound(self, binding: ir.Binding, module: Module, scope: ir.Scope, given: Parameters) -> bool:
        if any(self._binding(scope.bindings[index], module, scope, given) for index in binding.sources):
            return True
        value = _part(binding.value, binding.path)
        if value is None or binding.kind == "augmented":
            return False
        where = module.scopes[binding.scope]
        return self.of(value, module, where, given if where is scope else self.given(module, where))

    # Attributes and calls

    def _attribute(self, attribute: ir.Attribute, module: Module, scope: ir.Scope, given: Parameters) -> bool:
        if attribute.attribute == "app" or self.of(attribute.base, module, scope, given):
            return True
        values = self.evaluator.value(attribute, self.evaluator.any_call(module, scope))
        return any(self._is_made_outside(value) for value in values)

    def _is_made_outside(self, value: Value) -> bool:
        """Whether a mutable value is made at the level of a module or a class."""
        if not isinstance(value, Collection | Object | Instance) or value.origin is None:
            return False
        module = self.evaluator.modules.load(value.origin.path)
        if module is None:
            return False
        start = value.origin.start
        return not any(scope.is_function and scope.start <= start < scope.end for scope in module.scopes)

    def _receiver(self, base: ir.Expression, module: Module, scope: ir.Scope, given: Parameters) -> bool:
        if isinstance(base, ir.Call) and last_word(base.function) == "super":
            return bool(scope.parameters) and scope.parameters[0].name in given
        return self.of(base, module, scope, given)

    def _call(self, call: ir.Call, module: Module, scope: ir.Scope, given: Parameters) -> bool:
        function = call.function
        has_lasting_base = isinstance(function, ir.Attribute) and self.of(function.base, module, scope, given)
        if has_lasting_base and last_word(function) in self.facts.handing_out:
            return True
        for value in self.evaluator.value(function, self.evaluator.any_call(module, scope)):
            match value:
                case Function():
                    lasts = self._result(value)
                case External():
                    lasts = value.name in self.facts.handing_out_functions
                    lasts = lasts and any(self.of(argument, module, scope, given) for argument in call.arguments)
                    lasts |= value.name == "builtins.globals"
                case Bound(receiver=Instance()):
                    lasts = has_lasting_base and self._is_conversation(value)
                case Unknown():
                    lasts = has_lasting_base or not isinstance(function, ir.Attribute)
                case _:
                    lasts = False
            if lasts:
                return True
        return False

    def _is_conversation(self, method: Bound) -> bool:
        """Whether an outside method hands out a part of the conversation that its object holds: a cursor of a connection."""
        assert isinstance(method.receiver, Instance)
        blocking = self.evaluator.knowledge.blocking
        made = blocking.returns(f"{method.receiver.name}.{method.name}")
        return made is not None and blocking.is_one_at_a_time(method.receiver.name) and blocking.is_one_at_a_time(made)

    def _result(self, function: Function) -> bool:
        """Whether what a function of the project returns, or yields, is there before and after the call."""
        located = self.evaluator.scope_of(function)
        if located is None:
            return False
        return self.evaluator.solver.ask(("lasting", located[1]), lambda: self._gives_lasting(*located), False, False)

    def _gives_lasting(self, module: Module, scope: ir.Scope) -> bool:
        if self._is_cached(module, scope):
            return True
        given = self.given(module, scope)
        results = [item.value for item in scope.returns] + [item.value for item in scope.yields]
        return any(result is not None and self.of(result, module, scope, given) for result in results)

    def _is_cached(self, module: Module, scope: ir.Scope) -> bool:
        outer = self.evaluator.any_call(module, module.scopes[scope.parent])
        for decorator in scope.decorators:
            function = decorator.function if isinstance(decorator, ir.Call) else decorator
            names = self.evaluator.names(function, outer)
            if names & self.facts.caches or "cache" in last_word(function):
                return True
        return False

    # Parameters

    @cached_property
    def _entries(self) -> frozenset[tuple[object, int]]:
        return frozenset(entry.key for entry in self.reach.entries)

    def _is_given(self, number: int, parameter: ir.Parameter, module: Module, scope: ir.Scope) -> bool:
        if number == 0 and self._is_method(module, scope):
            return scope.name not in _CONSTRUCTORS
        if isinstance(parameter.default, _DISPLAYS):
            return True
        frame = self.evaluator.any_call(module, scope)
        providers = self.evaluator.parameters.dependencies(parameter, frame)
        if providers:
            return any(
                isinstance(value, Function) and self._result(value)
                for dependency, where in providers
                for value in self.evaluator.value(dependency, where)
            )
        if (module.path, scope.index) in self._entries or parameter.kind in ("starred", "mapping"):
            return False
        return self._is_given_by_callers(parameter, module, scope)

    def _is_given_by_callers(self, parameter: ir.Parameter, module: Module, scope: ir.Scope) -> bool:
        """Whether a caller gives something lasting; nobody knows what a function is given that nobody is seen to call."""
        sites = self.evaluator.callers.of(Function(module.path, scope.index))
        for site in sites:
            argument = argument_of(site.call, scope, parameter, site.is_bound)
            if argument is not None and self.of(argument, site.module, site.scope, self.given(site.module, site.scope)):
                return True
        return not sites and scope.kind == "function"

    @staticmethod
    def _is_method(module: Module, scope: ir.Scope) -> bool:
        if scope.kind != "function" or module.scopes[scope.parent].kind != "class":
            return False
        return "staticmethod" not in {ir.dotted(decorator) for decorator in scope.decorators}

    def _is_called(self, function: Function, call: ir.Call, module: Module, scope: ir.Scope) -> bool:
        """Whether the call calls the function itself, and does not hand it on."""
        values = self.evaluator.value(call.function, self.evaluator.any_call(module, scope))
        wanted = (function.path, function.scope)
        if any(isinstance(value, Function) and (value.path, value.scope) == wanted for value in values):
            return True
        located = self.evaluator.scope_of(function)
        return located is not None and located[1].name in ("__init__", "__call__")


def _part(value: ir.Expression | None, path: tuple[int, ...]) -> ir.Expression | None:
    """The item of a display that an unpacked name gets; the whole where it is no display."""
    for position in path:
        if not isinstance(value, ir.Sequence) or position >= len(value.items):
            return value
        value = value.items[position]
    return value
