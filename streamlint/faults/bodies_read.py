"""Middleware that reads the whole body of a response before it sends anything on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.knowledge.frameworks import Purpose
from streamlint.model import syntax as ir
from streamlint.model.branches import arms
from streamlint.serving.path_tests import PathTests
from streamlint.streams import Sent
from streamlint.values.domain import Function
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.model.modules import Module
    from streamlint.project import Project
    from streamlint.serving import Entry
    from streamlint.streams.sent import Sending
    from streamlint.values.activations import Frame

_CHUNKS = "chunks-of-answers"
_READ = "read-answers"
_BODIES = {"get_response": ("content",), "handler": ("text", "body")}
"""What Django's and aiohttp's middleware calls the next layer, and what only a whole answer has.

https://docs.djangoproject.com/en/stable/topics/http/middleware/ https://docs.aiohttp.org/en/stable/web_advanced.html#middlewares
"""
_MESSAGE = re.compile(r"""["']http\.response\.body["']""")


class BodiesRead:
    """Finds them where they read every response, in an application that streams one."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.sent = project.ask(Sent)
        self._tests = project.ask(PathTests)
        self._chunks = project.knowledge.names("untouched", _CHUNKS)

    def of(self, entry: Entry) -> Iterator[tuple[ir.Loop, Sending]]:
        """The loops that take a whole body, and a stream that they hold up."""
        scope = entry.scope
        if not self._is_answering(entry):
            return
        for loop in scope.loops:
            if (
                not loop.is_async
                or not isinstance(loop.iterable, ir.Attribute)
                or loop.iterable.attribute not in self._chunks
            ):
                continue
            stream = self._held_up(loop, entry)
            if stream is not None and self._is_kept(loop, scope):
                yield loop, stream

    def by_helpers(self, entry: Entry) -> Iterator[tuple[ir.Expression, Module, ir.Loop, Sending]]:
        """The bodies that are given to a function which takes all of one, the loop there, and a stream that is held up."""
        scope, frame = entry.scope, self.evaluator.any_call(entry.module, entry.scope)
        for call in scope.calls if self._is_answering(entry) else ():
            for position, given in enumerate(call.arguments):
                if not isinstance(given, ir.Attribute) or given.attribute not in self._chunks:
                    continue
                taken = next(self._taking(call, position, frame), None)
                stream = self._held_up(call, entry) if taken is not None else None
                if taken is not None and stream is not None:
                    yield given, *taken, stream

    def by_messages(self, entry: Entry) -> Iterator[tuple[ir.Expression, Sending]]:
        """The functions that the next application is given as its `send`, which send nothing on, and a stream that is held up."""
        scope = entry.scope
        names = [one.name for one in scope.parameters][-3:]
        if not self._is_answering(entry) or not scope.is_async or names != ["scope", "receive", "send"]:
            return
        for call in scope.calls:
            given = call.arguments[2] if len(call.arguments) == 3 and call.end in scope.awaited else None
            later = any(last_word(other.function) == "send" and other.start > call.end for other in scope.calls)
            if isinstance(given, ir.Name) and later and self._keeps_messages(given, entry):
                stream = self._held_up(call, entry)
                if stream is not None:
                    yield given, stream

    def _keeps_messages(self, given: ir.Name, entry: Entry) -> bool:
        """Whether a name is that of a function of the middleware which does not know its `send`."""
        inner = [one for one in entry.module.inner(entry.scope) if one.name == given.id and one.kind == "function"]
        return bool(inner) and all(one.is_async and not any(n.id == "send" for n in one.names) for one in inner)

    @staticmethod
    def _is_answering(entry: Entry) -> bool:
        return entry.kind is Purpose.MIDDLEWARE and not entry.scope.is_generator

    def _taking(self, call: ir.Call, position: int, frame: Frame) -> Iterator[tuple[Module, ir.Loop]]:
        """The loop over a parameter in a function that gives back what it collects, and is waited for."""
        for value in self.evaluator.value(call.function, frame) if call.end in frame.scope.awaited else ():
            located = self.evaluator.scope_of(value) if isinstance(value, Function) else None
            if not isinstance(value, Function) or located is None or located[1].is_generator:
                continue
            module, scope = located
            parameters = scope.parameters[value.receiver is not None :]
            name = parameters[position].name if position < len(parameters) else ""
            for loop in scope.loops:
                if loop.is_async and isinstance(loop.iterable, ir.Name) and loop.iterable.id == name:
                    yield module, loop

    @cached_property
    def reader(self) -> str:
        """What takes the bodies of answers on their way out, also if only those of some, or ""."""
        entries = (entry.name for entry in self.sent.reach.entries if self._reads_answers(entry))
        return next(entries, "") or next(self._of_middleware(), "")

    def _of_middleware(self) -> Iterator[str]:
        """Middleware that is told of by name, where it reads a body that a streaming answer has not."""
        modules = self.evaluator.modules
        for word, bodies in _BODIES.items():
            for path in modules.texts.saying((word,)):
                module = modules.load(path)
                for scope in module.scopes if module is not None else ():
                    if any(one.attribute in bodies and _is_answer(one.base, scope, word) for one in scope.attributes):
                        yield scope.name

    def _reads_answers(self, entry: Entry) -> bool:
        scope = entry.scope
        if entry.kind is Purpose.MIDDLEWARE:
            return any(self._takes_bodies(module, one) for module, one in self._parts(entry))
        if entry.kind is not Purpose.HOOK or len(scope.parameters) != 1:
            return False
        (answer,) = scope.parameters
        taken = (
            one.base for one in scope.attributes if one.attribute in self.evaluator.knowledge.names("untouched", _READ)
        )
        return any(isinstance(base, ir.Name) and base.id == answer.name for base in taken)

    def _parts(self, entry: Entry) -> Iterator[tuple[Module, ir.Scope]]:
        """The middleware, the functions inside it, and those that it calls."""
        yield entry.module, entry.scope
        for inner in entry.module.inner(entry.scope):
            yield entry.module, inner
        called = (self.evaluator.scope_of(one) for one, _ in self.sent.reach.callees(entry.module, entry.scope))
        yield from (one for one in called if one is not None)

    def _takes_bodies(self, module: Module, scope: ir.Scope) -> bool:
        """Whether it takes the chunks of an answer, or looks into the messages that carry them."""
        if any(one.attribute in self._chunks for one in scope.attributes):
            return True
        return bool(_MESSAGE.search(module.code(scope)))

    def _held_up(self, place: ir.Loop | ir.Call, entry: Entry) -> Sending | None:
        """A stream of the application that is read at this place of a middleware: no condition, or one that its path meets."""
        frame = self.evaluator.any_call(entry.module, entry.scope)
        return next((one for one in self._streams if self._is_read(place, frame, self._path(one))), None)

    def _path(self, sending: Sending) -> str:
        """The path of the route that sends a stream; "" where it has parameters, or none is known."""
        function = sending.frame.module.enclosing_function(sending.frame.scope)
        entry = self.sent.reach.entry(sending.frame.module, function) if function is not None else None
        return entry.path if entry is not None and "{" not in entry.path and "<" not in entry.path else ""

    def _is_read(self, place: ir.Loop | ir.Call, frame: Frame, path: str) -> bool:
        scope = frame.scope
        if any(one is not True for one in self._conditions(place.branch, path, frame)):
            return False
        before = (item for item in scope.returns if item.start < place.start)
        return all(False in self._conditions(item.branch, path, frame) for item in before)

    def _conditions(self, branch: int, path: str, frame: Frame) -> list[bool | None]:
        """Whether the arms around a place run for requests of a path; None where that cannot be told."""
        found: list[bool | None] = []
        for row in arms(frame.scope, branch):
            if row.arm.startswith("except"):
                found.append(None)
            elif row.test is not None:
                truth = self._tests.of(row.test, path, frame) if row.arm in ("if", "else") else None
                found.append(truth if row.arm == "if" or truth is None else not truth)
        return found

    @staticmethod
    def _is_kept(loop: ir.Loop, scope: ir.Scope) -> bool:
        """Whether the chunks are collected, and not sent on one by one."""
        inside = [call for call in scope.calls if loop.body_start <= call.start < loop.end]
        sends = any(isinstance(call.function, ir.Name) and call.function.id == "send" for call in inside)
        return not sends and any(item.value is not None and item.start > loop.start for item in scope.returns)

    @cached_property
    def _streams(self) -> tuple[Sending, ...]:
        """The responses of the application that stream tokens."""
        return tuple(
            one
            for one in self.sent.all
            if one.response.streaming
            and self.sent.serves(one.frame.module, one.frame.scope)
            and self.evaluator.tokens(self.evaluator.value(one.content, one.frame)) is not None
        )


def _is_answer(base: ir.Expression, scope: ir.Scope, word: str) -> bool:
    """A local variable that is given what the next layer answers: `response = self.get_response(request)`."""
    made = [one.value for one in scope.bindings if isinstance(base, ir.Name) and one.name == base.id]
    return any(one is not None and last_word(_called(one)) == word for one in made)


def _called(value: ir.Expression) -> ir.Expression:
    inner = value.value if isinstance(value, ir.Await) else value
    return inner.function if isinstance(inner, ir.Call) else inner
