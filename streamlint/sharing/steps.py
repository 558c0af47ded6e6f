"""Whether a generator stays what it is when each of its steps runs in a task of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values import Values
from streamlint.values.domain import Function, Generated, Tokens, Value

if TYPE_CHECKING:
    from streamlint.project import Project

_MOST_GENERATORS = 40


class Steps:
    """Answers for the iterators that an expression may be."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self._one_task = project.knowledge.names("waiting", "one-task")

    def are_apart(self, values: Values) -> bool:
        """Whether all are known generators, none of which holds something between two steps that belongs to a task."""
        pending, seen = list(values), set[Function]()
        while pending:
            value = pending.pop()
            if isinstance(value, Tokens):
                continue
            if not isinstance(value, Generated) or len(seen) > _MOST_GENERATORS:
                return False
            located = self.evaluator.scope_of(value.function)
            if value.function in seen:
                continue
            seen.add(value.function)
            if located is None or self._is_of_one_task(*located):
                return False
            pending += self._inner(*located)
        return bool(values)

    def _is_of_one_task(self, module: Module, scope: ir.Scope) -> bool:
        frame = self.evaluator.any_call(module, scope)
        return any(self.evaluator.names(call.function, frame) & self._one_task for call in scope.calls)

    def _inner(self, module: Module, scope: ir.Scope) -> list[Value]:
        """The generators of the project over which one loops in turn."""
        frame = self.evaluator.any_call(module, scope)
        found = (value for loop in scope.loops for value in self.evaluator.iterated(loop, frame))
        return [value for value in found if isinstance(value, Generated)]
