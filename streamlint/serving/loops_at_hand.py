"""Under which name a function has the event loop that serves requests, or where it could be given one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values import Values
from streamlint.values.domain import Class, Instance, Object, Origin, known

if TYPE_CHECKING:
    from streamlint.project import Project


class LoopsAtHand:
    """Looks at variables of the functions around a function, at its parameters, and at what its object keeps."""

    def __init__(self, project: Project) -> None:
        self.evaluator, self.reach = project.evaluator, project.reach
        self._names = project.knowledge.names("wakings", "running-loops")

    def name(self, module: Module, scope: ir.Scope, start: int) -> str:
        """The variable or attribute that holds the loop when something begins at `start`; "" where there is none."""
        for owner in functions_around(module, scope):
            limit = start if owner.start <= start < owner.end else scope.start
            for binding in owner.bindings:
                is_there = binding.kind == "parameter" or (binding.kind == "assign" and binding.end <= limit)
                is_one = is_there and len(owner.by_name.get(binding.name, ())) == 1
                if not is_one or module.uses.owner(binding.name, scope) is not owner:
                    continue
                if self._is_running(self.evaluator.binding(binding, self.evaluator.any_call(module, owner))):
                    return binding.name
        return self._attribute(module, scope)

    def _attribute(self, module: Module, scope: ir.Scope) -> str:
        """`self.loop` in a method."""
        found = method_around(module, scope)
        if found is None:
            return ""
        owner, method = found
        attributes, itself = self.evaluator.attributes, method.parameters[0].name
        for name, stores in attributes.stores_on_self(module, owner).items():
            is_early = all(one.name == "__init__" for one, _ in stores)
            if is_early and self._is_running(attributes.of_class(Object(module.path, owner.index), name)):
                return f"{itself}.{name}"
        return ""

    def _is_running(self, values: Values) -> bool:
        """Whether a value is always the loop that runs where it was asked for."""
        found = tuple(known(values))
        return (
            bool(found)
            and len(found) == len(values)
            and all(
                isinstance(one, Instance) and one.origin is not None and self._is_asked_on_loop(one.origin)
                for one in found
            )
        )

    def _is_asked_on_loop(self, origin: Origin) -> bool:
        module = self.evaluator.modules.load(origin.path)
        for scope in module.scopes if module is not None else ():
            for call in scope.calls:
                if (call.start, call.end) == (origin.start, origin.end) and module is not None:
                    names = self.evaluator.names(call.function, self.evaluator.any_call(module, scope))
                    return bool(names & self._names) and self.runs_on_loop(module, scope)
        return False

    def runs_on_loop(self, module: Module, scope: ir.Scope) -> bool:
        """Whether a function is a coroutine function of the serving loop, or the constructor of objects that such ones make."""
        if scope.is_async:
            return self.reach.on_loop(module, scope) is not None
        owner = module.scopes[max(scope.parent, 0)]
        if owner.kind != "class" or scope.name != "__init__":
            return False
        made = Class(module.path, owner.index)
        sites = [
            (there, around)
            for there, around, call in self.evaluator.callers.constructing(made)
            if made in self.evaluator.value(call.function, self.evaluator.any_call(there, around))
        ]
        return bool(sites) and all(
            around.is_async and self.reach.on_loop(there, around) is not None for there, around in sites
        )

    def asking(self, module: Module, scope: ir.Scope) -> ir.Scope | None:
        """The coroutine function around a function, whose variables it sees, and which could ask for the loop."""
        around = next((one for one in functions_around(module, scope) if one.is_async), None)
        return around if around is not None and self.runs_on_loop(module, around) else None


def functions_around(module: Module, scope: ir.Scope) -> Iterator[ir.Scope]:
    """A function, and those that it stands in, the innermost first."""
    while scope.parent >= 0:
        if scope.is_function:
            yield scope
        scope = module.scopes[scope.parent]


def method_around(module: Module, scope: ir.Scope) -> tuple[ir.Scope, ir.Scope] | None:
    """The class whose object a function has under the name of a parameter, and its method that is or holds the function."""
    for one in functions_around(module, scope):
        owner = module.scopes[max(one.parent, 0)]
        if owner.kind == "class":
            is_seen = bool(one.parameters) and not {"staticmethod", "classmethod"} & one.decorator_words
            return (owner, one) if is_seen else None
    return None
