"""What stands for an attribute of an object that nothing defines: what `__getattr__` of its class gives."""

from __future__ import annotations

from dataclasses import replace

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.domain import NOTHING, UNKNOWN, Class, Constant, Function, Object, ProjectModule, Value, Values
from streamlint.values.members import ASKED, Members
from streamlint.values.whole import Whole

_FILLING = frozenset(("setattr", "vars", "__setattr__", "__dict__"))
"""With one of these a class may have attributes that no text shows."""


class Fallbacks:
    """Asks only where everything else has been asked."""

    def __init__(self, evaluator: Whole, members: Members) -> None:
        self.evaluator = evaluator
        self._members = members

    def function(self, base: Value, name: str) -> Function | None:
        """The function that Python calls for an attribute which nothing defines; None where something does."""
        if name.startswith("__"):
            return None
        attributes = self.evaluator.attributes
        if isinstance(base, Object):
            method = attributes.method(base, ASKED)
            is_meant = method is not None and not attributes.of_class(base, name)
            return replace(method, receiver=base) if method is not None and is_meant else None
        return self._members.fallback(base.path, name) if isinstance(base, ProjectModule) else None

    def value(self, base: Object | Class, name: str) -> Values:
        """What that function gives for the name, of an object; empty where there is none."""
        function = self.function(base, name)
        if function is None:
            return NOTHING
        found = self.evaluator.calls.results(frozenset((function,)), (frozenset((Constant(name),)),), {}, None)
        return self.evaluator.union((found, UNKNOWN)) if self._may_be_filled(base) else found

    def _may_be_filled(self, base: Object | Class) -> bool:
        """Whether the class of an object sets attributes by names that it is given."""
        for owner in self.evaluator.attributes.lineage(base):
            located = self.evaluator.scope_of(owner) if isinstance(owner, Class) else None
            if located is None or any(map(_fills, _within(*located))):
                return True
        return False


def _within(module: Module, scope: ir.Scope) -> list[ir.Scope]:
    return [one for one in module.scopes[scope.index + 1 :] if one.start < scope.end]


def _fills(scope: ir.Scope) -> bool:
    names = (one.id for one in scope.names)
    return not _FILLING.isdisjoint(names) or any(one.attribute in _FILLING for one in scope.attributes)
