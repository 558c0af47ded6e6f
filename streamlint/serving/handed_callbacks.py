"""What clients of models call back while they run: functions that they were given, and methods of objects that they know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import Class, Function, Object, Unknown, Value, Values, dotted_name

if TYPE_CHECKING:
    from streamlint.values import Evaluator

_OF_LOOP = "asyncio."


class HandedCallbacks:
    """Looks at what a call is given, at what made that, and at what else that was given in the functions around."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self._keywords = evaluator.knowledge.names("wakings", "callbacks")

    def of(self, call: ir.Call, frame: Frame) -> Iterator[Function]:
        """The functions that a call of outside code may call back; they are coroutine functions, too."""
        if isinstance(call.function, ir.Attribute):
            yield from self._behind((call, call.function.base), frame)
        else:
            yield from self._behind((call,), frame)

    def handed(
        self, function: ir.Expression, given: Iterable[tuple[str | None, ir.Expression]], frame: Frame
    ) -> Iterator[Function]:
        """The same of outside code that something else is to call with these arguments."""
        given = tuple(given)
        for keyword, argument in given:
            yield from self._held(keyword, argument, frame)
        base = function.base if isinstance(function, ir.Attribute) else function
        yield from self._behind((base, *(argument for _, argument in given)), frame)

    def _behind(self, roots: Iterable[ir.Expression], frame: Frame) -> Iterator[Function]:
        pending = [(root, frame) for root in roots]
        seen: set[tuple[int, str]] = set()
        while pending:
            root, there = pending.pop()
            for part in ir.walk(root):
                if isinstance(part, ir.Call):
                    yield from self._of_call(part, there)
                owner, name = self._variable(part, there)
                if owner is not None and (owner.index, name) not in seen:
                    seen.add((owner.index, name))
                    pending += self._made_and_used(part, name, owner, there)

    def _variable(self, part: ir.Expression, frame: Frame) -> tuple[ir.Scope | None, str]:
        """The function whose variable a name is, or the class whose object has an attribute under the name `self`."""
        if isinstance(part, ir.Name):
            owner = frame.module.uses.owner(part.id, frame.scope)
            return (owner if owner is not None and owner.is_function else None), part.id
        if isinstance(part, ir.Attribute) and isinstance(part.base, ir.Name):
            method = frame.module.uses.owner(part.base.id, frame.scope)
            if method is not None and method.is_function and method.parameters:
                around = frame.module.scopes[max(method.parent, 0)]
                if around.kind == "class" and method.parameters[0].name == part.base.id:
                    return around, part.attribute
        return None, ""

    def _made_and_used(
        self, part: ir.Expression, name: str, owner: ir.Scope, frame: Frame
    ) -> Iterator[tuple[ir.Expression, Frame]]:
        """What gives a variable, or an attribute, its value, and the calls of the methods of a variable."""
        module = frame.module
        if not isinstance(part, ir.Name):
            for method, store in self.evaluator.attributes.stores_on_self(module, owner).get(name, ()):
                yield store.value, self.evaluator.any_call(module, method)
            return
        inner = self.evaluator.any_call(module, owner)
        for one in owner.bindings:
            if one.name == name and one.kind == "assign" and one.value is not None:
                yield one.value, inner
        for call in owner.calls:
            base = call.function.base if isinstance(call.function, ir.Attribute) else None
            if isinstance(base, ir.Name) and base.id == name:
                yield call, inner

    def _of_call(self, call: ir.Call, frame: Frame) -> Iterator[Function]:
        functions = self.evaluator.value(call.function, frame)
        if self.evaluator.calls.moving(call, frame) is not None or not all(map(_is_client, functions)):
            return
        is_known = not any(isinstance(one, Unknown) for one in functions)
        for keyword, given in ((None, one) for one in call.arguments if is_known):
            yield from self._held(keyword, given, frame)
        for keyword, given in call.keywords:
            if is_known or keyword in self._keywords:
                yield from self._held(keyword, given, frame)

    def _held(self, keyword: str | None, given: ir.Expression, frame: Frame) -> Iterator[Function]:
        match given:
            case ir.Sequence():
                for item in given.items:
                    yield from self._held(keyword, item, frame)
            case ir.Mapping():
                for _, item in given.items:
                    yield from self._held(keyword, item, frame)
            case ir.Name() | ir.Attribute() | ir.Closure() | ir.Call():
                yield from self._functions(self.evaluator.value(given, frame))

    def _functions(self, values: Values) -> Iterator[Function]:
        for value in values:
            if isinstance(value, Function):
                yield value
            elif isinstance(value, Object):
                yield from self._methods(value)

    def _methods(self, value: Object) -> Iterator[Function]:
        """The methods of an object whose class stands below one of the outside world, which calls them by their names."""
        own, located = Class(value.path, value.scope), self.evaluator.scope_of(value)
        if located is None or not self.evaluator.attributes.outside_bases(own):
            return
        for inner in located[0].inner(located[1]):
            method = self.evaluator.attributes.method(value, inner.name) if inner.kind == "function" else None
            if method is not None and not inner.name.startswith("__"):
                yield method


def _is_client(function: Value) -> bool:
    """Whether code that is not of the project runs where this is called, and runs what it is given there."""
    return not isinstance(function, Function | Class | Object) and not dotted_name(function).startswith(_OF_LOOP)
