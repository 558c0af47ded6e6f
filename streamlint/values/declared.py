"""What annotations and constructors say of a receiver, without asking who hands it in."""

from __future__ import annotations

from collections.abc import Iterable

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.activations import Frame
from streamlint.values.domain import NOTHING, Class, Constant, Function, Object, Values
from streamlint.values.lineages import is_abstract
from streamlint.values.parameters import OF_CLASSES
from streamlint.values.whole import Whole

_PLAIN = frozenset(("override", "final"))
"""Decorators that leave a method a method."""
_DEEPEST = 6
"""Attributes and names behind one another that are followed."""


class Declared:
    """Knows a method where every way of reading the receiver's type leads to this one; else it says nothing."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator

    def method(self, function: ir.Expression, module: Module, scope: ir.Scope) -> Function | None:
        """The method that an expression means: the receiver's class has it, and no class below has another one."""
        if not isinstance(function, ir.Attribute):
            return None
        found = {self._only(one, function.attribute) for one in self.objects(function.base, module, scope)}
        return found.pop() if len(found) == 1 else None

    def exact(self, expression: ir.Expression, module: Module, scope: ir.Scope) -> Object | None:
        """The object that an expression is, where it is declared and no class descends from that of its declaration."""
        found = self.objects(expression, module, scope)
        if len(found) != 1 or self.evaluator.attributes.below(Class(found[0].path, found[0].scope)):
            return None
        return found[0]

    def objects(self, expression: ir.Expression, module: Module, scope: ir.Scope) -> list[Object]:
        """Objects of the classes that an expression is declared to be, or of classes below; none where that is not known."""
        found = self._of(expression, self.evaluator.any_call(module, scope), _DEEPEST)
        return [one for one in found if isinstance(one, Object)]

    def _only(self, receiver: Object, name: str) -> Function | None:
        attributes = self.evaluator.attributes
        owner = Class(receiver.path, receiver.scope)
        found = {attributes.method(one, name) for one in (owner, *attributes.below(owner))}
        method = found.pop() if len(found) == 1 else None
        located = self.evaluator.scope_of(method) if method is not None else None
        if method is None or located is None or not located[1].decorator_words <= _PLAIN or is_abstract(located[1]):
            return None
        return Function(method.path, method.scope, None, receiver)

    def _of(self, expression: ir.Expression, frame: Frame, left: int) -> Values:
        """The classes of what an expression is, as objects; nothing where one of the ways to it tells of none."""
        match expression:
            case ir.Name() if left:
                return self._named(expression, frame, left - 1)
            case ir.Attribute() if left:
                owners = self._of(expression.base, frame, left - 1)
                return self._all(self._attribute(one, expression.attribute, left) for one in owners)
            case ir.Call(function=ir.Name() as function) if left:
                return self._made(function, frame)
        return NOTHING

    def _all(self, ways: Iterable[Values]) -> Values:
        found = list(ways)
        return self.evaluator.union(found) if all(found) else NOTHING

    def _named(self, name: ir.Name, frame: Frame, left: int) -> Values:
        where: Frame | None = frame
        indices: Iterable[int] = (*(name.bindings or ()), *frame.scope.from_inside.get(name.id, ()))
        if name.bindings is None:
            where = frame.parent
            while where is not None and (where.scope.kind == "class" or name.id not in where.scope.by_name):
                where = where.parent
            indices = where.scope.by_name[name.id] if where is not None else ()
        bindings = [where.scope.bindings[index] for index in indices] if where is not None else []
        return self._all(self._bound(one, where, left) for one in bindings) if where is not None else NOTHING

    def _bound(self, binding: ir.Binding, frame: Frame, left: int) -> Values:
        if binding.kind == "parameter" and binding.scope == frame.scope.index:
            return self._parameter(binding.name, frame)
        if binding.kind != "assign" or binding.path or binding.scope != frame.scope.index:
            return NOTHING
        if binding.annotation is not None:
            return self._annotated(binding.annotation, frame)
        return self._of(binding.value, frame, left) if binding.value is not None else NOTHING

    def _parameter(self, name: str, frame: Frame) -> Values:
        scope, outer = frame.scope, frame.parent or frame
        number, parameter = next((n, p) for n, p in enumerate(scope.parameters) if p.name == name)
        if parameter.kind in ("starred", "mapping"):
            return NOTHING
        if parameter.annotation is not None:
            return self._annotated(parameter.annotation, outer)
        is_own = number == 0 and outer.scope.kind == "class" and scope.name not in OF_CLASSES
        is_object = is_own and scope.decorator_words <= _PLAIN
        return frozenset((Object(frame.module.path, outer.scope.index),)) if is_object else NOTHING

    def _put(self, store: ir.Store, frame: Frame, left: int) -> Values:
        if store.annotation is not None:
            return self._annotated(store.annotation, frame)
        return self._of(store.value, frame, left)

    def _annotated(self, annotation: ir.Expression, frame: Frame) -> Values:
        """Objects of the project's classes that an annotation names; of `None` nothing has a method."""
        values = [one for one in self.evaluator.parameters.annotated(annotation, frame) if one != Constant(None)]
        return frozenset(values) if all(isinstance(one, Object) for one in values) else NOTHING

    def _made(self, function: ir.Name, frame: Frame) -> Values:
        """An object of the class that a call names by itself."""
        if function.bindings is not None:
            return NOTHING
        classes = [one for one in self.evaluator.value(function, frame) if isinstance(one, Class)]
        return frozenset(Object(one.path, one.scope) for one in classes) if len(classes) == 1 else NOTHING

    def _attribute(self, owner: object, name: str, left: int) -> Values:
        """What a class says of an attribute of its objects, or its bases: an annotation, or what the methods store."""
        lineage = self.evaluator.attributes.lineage(owner) if isinstance(owner, Object) else ()
        for each in lineage:
            located = self.evaluator.scope_of(each) if isinstance(each, Class) else None
            if located is None:
                return NOTHING
            module, scope = located
            frame = self.evaluator.any_call(module, scope)
            if name in scope.by_name:
                bindings = [scope.bindings[index] for index in scope.by_name[name]]
                return self._all(
                    self._annotated(one.annotation, frame) if one.annotation is not None else NOTHING
                    for one in bindings
                )
            stores = self.evaluator.attributes.stores_on_self(module, scope).get(name, ())
            if stores:
                any_call = self.evaluator.any_call
                return self._all(self._put(one, any_call(module, method), left - 1) for method, one in stores)
        return NOTHING
