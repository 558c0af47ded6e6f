"""Loops that wait for each item of an asynchronous generator with a time limit, and go on after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.values import Values
from streamlint.values.domain import Generated, Tokens

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame


@dataclass(frozen=True, eq=False)
class LimitedItem:
    """A call that limits the wait for one item of `generator`, and the handler after which the loop goes on."""

    call: ir.Call
    generator: ir.Name
    handler: ir.Handler


class Timeouts:
    """Judges the `try` statements of one function."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.limits = project.knowledge.names("waiting", "limits")
        self.timeouts = project.knowledge.names("waiting", "timeouts")

    def of(self, frame: Frame) -> Iterator[LimitedItem]:
        """The waits whose timeout ends a generator that the next round of the loop asks again."""
        for attempt in (one for one in frame.scope.body.walk() if isinstance(one, ir.Try)):
            loop = frame.scope.body.loop_around(attempt)
            handler = next((one for one in attempt.handlers if self._catches_timeout(one, frame)), None)
            if loop is None or handler is None or _ends_by_leaving(handler):
                continue
            calls = [call for call in frame.scope.calls if attempt.body.contains(call)]
            for call in sorted(calls, key=lambda one: (one.start, -one.end)):
                generator = self._limited(call, frame)
                if isinstance(generator, ir.Name) and not any(map(loop.contains, _bindings(generator, frame.scope))):
                    yield LimitedItem(call, generator, handler)

    def _catches_timeout(self, handler: ir.Handler, frame: Frame) -> bool:
        if handler.type is None:
            return True
        listed = handler.type.items if isinstance(handler.type, ir.Sequence) else (handler.type,)
        return any(self.evaluator.names(one, frame) & self.timeouts for one in listed)

    def _limited(self, call: ir.Call, frame: Frame) -> ir.Expression | None:
        """The asynchronous generator for whose next item this call waits with a limit."""
        if not call.arguments or not self.evaluator.names(call.function, frame) & self.limits:
            return None
        iterator = self._advanced(call.arguments[0], frame)
        return iterator if iterator is not None and self._is_generator(iterator, frame) else None

    def _advanced(self, item: ir.Expression, frame: Frame) -> ir.Expression | None:
        """The iterator of `iterator.__anext__()` or `anext(iterator)`."""
        match item:
            case ir.Call(function=ir.Attribute(attribute="__anext__", base=base)):
                return base
            case ir.Call(function=function, arguments=(only,)) if self._is(function, "anext", frame):
                return only
        return None

    def _is_generator(self, iterator: ir.Expression, frame: Frame) -> bool:
        values = self.evaluator.value(iterator, frame)
        if any(isinstance(value, Generated | Tokens) and value.is_async for value in values):
            return True
        bindings = _bindings(iterator, frame.scope)
        if len(bindings) != 1:
            return False
        match bindings[0]:
            case ir.Binding(kind="parameter", annotation=ir.Subscript(base=annotation)):
                return ir.dotted(annotation).endswith("AsyncGenerator")
            case ir.Binding(kind="parameter", annotation=ir.Expression() as annotation):
                return ir.dotted(annotation).endswith("AsyncGenerator")
            case ir.Binding(value=ir.Call(function=ir.Attribute(attribute="__aiter__", base=base))):
                return self._is_generator(base, frame)
            case ir.Binding(value=ir.Call(function=function, arguments=(first, *_))):
                return self._is(function, "aiter", frame) and self._is_generator(first, frame)
        return False

    def source(self, iterator: ir.Name, frame: Frame) -> Values:
        """What gives the items: where a name is of `aiter(source)`, the source."""
        match _bindings(iterator, frame.scope):
            case [ir.Binding(value=ir.Call(function=ir.Attribute(attribute="__aiter__", base=base)))]:
                return self._source(base, frame)
            case [ir.Binding(value=ir.Call(function=function, arguments=(first,)))] if self._is(
                function, "aiter", frame
            ):
                return self._source(first, frame)
        return self.evaluator.value(iterator, frame)

    def _source(self, source: ir.Expression, frame: Frame) -> Values:
        return self.source(source, frame) if isinstance(source, ir.Name) else self.evaluator.value(source, frame)

    def _is(self, function: ir.Expression, builtin: str, frame: Frame) -> bool:
        return f"builtins.{builtin}" in self.evaluator.names(function, frame)


def _ends_by_leaving(handler: ir.Handler) -> bool:
    last = handler.statements[-1]
    return isinstance(last, ir.Return) or (isinstance(last, ir.Line) and last.kind in ("break", "raise"))


def _bindings(name: ir.Expression, scope: ir.Scope) -> list[ir.Binding]:
    if not isinstance(name, ir.Name):
        return []
    found = [scope.bindings[index] for index in scope.by_name.get(name.id, ())]
    return [binding for binding in found if binding.kind != "merge"]
