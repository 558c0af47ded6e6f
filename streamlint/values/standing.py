"""Which object an annotation stands for, so that nobody is asked who hands it in."""

from __future__ import annotations

from itertools import islice

from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import NOTHING, Class, Constant, Instance, Object, Value, Values
from streamlint.values.said import Row
from streamlint.values.whole import Whole

_FEW = 8
"""Calls that make objects of a class; of more, those who hand one in may tell which it is."""
_PLAIN = frozenset(("typing.Generic", "builtins.object"))
"""Classes from outside that make nothing else of those below: of an `Enum` members are handed in, of a `TypedDict` dicts."""


class Standing:
    """Knows classes of which every object is the same to the model: nothing descends from them, and few places make them.

    An annotation is believed: who hands in an object of a stranger's class, which only looks like it, is not seen.
    """

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator

    def of(self, annotation: ir.Expression | None, frame: Frame) -> Values:
        """The object that is meant; nothing where callers may tell more."""
        if annotation is None:
            return NOTHING
        meant = [one for one in self.evaluator.parameters.annotated(annotation, frame) if one != Constant(None)]
        return self._one(meant[0]) if len(meant) == 1 else NOTHING

    def _one(self, value: Value) -> Values:
        if isinstance(value, Instance) and self.evaluator.knowledge.frameworks.is_part(value.name):
            return frozenset((value,))
        if not isinstance(value, Object):
            return NOTHING
        made = Class(value.path, value.scope)
        key = ("standing", made.path, made.scope)
        return self.evaluator.solver.ask(key, lambda: self._only(made), NOTHING, NOTHING)

    def _only(self, made: Class) -> Values:
        """The object of a class with its place where one call makes it, without one where a few do."""
        attributes = self.evaluator.attributes
        if attributes.below(made) or not _PLAIN.issuperset(attributes.outside_bases(made)):
            return NOTHING
        rows = list(
            islice((row for row in self.evaluator.callers.constructing(made) if self._may_make(made, row)), _FEW + 1)
        )
        if not rows or len(rows) > _FEW:
            return NOTHING
        (module, scope, call), *others = rows
        frame = self.evaluator.any_call(module, scope)
        is_this = not others and made in self.evaluator.value(call.function, frame)
        is_this = is_this and not self.evaluator.callers.is_requested(made)
        return frozenset((Object(made.path, made.scope, self.evaluator.origin(call, frame) if is_this else None),))

    def _may_make(self, made: Class, row: Row) -> bool:
        """Whether a call that is spelled like the class may mean it, and no stranger of that name."""
        module, scope, call = row
        values = self.evaluator.value(call.function, self.evaluator.any_call(module, scope))
        return made in values or any(not isinstance(value, Class) for value in values)
