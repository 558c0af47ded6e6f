"""What remains of the alternatives of a name where `isinstance` was asked of it on the way."""

from __future__ import annotations

from collections.abc import Iterator

from streamlint.model import syntax as ir
from streamlint.model.answered import answers
from streamlint.values.activations import Frame
from streamlint.values.domain import Class, Object, Value, Values
from streamlint.values.limits import Limit
from streamlint.values.whole import Whole

_NEAREST = 16
"""Tests of one value that are looked at, those that stand nearest before it."""


class Kinds:
    """Leaves out objects of the project's classes that a test has excluded; of everything else a test tells too little."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator
        self._tests: dict[ir.Name, tuple[tuple[ir.Expression, bool], ...]] = {}

    def remaining(self, values: Values, name: ir.Name, frame: Frame) -> Values:
        """The values without those; all of them where nothing would be left."""
        if len(values) == 1 or not any(isinstance(value, Object) for value in values):
            return values
        tests = self._tests.get(name)
        if tests is None:
            tests = self._tests[name] = self._nearest(name, frame)
        for kind, answer in tests:
            if len(values) == 1:
                break
            classes = self._classes(kind, frame)
            kept = frozenset(value for value in values if self._may_be(value, classes, answer)) if classes else values
            values = self.evaluator.union((kept,)) if kept else values
        return values

    def _nearest(self, name: ir.Name, frame: Frame) -> tuple[tuple[ir.Expression, bool], ...]:
        tests = tuple(_passed(name, frame.scope))
        if len(tests) > _NEAREST:
            self.evaluator.give_up(Limit.TESTS, name, frame)
        return tests[-_NEAREST:]

    def _classes(self, kind: ir.Expression, frame: Frame) -> list[Class]:
        """The classes that a test asks for; none where one of them is not known, or is from outside."""
        asked = kind.items if isinstance(kind, ir.Sequence) else (kind,)
        values = [value for one in asked for value in self.evaluator.value(one, frame)]
        classes = [value for value in values if isinstance(value, Class)]
        return classes if len(classes) == len(values) else []

    def _may_be(self, value: Value, classes: list[Class], answer: bool) -> bool:
        if not isinstance(value, Object):
            return True
        attributes = self.evaluator.attributes
        own = Class(value.path, value.scope)
        is_one = any(one in attributes.lineage(own) for one in classes)
        if is_one or not answer:
            return is_one is answer
        return any(one in attributes.lineage(below) for below in attributes.below(own) for one in classes)


def _passed(name: ir.Name, scope: ir.Scope) -> Iterator[tuple[ir.Expression, bool]]:
    """The second arguments of the tests of this very value that are passed on the way to it, with what they answered."""
    for call, answer in answers(name, scope):
        match call:
            case ir.Call(function=ir.Name(id="isinstance"), arguments=(ir.Name(id=word, bindings=bindings), kind)):
                if word == name.id and bindings == name.bindings and not call.contains(name):
                    yield kind, answer
