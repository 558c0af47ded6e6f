"""Calls of functions of which only the name is known, where the name speaks of heavy work."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from streamlint.knowledge.off_loop import Where
from streamlint.model import syntax as ir
from streamlint.streams import Drains
from streamlint.values.domain import Bound, External, Unknown, Value
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.serving import Entry
    from streamlint.values.activations import Frame


class NamedHeavy:
    """Judges names, and only where there is nothing else to judge."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.drains = project.ask(Drains)

    def of_call(self, call: ir.Call, entry: Entry, frame: Frame) -> str:
        """The kind of heavy work that an asynchronous route which streams seems to do in this call, or ""."""
        if entry.scope.index != frame.scope.index or not entry.scope.is_async or call.end in frame.scope.awaited:
            return ""
        name = last_word(call.function)
        kind = self.evaluator.knowledge.heavy.verb(name) if name and not name[:1].isupper() else ""
        if not kind or not self._is_unresolved(call, frame) or not self._is_used_at_once(call, frame):
            return ""
        return kind if self._streams(entry, frame) else ""

    def _is_unresolved(self, call: ir.Call, frame: Frame) -> bool:
        return all(self._is_unknown(value) for value in self.evaluator.value(call.function, frame))

    def _is_unknown(self, value: Value) -> bool:
        match value:
            case Unknown() | Bound(receiver=Unknown()):
                return True
            case External():
                package = value.name.partition(".")[0]
                return package != "builtins" and package not in sys.stdlib_module_names
        return False

    def _is_used_at_once(self, call: ir.Call, frame: Frame) -> bool:
        """Whether the result is dropped or kept, and never awaited, iterated with `async for`, or handed on as a coroutine."""
        scope = frame.scope
        if scope.stands_alone(call):
            return True
        kept = {binding.name for binding in scope.bindings if binding.value is call}
        loops = [loop.iterable for loop in scope.loops if loop.is_async]
        entered = [entry.context for entry in scope.entries if entry.is_async]
        arguments = [
            one
            for other in scope.calls
            for one in (*other.arguments, *(v for _, v in other.keywords))
            if self._may_await(other)
        ]
        waited = {
            part.id for root in (*loops, *entered, *arguments) for part in ir.walk(root) if isinstance(part, ir.Name)
        }
        ends = {name.end for name in scope.names if name.id in kept}
        return bool(kept) and not kept & waited and not self._awaited_ends(frame) & ends

    def _may_await(self, call: ir.Call) -> bool:
        """Whether a call may await what it is given: `gather(x)`, `create_task(x)`, `wait_for(x, 1)`."""
        return last_word(call.function) in self.evaluator.knowledge.off_loop.words_of(Where.TASK)

    def _awaited_ends(self, frame: Frame) -> set[int]:
        """Where awaited names end."""
        return {part.value.end for part in frame.scope.expressions() if isinstance(part, ir.Await)}

    def _streams(self, entry: Entry, frame: Frame) -> bool:
        if frame.scope.is_generator:
            return entry.answers
        return any(
            item.value is not None and self.drains.answers.is_stream(item.value, frame) for item in frame.scope.returns
        )
