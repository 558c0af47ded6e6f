"""What the methods of a tool or task run that a decorator made of a function of the project: `weather.invoke({"city": city})`."""

from __future__ import annotations

from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import UNKNOWN, External, Function, OffLoop, Values
from streamlint.values.whole import Whole


class Tools:
    """Looks at the decorators of functions."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator
        names = evaluator.knowledge.names
        self._decorators, self._runs = names("tools", "decorators"), names("tools", "runs")
        self._tasks = names("tools", "tasks")
        self.queueing = names("tools", "queueing")
        self.methods = self._runs | names("tools", "runs-elsewhere")

    def method(self, function: Function, name: str, read: ir.Attribute | None, frame: Frame | None) -> Values:
        """The function itself, or moved to a thread; unknown where nothing makes a tool of it, or the code asks what it has."""
        located = self.evaluator.scope_of(function)
        if (
            read is None
            or frame is None
            or _is_asked(read.base, frame)
            or located is None
            or not any(self._is_by(self._decorators, one, function) for one in located[1].decorators)
        ):
            return UNKNOWN
        same: Values = frozenset((function,))
        is_moved = name not in self._runs and not located[1].is_async
        return frozenset((OffLoop(same),)) if is_moved else same

    def queued(self, function: Function, name: str) -> Values:
        """The method of a task queue that `task.delay` is, where such a queue has made a task of a function; unknown elsewhere."""
        located = self.evaluator.scope_of(function)
        decorators = located[1].decorators if located is not None else ()
        is_task = any(self._is_by(self._tasks, one, function) for one in decorators)
        return frozenset((External(f"celery.Task.{name}"),)) if is_task else UNKNOWN

    def _is_by(self, names: frozenset[str], decorator: ir.Expression, function: Function) -> bool:
        """Whether a decorator of a function is one of these."""
        module = self.evaluator.modules.load(function.path)
        if module is None:
            return False
        named = decorator.function if isinstance(decorator, ir.Call) else decorator
        frame = self.evaluator.any_call(module, module.scopes[module.scopes[function.scope].parent])
        return bool(self.evaluator.names(named, frame) & names)


def _is_asked(base: ir.Expression, frame: Frame) -> bool:
    """Whether the function asks `hasattr` of the same variable, and so has another way for what has more."""
    asked = (call for call in frame.scope.calls if isinstance(call.function, ir.Name) and call.function.id == "hasattr")
    firsts = [call.arguments[0] for call in asked if call.arguments]
    return isinstance(base, ir.Name) and any(isinstance(one, ir.Name) and one.id == base.id for one in firsts)
