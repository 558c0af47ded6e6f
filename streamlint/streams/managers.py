"""What becomes of a context manager at the end of its block, of whomsoever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.knowledge.resources import End
from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import Function, Generated, Instance, Object, dotted_name, known
from streamlint.values.limits import Limit

if TYPE_CHECKING:
    from streamlint.project import Project

_DEEPEST = 4
CLOSING, _EXITS = ("close", "aclose"), ("__aexit__", "__exit__")


class Managers:
    """Those of libraries are rows of a table; those of the project are functions that yield, and classes."""

    def __init__(self, project: Project) -> None:
        self._evaluator = project.evaluator
        self._facts = project.knowledge.resources

    def end(self, context: ir.Expression, frame: Frame, depth: int = 0) -> End | None:
        """What becomes of a context manager at the end of its block; None where that is not known, or does no harm."""
        ends, closers = self._facts.ends, self._facts.closers
        if isinstance(context, ir.Call):
            for value in self._evaluator.value(context.function, frame):
                name = dotted_name(value)
                if name in ends:
                    return ends[name]
                if name in closers and self.is_call_of(context.argument(0, "thing"), closers[name], frame):
                    return End.CLOSED
                if isinstance(value, Function) and (end := self._made_by(value, context, frame, depth)) is not None:
                    return end
        for value in self._evaluator.value(context, frame):
            if isinstance(value, Instance) and value.name in ends:
                return ends[value.name]
            if isinstance(value, Instance) and self._evaluator.calls.streams.managed(value) is not None:
                return End.CLOSED
            if isinstance(value, Object) and (end := self._of_own_class(value)) is not None:
                return end
            if isinstance(value, Generated) and depth >= _DEEPEST:
                self._evaluator.give_up(Limit.MANAGERS, context, frame)
            elif isinstance(value, Generated):
                return self._of_manager(value, depth)
        return None

    def _of_own_class(self, manager: Object) -> End | None:
        """What becomes of what a manager of the project keeps in an attribute, and closes when its block ends."""
        for word in _EXITS:
            method = self._evaluator.attributes.method(manager, word)
            located = self._evaluator.scope_of(method) if method is not None else None
            frame = self._evaluator.any_call(*located) if located is not None else None
            ends = (self._end_of_attribute(call, frame) for call in frame.scope.calls) if frame is not None else ()
            found = next((end for end in ends if end is not None), None)
            if found is not None:
                return found
        return None

    def _end_of_attribute(self, call: ir.Call, frame: Frame) -> End | None:
        """What `await self.client.aclose()` does to what is kept there."""
        match call.function:
            case ir.Attribute(base=ir.Attribute() as kept, attribute=word) if word in (*CLOSING, *_EXITS):
                made = known(self._evaluator.value(kept, frame))
                ends = {self._facts.ends.get(one.name) if isinstance(one, Instance) else None for one in made}
                end = ends.pop() if len(ends) == 1 else None
                return end if end is not None and end.is_of_readers else None
        return None

    def _made_by(self, function: Function, call: ir.Call, frame: Frame, depth: int) -> End | None:
        """What becomes of the manager that a plain function of the project makes and gives back."""
        located = self._evaluator.scope_of(function)
        if located is None or depth >= _DEEPEST or located[1].is_async or located[1].is_generator:
            return None
        (item, *others) = located[1].returns or (None,)
        if item is None or others or not isinstance(item.value, ir.Call):
            return None
        return self.end(item.value, self._evaluator.calls.running(function, call, frame), depth + 1)

    def is_call_of(self, expression: ir.Expression | None, names: frozenset[str], frame: Frame) -> bool:
        if isinstance(expression, ir.Name) and expression.bindings and len(expression.bindings) == 1:
            expression = frame.scope.bindings[expression.bindings[0]].value
        if not isinstance(expression, ir.Call):
            return False
        return not names.isdisjoint(self._evaluator.names(expression.function, frame))

    def _of_manager(self, manager: Generated, depth: int) -> End | None:
        return self.of_block(manager.frame, depth)

    def of_block(self, frame: Frame, depth: int = 0) -> End | None:
        """What becomes of what a function yields out of a `with` that opened it."""
        scope = frame.scope
        if len(scope.yields) != 1 or not isinstance(scope.yields[0].value, ir.Name):
            return None
        item = scope.yields[0]
        for entry in scope.entries:
            name = held_name(entry, scope)
            if name is None or not isinstance(item.value, ir.Name) or name.id != item.value.id:
                continue
            if entry.body_start <= item.start and item.end <= entry.body_end:
                end = self.end(entry.context, frame, depth + 1)
                return end if end is not None and end.is_of_readers else None
        return None


def held_name(entry: ir.WithItem, scope: ir.Scope) -> ir.Name | None:
    """The variable that holds what is closed."""
    for binding in scope.bindings:
        if binding.kind == "with" and binding.value is entry.context and not binding.path:
            others = [index for index in scope.by_name[binding.name] if scope.bindings[index] is not binding]
            clean = all(scope.bindings[index].kind == "merge" for index in others)
            return ir.Name(entry.start, entry.end, binding.name, None) if clean else None
    return entry.context if isinstance(entry.context, ir.Name) else None
