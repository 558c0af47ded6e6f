"""What remains of the alternatives of a name where `isinstance` was asked of it on the way."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from streamlint.model import syntax as ir
from streamlint.model.answered import answers
from streamlint.values.activations import Frame
from streamlint.values.domain import (
    UNKNOWN,
    Class,
    Constant,
    External,
    Generated,
    Iterated,
    Object,
    Text,
    Tokens,
    Value,
    Values,
)
from streamlint.values.limits import Limit
from streamlint.values.whole import Whole

_ITERATORS = (Tokens, Generated, Iterated)
_NEAREST = 16
"""Tests of one value that are looked at, those that stand nearest before it."""


class Kinds:
    """Leaves out objects of the project's classes that a test has excluded, and iterators and texts.

    Of everything else a test tells too little.
    """

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator
        self._tests: dict[ir.Name, tuple[tuple[ir.Expression, bool], ...]] = {}

    def remaining(self, values: Values, name: ir.Name, frame: Frame) -> Values:
        """The values without those; all of them where no object would be left."""
        has_streams = any(isinstance(value, _ITERATORS) for value in values)
        if not has_streams and (len(values) == 1 or not any(isinstance(value, Object) for value in values)):
            return values
        tests = self._tests.get(name)
        if tests is None:
            tests = self._tests[name] = self._nearest(name, frame)
        for kind, answer in tests:
            if len(values) == 1 and not has_streams:
                break
            classes = self._classes(kind, frame)
            kept = frozenset(value for value in values if self._may_be(value, classes, answer)) if classes else values
            kept = kept or (UNKNOWN if has_streams else values)
            values = values if kept == values else self.evaluator.union((kept,))
        return values

    def _nearest(self, name: ir.Name, frame: Frame) -> tuple[tuple[ir.Expression, bool], ...]:
        tests = tuple(_passed(name, frame.scope))
        if len(tests) > _NEAREST:
            self.evaluator.give_up(Limit.TESTS, name, frame)
        return tests[-_NEAREST:]

    def _classes(self, kind: ir.Expression, frame: Frame) -> list[Class | External]:
        """The classes that a test asks for; none where one of them is not known."""
        asked = kind.items if isinstance(kind, ir.Sequence) else (kind,)
        values = [value for one in asked for value in self.evaluator.value(one, frame)]
        classes = [value for value in values if isinstance(value, Class | External)]
        outside = {one.name for one in classes if isinstance(one, External)}
        return classes if len(classes) == len(values) and outside <= self._iterators.keys() | self._texts else []

    @cached_property
    def _iterators(self) -> dict[str, bool]:
        """The outside classes of iterators, each with whether these are asynchronous."""
        names = self.evaluator.knowledge.names
        return dict.fromkeys(names("kinds", "iterators"), False) | dict.fromkeys(
            names("kinds", "async-iterators"), True
        )

    @cached_property
    def _texts(self) -> frozenset[str]:
        return self.evaluator.knowledge.names("kinds", "texts")

    def _may_be(self, value: Value, classes: list[Class | External], answer: bool) -> bool:
        if isinstance(value, _ITERATORS) or _is_text(value):
            return self._may_be_outside(value, [one.name for one in classes if isinstance(one, External)], answer)
        if not isinstance(value, Object) or any(isinstance(one, External) for one in classes):
            return True
        attributes = self.evaluator.attributes
        own = Class(value.path, value.scope)
        is_one = any(one in attributes.lineage(own) for one in classes)
        if is_one or not answer:
            return is_one is answer
        return any(one in attributes.lineage(below) for below in attributes.below(own) for one in classes)

    def _may_be_outside(self, value: Value, names: list[str], answer: bool) -> bool:
        """Whether an iterator or a text may be what a test of these classes has answered."""
        if _is_text(value):
            return any(name in self._texts for name in names) is answer
        is_async = getattr(value, "is_async", None)
        kinds = {self._iterators[name] for name in names if name in self._iterators}
        return (is_async in kinds) is answer or (is_async is None and (not answer or bool(kinds)))


def _is_text(value: Value) -> bool:
    return isinstance(value, Text) or (isinstance(value, Constant) and isinstance(value.value, str))


def _passed(name: ir.Name, scope: ir.Scope) -> Iterator[tuple[ir.Expression, bool]]:
    """The second arguments of the tests of this very value that are passed on the way to it, with what they answered."""
    for call, answer in answers(name, scope):
        match call:
            case ir.Call(function=ir.Name(id="isinstance"), arguments=(ir.Name(id=word, bindings=bindings), kind)):
                if word == name.id and bindings == name.bindings and not call.contains(name):
                    yield kind, answer
