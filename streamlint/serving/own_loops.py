"""What a call is given to run on a loop of its own, or in another process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.knowledge.off_loop import Where
from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import Constant, Function, Instance, Origin, Value, dotted_name
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.values import Evaluator

ELSEWHERE = (Where.OWN_LOOP, Where.PROCESS)


class OwnLoops:
    """Reads calls such as `asyncio.run(produce())`, and threads that make them."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self._words = frozenset(evaluator.knowledge.off_loop.words_of(*ELSEWHERE))

    def given(self, call: ir.Call, frame: Frame) -> ir.Expression | None:
        """The coroutine, or the function, that does not run on the loop of the caller."""
        holds_call = any(isinstance(argument, ir.Call) for argument in call.arguments)
        if not holds_call and last_word(call.function) not in self.evaluator.knowledge.off_loop.words:
            return None
        row = self.evaluator.calls.moving(call, frame)
        if row is not None and row.where is Where.THREAD:
            return self._in_thread(call, frame)
        if row is None or not (
            row.where in ELSEWHERE or (row.where is Where.TO_LOOP and self._is_to_another(call, frame))
        ):
            return None
        return call.argument(row.position, row.keyword or None)

    def _is_to_another(self, call: ir.Call, frame: Frame) -> bool:
        """Whether a coroutine hands another one to a loop that the program has made: its own would need no such call."""
        loop = call.argument(1, "loop")
        if loop is None or not frame.scope.is_async:
            return False
        values = [one for one in self.evaluator.value(loop, frame) if not _is_declared(one)]
        return bool(values) and all(isinstance(one, Instance) and self._is_new(one.origin) for one in values)

    def _is_new(self, origin: Origin | None) -> bool:
        module = self.evaluator.modules.load(origin.path) if origin is not None else None
        if module is None or origin is None:
            return False
        calls = (call for scope in module.around(origin) for call in scope.calls)
        made = next((call for call in calls if (call.start, call.end) == (origin.start, origin.end)), None)
        return made is not None and last_word(made.function) == "new_event_loop"

    def _in_thread(self, call: ir.Call, frame: Frame) -> ir.Expression | None:
        """The same where a thread makes that call: `Thread(target=asyncio.run, args=(produce(),))`."""
        functions, given, _ = self.evaluator.calls.handed(call, frame) or (frozenset(), (), ())
        if not given:
            return None
        numbers = {number for one in functions if (number := self._runs(one)) is not None}
        return given[min(numbers)] if numbers and min(numbers) < len(given) else None

    def _runs(self, function: Value) -> int | None:
        """Which of its arguments a function runs on a loop of its own."""
        row = self.evaluator.knowledge.off_loop.call(dotted_name(function))
        if row is not None:
            return 0 if row.where in ELSEWHERE else None
        if not isinstance(function, Function):
            return None
        key = ("runs on its own loop", function.path, function.scope, function.receiver is not None)
        return self.evaluator.solver.ask(key, lambda: self._parameter(function), None, None)

    def _parameter(self, function: Function) -> int | None:
        """The same of a function of the project: `def work(coroutine): asyncio.run(coroutine)`."""
        located = self.evaluator.scope_of(function)
        if located is None or located[1].is_async:
            return None
        frame = self.evaluator.any_call(*located)
        names = [one.name for one in located[1].parameters][function.receiver is not None :]
        calls = (call for call in located[1].calls if last_word(call.function) in self._words)
        for call in calls:
            given = self.given(call, frame)
            if isinstance(given, ir.Name) and given.id in names:
                return names.index(given.id)
        return None


def _is_declared(value: Value) -> bool:
    """Whether a value is only what an annotation says, or what a name is before it has one."""
    return isinstance(value, Constant) or (isinstance(value, Instance) and value.origin is None)
