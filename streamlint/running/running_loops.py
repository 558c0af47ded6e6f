"""Which tests and handlers ask whether an event loop runs: on one, the arm for code without a loop is never taken."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.values.domain import Function
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_ASKING = "is_running"
_FAILING = "RuntimeError"


class RunningLoops:
    """Answers for code that an event loop runs: `asyncio.get_running_loop()` gives it there, and fails elsewhere."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        known = project.knowledge.nested_loops
        self._asks, self._current = known.asks, known.current
        self._raising = frozenset(
            name for name in known.asks if not name.endswith((f".{_ASKING}", "._get_running_loop"))
        )
        self._words = frozenset(name.rpartition(".")[2] for name in self._asks | self._current)

    def holds(self, test: ir.Expression, frame: Frame) -> bool | None:
        """Whether a test holds on a running loop; None where it asks something else."""
        match test:
            case ir.Operation(operator="Is" | "IsNot", operands=(ir.Expression() as left, ir.Constant(value=None))):
                given = self._truth(left, frame)
                return None if given is None else given is (test.operator == "IsNot")
            case ir.Call(function=ir.Attribute(base=base, attribute=attribute)) if attribute == _ASKING:
                return True if self._is_loop(base, frame) else None
            case ir.Name() | ir.Call():
                return self._truth(test, frame)
        return None

    def failing(self, attempt: ir.Try, frame: Frame) -> Iterator[ir.Handler]:
        """The handlers of a `try` that only run where no loop does: its first statement asks for the one that runs."""
        first = attempt.body.statements[0] if attempt.body.statements else None
        if first is None or not any(self._asks_for_loop(one, frame) for one in first.expressions()):
            return
        is_alone = len(attempt.body.statements) == 1
        for handler in attempt.handlers:
            if is_alone or (handler.type is not None and last_word(handler.type) == _FAILING):
                yield handler

    def _truth(self, expression: ir.Expression, frame: Frame) -> bool | None:
        if isinstance(expression, ir.Call):
            return True if self._gives_loop(expression, frame) else self._of_helper(expression, frame)
        if not isinstance(expression, ir.Name):
            return None
        scope = frame.scope
        values = [one.value for one in _leaves(expression, scope)]
        if not values or any(value is None for value in values):
            return None
        asking = [value for value in values if isinstance(value, ir.Call) and self._truth(value, frame)]
        if asking:
            others = (value for value in values if value not in asking)
            return True if all(isinstance(one, ir.Constant) and one.value is None for one in others) else None
        return self._of_flag(expression, frame)

    def _of_flag(self, name: ir.Name, frame: Frame) -> bool | None:
        """What a `try` has noted of the loop: `running = True`, and False in the handler."""
        failing = self._failing(frame)
        found = list(_leaves(name, frame.scope))
        left = [one for one in found if not any(handler.contains(one) for handler in failing)]
        truths = {bool(one.value.value) if isinstance(one.value, ir.Constant) else None for one in left}
        return truths.pop() if len(left) < len(found) and len(truths) == 1 else None

    def _of_helper(self, call: ir.Call, frame: Frame) -> bool | None:
        """What a function of the project says that only asks: `get_running_loop()`, then True, and False in the handler."""
        if call.arguments or call.keywords or last_word(call.function) not in self._helpers:
            return None
        values = self.evaluator.value(call.function, frame)
        located = [self.evaluator.scope_of(value) for value in values if isinstance(value, Function)]
        if len(values) != 1 or not located or located[0] is None or located[0][1].is_async:
            return None
        module, scope = located[0]
        inner = self.evaluator.any_call(module, scope)
        failing = self._failing(inner)
        told = [one for one in scope.returns if not any(handler.contains(one) for handler in failing)]
        truths = {bool(one.value.value) if isinstance(one.value, ir.Constant) else None for one in told}
        return truths.pop() if failing and len(truths) == 1 else None

    @cached_property
    def _helpers(self) -> frozenset[str]:
        """The names of functions that stand where somebody asks for the running loop."""
        modules = self.evaluator.modules
        scopes = (scope for module in modules.saying(*self._words) for scope in module.scopes)
        return frozenset(scope.name for scope in scopes if scope.kind == "function" and scope.returns)

    def _failing(self, frame: Frame) -> list[ir.Handler]:
        attempts = (one for one in frame.scope.body.walk() if isinstance(one, ir.Try))
        return [handler for one in attempts for handler in self.failing(one, frame)]

    def _is_loop(self, expression: ir.Expression, frame: Frame) -> bool:
        if isinstance(expression, ir.Call):
            return self._gives_loop(expression, frame) or bool(self._names(expression, frame) & self._current)
        values = [one.value for one in _leaves(expression, frame.scope)] if isinstance(expression, ir.Name) else []
        given = [one for one in values if isinstance(one, ir.Call) and self._is_loop(one, frame)]
        others = (one for one in values if one not in given)
        return bool(given) and all(isinstance(one, ir.Constant) and one.value is None for one in others)

    def _asks_for_loop(self, expression: ir.Expression, frame: Frame) -> bool:
        return any(isinstance(one, ir.Call) and self._names(one, frame) & self._raising for one in ir.walk(expression))

    def _gives_loop(self, call: ir.Call, frame: Frame) -> bool:
        return bool(self._names(call, frame) & self._asks)

    def _names(self, call: ir.Call, frame: Frame) -> frozenset[str]:
        is_said = last_word(call.function) in self._words
        return self.evaluator.names(call.function, frame) if is_said else frozenset()


def _leaves(name: ir.Name, scope: ir.Scope) -> Iterator[ir.Binding]:
    """The bindings that may have given a name its value, behind what joins them."""
    pending, seen = list(name.bindings or ()), set[int]()
    while pending:
        index = pending.pop()
        if index not in seen:
            seen.add(index)
            binding = scope.bindings[index]
            if binding.kind == "merge":
                pending += binding.sources
            else:
                yield binding
