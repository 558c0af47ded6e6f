"""Which responses of a handler are streams of tokens, and what they do against a proxy that waits: a header, a heartbeat."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.knowledge.frameworks import Purpose
from streamlint.model import syntax as ir
from streamlint.streams.answers import Answers
from streamlint.streams.sent import Sent
from streamlint.values.domain import (
    Collection,
    Constant,
    Generated,
    Iterated,
    Llama,
    Tokens,
    Value,
    Values,
    dotted_name,
)
from streamlint.values.llama import STREAM_ROLES
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.knowledge.responses import ResponseClass
    from streamlint.model.modules import Module
    from streamlint.project import Project
    from streamlint.serving import Entry
    from streamlint.serving.reached import Key
    from streamlint.values.activations import Frame

PIECEMEAL = frozenset(("text/event-stream", "application/x-ndjson", "application/jsonl", "application/stream+json"))
"""Media types of bodies that are read piece by piece, whatever they hold."""
ACCEL_HEADER = "X-Accel-Buffering"
_WRITES = frozenset(("write", "send"))
"""How pieces are given to a response that is written by hand."""
_DEEPEST = 5
_SAYS_NO = re.compile(r"x-accel-buffering\W{1,8}no\b", re.IGNORECASE)
_COMMENT = re.compile(r"""[rbfRBF]*["']{1,3}:""")


@dataclass(frozen=True)
class SentStream:
    """A response that is sent piece by piece; `media_type` is None where it cannot be seen.

    `heartbeat` is after how many silent seconds it sends something by itself, 0 where that is not known, None for never.
    """

    media_type: str | None
    sends_accel_header: bool
    heartbeat: float | None


