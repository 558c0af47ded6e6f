"""Which classes of the project are enumerations, and what their members have."""

from __future__ import annotations

from collections.abc import Iterable

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.domain import UNKNOWN, Class, Constant, Member, Object, Values
from streamlint.values.whole import Whole

_ENUMERATIONS = frozenset(("enum.Enum", "enum.Flag"))
_VALUED = frozenset(("builtins.str", "builtins.int"))
_OF_TEXTS = "enum.StrEnum"
_FLAGS = frozenset(("enum.Flag", "enum.IntFlag"))
_AUTO = "enum.auto"
_NEXT = "_generate_next_value_"


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
        found = (scope.bindings[index] for index in scope.by_name.get(base.name, ()))
        return self.evaluator.union(self.given(one, module, scope) for one in found) or UNKNOWN

    def given(self, member: ir.Binding, module: Module, scope: ir.Scope) -> Values:
        """What a field of a class is given, also where a member leaves its value to its class: `QUICK = auto()`."""
        frame, call = self.evaluator.any_call(module, scope), member.value
        if not isinstance(call, ir.Call) or self.evaluator.names(call.function, frame) != {_AUTO}:
            return self.evaluator.binding(member, frame)
        owner, name = Class(module.path, scope.index), member.name
        outside = self.evaluator.attributes.outside_bases(owner)
        if self.evaluator.attributes.method(owner, _NEXT) is not None or not _FLAGS.isdisjoint(outside):
            return UNKNOWN
        if _OF_TEXTS in outside:
            return frozenset((Constant(name.lower()),))
        number = _number(name, (one for one in scope.bindings if one.kind == "assign"))
        return frozenset((Constant(number),)) if number is not None else UNKNOWN


def _number(name: str, members: Iterable[ir.Binding]) -> int | None:
    """Which number `auto()` gives, where all members before leave theirs to the class too."""
    for number, member in enumerate(members, 1):
        if not isinstance(member.value, ir.Call) or member.value.arguments:
            return None
        if member.name == name:
            return number
    return None
