"""Calls of LlamaIndex on a receiver of which nothing is known: what is read from the result tells what they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.activations import Frame
from streamlint.values.domain import Bound, External, Instance, Unknown, Value
from streamlint.values.limits import Limit

if TYPE_CHECKING:
    from streamlint.project import Project

_DEEPEST = 4


class ReceiverEvidence:
    """Follows the result of a call through the names of its own module, those of nested functions included."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator

    def role(self, call: ir.Call, frame: Frame) -> Role | None:
        """What the receiver of this call must be, if its result is used as only a stream of LlamaIndex can be."""
        function = call.function
        if not isinstance(function, ir.Attribute) or call.end in frame.scope.awaited:
            return None
        rows = self.evaluator.knowledge.llama.telling(function.attribute)
        if not rows or not all(map(_may_be_anything, self.evaluator.value(function, frame))):
            return None
        read = set(self._reads(call, frame.module, frame.scope, 0))
        items = set(self._items(call, frame.module, frame.scope, 0)) if any(row.items for row in rows) else set()
        return next((row.role for row in rows if row.reads & read or row.items & items), None)

    def _reads(self, made: ir.Expression, module: Module, scope: ir.Scope, depth: int) -> Iterator[str]:
        """The attributes that are read from what an expression gives."""
        for use, _ in self._uses_of(made, module, scope, depth):
            parent = module.uses.parent(use)
            if isinstance(parent, ir.Attribute):
                yield parent.attribute

    def _items(self, made: ir.Expression, module: Module, scope: ir.Scope, depth: int) -> Iterator[str]:
        """The attributes that are read from the items of a plain `for` over what an expression gives."""
        for use, where in self._uses_of(made, module, scope, depth):
            for loop in where.loops:
                if loop.iterable is not use or loop.is_async:
                    continue
                for index in loop.targets:
                    name = ir.Name(0, 0, where.bindings[index].name, ())
                    for one in module.uses.of(name, where):
                        if isinstance(one.parent, ir.Attribute):
                            yield one.parent.attribute

    def _uses_of(
        self, made: ir.Expression, module: Module, scope: ir.Scope, depth: int
    ) -> Iterator[tuple[ir.Expression, ir.Scope]]:
        """The expression itself, and the uses of every name that is bound to it."""
        yield made, scope
        if depth > _DEEPEST:
            self.evaluator.limits.note(Limit.NAMES, module.path, made.start)
            return
        uses = module.uses
        walrus = uses.parent(made)
        if isinstance(walrus, ir.Walrus):
            yield walrus, scope
        for binding in scope.bindings:
            if binding.value is made and not binding.path and binding.kind == "assign":
                for use in uses.of(ir.Name(0, 0, binding.name, ()), scope):
                    reaches = (
                        use.scope is not scope or use.name.bindings is None or self._is_bound(use.name, binding, scope)
                    )
                    if reaches:
                        yield from self._uses_of(use.name, module, use.scope, depth + 1)

    @staticmethod
    def _is_bound(name: ir.Name, binding: ir.Binding, scope: ir.Scope) -> bool:
        """Whether this binding is among those that reach the name."""
        pending, seen = list(name.bindings or ()), set[int]()
        while pending:
            index = pending.pop()
            if index in seen:
                continue
            seen.add(index)
            if scope.bindings[index] is binding:
                return True
            pending += scope.bindings[index].sources
        return False


def _may_be_anything(value: Value) -> bool:
    """Whether a method is of something that no table and no module of the project knows."""
    match value:
        case Unknown() | Bound(receiver=Unknown() | Instance()):
            return True
        case External():
            return not value.name.startswith(("llama_index.", "workflows."))
    return False