class SentStreams:
    """Follows a handler to the responses that it makes, and these to the tokens in them."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.reach = project.reach
        self._sent = project.ask(Sent)
        self._answers = Answers(project)
        self._pauses = project.knowledge.names("waiting", "pauses")
        self._producing: dict[Key, bool] = {}
        self._made: dict[Key, tuple[SentStream, ...]] = {}
        self._callees: dict[Key, tuple[tuple[Module, ir.Scope], ...]] = {}

    def of(self, entry: Entry) -> SentStream | None:
        """The stream that a route answers with; of several the one that does least against a proxy."""
        found = list(self._found(entry))
        if not found:
            return None
        beats = [one.heartbeat for one in found]
        known = [beat for beat in beats if beat is not None]
        return SentStream(
            found[0].media_type,
            all(one.sends_accel_header for one in found) or self._says_no_everywhere,
            max(known) if len(known) == len(beats) else None,
        )

    def _found(self, entry: Entry) -> Iterator[SentStream]:
        declared = self._declared(entry)
        if declared is not None:
            yield declared
        for module, scope in self._run_by(entry.module, entry.scope):
            yield from self._made_in(module, scope)

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(name.rpartition(".")[2] for name in self.evaluator.knowledge.responses.names)

    def _made_in(self, module: Module, scope: ir.Scope) -> tuple[SentStream, ...]:
        """Those that a function makes itself; routes share their helpers."""
        key = (module.path, scope.index)
        if key not in self._made:
            frame = self.evaluator.any_call(module, scope)
            calls = (call for call in scope.calls if self._may_respond(call))
            self._made[key] = tuple(one for call in calls for one in self._of_call(call, frame))
        return self._made[key]

    def _may_respond(self, call: ir.Call) -> bool:
        word = last_word(call.function)
        return word in self._words or word[:1].isupper()

    def _run_by(self, module: Module, scope: ir.Scope) -> Iterator[tuple[Module, ir.Scope]]:
        """A function and those that it calls, to a small depth."""
        seen: set[Key] = set()
        pending = deque([(module, scope, 0)])
        while pending:
            where, current, depth = pending.popleft()
            key = (where.path, current.index)
            if key in seen:
                continue
            seen.add(key)
            yield where, current
            if depth < _DEEPEST:
                pending.extend((*located, depth + 1) for located in self._called(where, current))

    def _called(self, module: Module, scope: ir.Scope) -> tuple[tuple[Module, ir.Scope], ...]:
        key = (module.path, scope.index)
        if key not in self._callees:
            located = (self.evaluator.scope_of(function) for function, _ in self.reach.callees(module, scope))
            self._callees[key] = tuple(one for one in located if one is not None)
        return self._callees[key]

    # Responses

    def _declared(self, entry: Entry) -> SentStream | None:
        """A generator that its route's decorator makes a stream: `response_class=EventSourceResponse`."""
        if not entry.scope.is_generator:
            return None
        frame = self.evaluator.any_call(entry.module, entry.module.scopes[entry.scope.parent])
        for decorator in entry.scope.decorators:
            given = decorator.argument(None, "response_class") if isinstance(decorator, ir.Call) else None
            for value in self.evaluator.value(given, frame) if given is not None else ():
                row = self.evaluator.knowledge.responses.response(dotted_name(value))
                if row is not None and row.frames_sse_as_class:
                    return SentStream(row.media_type, row.sends_accel_header, row.heartbeat or None)
        return None

    def _of_call(self, call: ir.Call, frame: Frame) -> Iterator[SentStream]:
        sending = self._sent.of_call(call, frame)
        if sending is not None:
            values = self.evaluator.value(sending.content, frame)
            if self._answers.is_stream(call, frame) and self._streams(sending.media_type, values, frame):
                header = self._sends_header(sending.response, call, frame)
                beat = self._own_heartbeat(sending.response, call, frame)
                yield SentStream(sending.media_type, header, self._heartbeat_of(values) if beat is None else beat)
            return
        for value in self.evaluator.value(call.function, frame):
            row = self.evaluator.knowledge.responses.response(dotted_name(value))
            if row is not None and row.by_hand:
                media_type = self._sent.media_type(value, row, call, frame)
                if media_type in PIECEMEAL or self._produces(frame.module, frame.scope):
                    header, beat = self._sends_header(row, call, frame), self._own_heartbeat(row, call, frame)
                    yield SentStream(media_type, header, beat if beat is not None else self._beats(frame))

    def _streams(self, media_type: str | None, values: Values, frame: Frame) -> bool:
        """Whether a body that is sent in pieces holds tokens, or says that it is read in pieces."""
        if media_type in PIECEMEAL or self.evaluator.tokens(values) is not None:
            return True
        generators = list(self._generated(values))
        if generators:
            return any(self._produces(value.frame.module, value.frame.scope) for value in generators)
        return self._produces(frame.module, frame.scope)

    def _generated(self, values: Values) -> Iterator[Generated]:
        for value in values:
            if isinstance(value, Generated):
                yield value
            elif isinstance(value, Iterated):
                yield from self._generated(value.over)

    def _produces(self, module: Module, scope: ir.Scope) -> bool:
        """Whether a function, or what it calls, takes tokens of a model."""
        key = (module.path, scope.index)
        if key not in self._producing:
            self._producing[key] = any(self._takes_tokens(*each) for each in self._run_by(module, scope))
        return self._producing[key]

    def _takes_tokens(self, module: Module, scope: ir.Scope) -> bool:
        frame = self.evaluator.any_call(module, scope)
        if any(self.evaluator.tokens(self.evaluator.iterated(loop, frame)) is not None for loop in scope.loops):
            return True
        parts = (*scope.calls, *scope.attributes)
        return any(_is_stream(value) for part in parts for value in self.evaluator.value(part, frame))

    # What they do against a proxy

    @cached_property
    def _says_no_everywhere(self) -> bool:
        """Whether a middleware of the project sets the header on all that it passes on."""
        middleware = (entry for entry in self.reach.entries if entry.kind is Purpose.MIDDLEWARE)
        return any(_says_no(entry.module, entry.scope) for entry in middleware)

    def _sends_header(self, response: ResponseClass, call: ir.Call, frame: Frame) -> bool:
        if response.sends_accel_header and not response.frames_sse_as_class:
            return True
        headers = call.argument(None, "headers")
        for value in self.evaluator.value(headers, frame) if headers is not None else ():
            if isinstance(value, Collection) and any(_is_no(name, given) for name, given in value.items):
                return True
        return frame.scope.is_function and _says_no(frame.module, frame.scope)

    def _own_heartbeat(self, response: ResponseClass, call: ir.Call, frame: Frame) -> float | None:
        """What the class does by itself; None where it has no heartbeat."""
        if not response.heartbeat or response.frames_sse_as_class:
            return None
        given = call.argument(None, response.heartbeat_keyword or None)
        if given is None:
            return response.heartbeat if not call.hides_keywords else 0.0
        seconds = _seconds(self.evaluator.value(given, frame))
        return (seconds or None) if seconds is not None else 0.0

    def _heartbeat_of(self, values: Values) -> float | None:
        found = [self._beats(value.frame) for value in self._generated(values)]
        known = [beat for beat in found if beat is not None]
        return max(known) if known and len(known) == len(found) else None

    def _beats(self, frame: Frame) -> float | None:
        """How often a function that yields or writes comments of server-sent events wakes up to do so."""
        text = frame.module.text
        sent = [item.value for item in frame.scope.yields if item.value is not None]
        writing = (call for call in frame.scope.calls if last_word(call.function) in _WRITES)
        sent += [given for call in writing for given in call.arguments]
        if not any(_COMMENT.match(text(value)) for value in sent):
            return None
        pauses = [self._pause(call, frame) for call in frame.scope.calls]
        return min((pause for pause in pauses if pause is not None), default=0.0)

    def _pause(self, call: ir.Call, frame: Frame) -> float | None:
        if not self.evaluator.names(call.function, frame) & self._pauses:
            return None
        given = (*call.arguments, *(value for _, value in call.keywords))
        seconds = (_seconds(self.evaluator.value(one, frame)) for one in given)
        return next((one for one in seconds if one is not None), None)


def _is_stream(value: Value) -> bool:
    return isinstance(value, Tokens) or (isinstance(value, Llama) and value.role in STREAM_ROLES)


def _says_no(module: Module, scope: ir.Scope) -> bool:
    return _SAYS_NO.search(module.code(scope)) is not None


def _is_no(name: str | None, given: Values) -> bool:
    return name is not None and name.lower() == ACCEL_HEADER.lower() and Constant("no") in given


def _seconds(values: Values) -> float | None:
    """The one number that these may be."""
    (only, *others) = values or (None,)
    is_number = isinstance(only, Constant) and isinstance(only.value, int | float) and not isinstance(only.value, bool)
    return float(only.value) if is_number and not others and isinstance(only, Constant) else None  # type: ignore[arg-type]
