"""Streams that something else reads before the response does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.model.branches import exclusive
from streamlint.streams import Drains, Sent
from streamlint.streams.drained import How, root_of
from streamlint.values.domain import Function, Llama, Origin, Tokens

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.serving import Entry
    from streamlint.streams.sent import Sending
    from streamlint.values.activations import Frame

_Taken: TypeAlias = "tuple[int, int, ir.Expression, How, int, Origin | None]"
_SHOWN = re.compile(r"%[-#0 +]*\d*(?:\.\d+)?([a-zA-Z])")
"""One place of a message that is filled, and how."""
_DEEPEST = 2
"""Through so many helpers a stream is followed."""


@dataclass(frozen=True)
class Consumed:
    """What takes the tokens first: `start` to `end` spans it, `source` is the stream in it, `sending` comes too late."""

    start: int
    end: int
    source: ir.Expression
    how: How
    sending: Sending


class Consumptions:
    """Finds them in handlers that do send the stream; a handler that does not is told of by the drains."""

    def __init__(self, project: Project) -> None:
        self.drains = project.ask(Drains)
        self.evaluator = project.evaluator
        self.sent = project.ask(Sent)
        names = project.knowledge.names
        self._prints, self._levels = names("records", "log-functions"), names("records", "log-levels")
        self._loggers, self._braced = names("records", "loggers"), names("records", "braced-loggers")

    def of(self, entry: Entry, frame: Frame) -> Iterator[Consumed]:
        scope = frame.scope
        if scope.is_generator or not scope.is_function:
            return
        sendings = list(self._sendings(frame))
        swallowed = {(drain.start, drain.end) for drain in self.drains.of(entry, frame)}
        for start, end, source, how, branch, origin in self._taken(frame):
            if (start, end) in swallowed or origin is None:
                continue
            for sending in sendings:
                if (
                    end <= sending.call.start
                    and not exclusive(scope, branch, sending.call.branch)
                    and self._same(source, origin, sending)
                ):
                    yield Consumed(start, end, source, how, sending)
                    break

    def _sendings(self, frame: Frame) -> Iterator[Sending]:
        for call in frame.scope.calls:
            sending = self.sent.of_call(call, frame)
            if sending is not None and sending.response.streaming:
                yield sending

    def _taken(self, frame: Frame, depth: int = 0) -> Iterator[_Taken]:
        """What takes tokens in a function, and in the helpers that are given the stream."""
        for drain in self.drains.in_frame(frame):
            if not drain.hops and drain.waits:
                held = drain.stream or drain.tokens
                yield drain.start, drain.end, drain.source, drain.how, drain.branch, held.origin if held else None
        for call in frame.scope.calls:
            for argument in self._printed(call, frame):
                for value in self.evaluator.value(argument, frame):
                    if isinstance(value, Llama) and value.role in (Role.STREAM, Role.ASYNC_STREAM):
                        yield argument.start, argument.end, argument, How.TEXT, call.branch, value.origin
            if depth < _DEEPEST:
                yield from self._in_helpers(call, frame, depth)

    def _in_helpers(self, call: ir.Call, frame: Frame, depth: int) -> Iterator[_Taken]:
        """The arguments of a call whose function turns them into text, or takes their tokens, for itself."""
        given = [
            one for one in (*call.arguments, *(value for _, value in call.keywords)) if self._is_stream(one, frame)
        ]
        for value in self.evaluator.value(call.function, frame) if given else ():
            located = self.evaluator.scope_of(value) if isinstance(value, Function) else None
            if not isinstance(value, Function) or located is None or located[1].is_generator:
                continue
            if located[1].is_async and call.end not in frame.scope.awaited:
                continue
            inner = self.evaluator.calls.running(value, call, frame)
            for _, _, source, how, _, origin in self._taken(inner, depth + 1):
                root = root_of(source)
                for argument in given if root is not None else ():
                    if root is not None and _is_parameter(root, inner) and origin in self._origins(argument, frame):
                        yield argument.start, argument.end, argument, how, call.branch, origin

    def _is_stream(self, expression: ir.Expression, frame: Frame) -> bool:
        return isinstance(expression, ir.Name | ir.Attribute) and bool(self._origins(expression, frame))

    def _origins(self, expression: ir.Expression, frame: Frame) -> frozenset[Origin]:
        """Where the streams that an expression may be begin."""
        values = self.evaluator.value(expression, frame)
        streams = (one for one in values if isinstance(one, Tokens) or self.evaluator.is_stream_object(one))
        return frozenset(one.origin for one in streams if isinstance(one, Tokens | Llama) and one.origin is not None)

    def _printed(self, call: ir.Call, frame: Frame) -> tuple[ir.Expression, ...]:
        """What a call writes as text: `print(x)`, `logger.info("answer: %s", x)`."""
        if not self.evaluator.names(call.function, frame) & self._prints and not self._logs(call, frame):
            return ()
        first = call.arguments[0] if call.arguments else None
        shown = _SHOWN.findall(first.value) if isinstance(first, ir.Constant) and isinstance(first.value, str) else []
        described = {place for place, kind in enumerate(shown, 1) if kind in "ra"}
        return tuple(one for n, one in enumerate(call.arguments) if isinstance(one, ir.Name) and n not in described)

    def _logs(self, call: ir.Call, frame: Frame) -> bool:
        """Whether a call is that of a logger which a name of the module holds, at a level that comes out."""
        function = call.function
        if not isinstance(function, ir.Attribute) or function.attribute not in self._levels:
            return False
        if not isinstance(function.base, ir.Name):
            return False
        if self._are_filled(call) and self.evaluator.names(function.base, frame) == self._braced:
            return True
        owner = frame.module.uses.owner(function.base.id, frame.scope)
        bindings = frame.module.uses.bindings(function.base, frame.scope)
        made = [one.value.function for one in bindings if isinstance(one.value, ir.Call)]
        if owner is None or not made or len(made) < len(bindings):
            return False
        where = self.evaluator.any_call(frame.module, owner)
        return all(self.evaluator.names(one, where) & self._loggers for one in made)

    @staticmethod
    def _are_filled(call: ir.Call) -> bool:
        """Whether a message has places of the form `{}` for what comes behind it."""
        first = call.arguments[0] if call.arguments else None
        return isinstance(first, ir.Constant) and isinstance(first.value, str) and "{}" in first.value

    def _same(self, source: ir.Expression, origin: Origin, sending: Sending) -> bool:
        """Whether the body is made of the same variable, and of the same stream."""
        root = root_of(source)
        if root is None or not root.bindings:
            return False
        tokens = self.evaluator.tokens(self.evaluator.value(sending.content, sending.frame))
        if tokens is None or tokens.origin != origin:
            return False
        return self.drains.uses(sending.content, self._also_named(root, sending.frame), sending.frame)

    @staticmethod
    def _also_named(name: ir.Name, frame: Frame) -> frozenset[str]:
        """A variable, and those that are bound to the same expression: `shown = logged = answer`."""
        bindings = frame.scope.bindings
        known = [(bindings[index].value, bindings[index].path) for index in name.bindings or ()]
        return frozenset((name.id, *(one.name for one in bindings if one.kind == "assign" and _is_one(one, known))))


def _is_one(binding: ir.Binding, known: list[tuple[ir.Expression | None, tuple[int, ...]]]) -> bool:
    """Whether a name is bound to one of these expressions, or to the same part of it."""
    return any(binding.value is value and binding.path == path for value, path in known)


def _is_parameter(name: ir.Name, frame: Frame) -> bool:
    bindings = [frame.scope.bindings[index] for index in name.bindings or ()]
    return bool(bindings) and all(one.kind == "parameter" for one in bindings)
