"""Which classes of the project are enumerations, and what their members have."""

from __future__ import annotations

from streamlint.values.domain import UNKNOWN, Class, Constant, Member, Object, Values
from streamlint.values.whole import Whole

_ENUMERATIONS = frozenset(("enum.Enum", "enum.Flag"))
_VALUED = frozenset(("builtins.str", "builtins.int"))


class Enumerations:
    """Members that are texts or numbers too are those texts and numbers to the model; the others are `Member`."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator

    def has(self, base: Class) -> bool:
        """Whether the members of a class are objects of their own."""
        outside = self.evaluator.attributes.outside_bases(base)
        return any(name in _ENUMERATIONS for name in outside) and not any(name in _VALUED for name in outside)

    def of_member(self, base: Member, name: str) -> Values:
        """`Kind.RAM.value`, `Kind.RAM.name`, and what the class defines for all its members."""
        if name == "name":
            return frozenset((Constant(base.name),))
        if name != "value":
            return self.evaluator.attributes.of_class(Object(base.path, base.scope), name) or UNKNOWN
        located = self.evaluator.scope_of(Class(base.path, base.scope))
        if located is None:
            return UNKNOWN
        module, scope = located
        frame = self.evaluator.any_call(module, scope)
        found = (scope.bindings[index] for index in scope.by_name.get(base.name, ()))
        return self.evaluator.union(self.evaluator.binding(one, frame) for one in found) or UNKNOWN
