"""Middleware that reads the whole body of a response before it sends anything on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.knowledge.frameworks import Kind
from streamlint.knowledge.untouched import names as known_names
from streamlint.project import syntax as ir

if TYPE_CHECKING:
    from streamlint.project.entry_points import Entry
    from streamlint.project.evaluate import Evaluator
    from streamlint.project.sent import Sending, Sent

_ITERATOR = "body_iterator"
_READ = "read-answers"


class BodiesRead:
    """Finds them where they read every response, in an application that streams one."""

    def __init__(self, evaluator: Evaluator, sent: Sent) -> None:
        self.evaluator = evaluator
        self.sent = sent

    def of(self, entry: Entry) -> Iterator[tuple[ir.Loop, Sending]]:
        """The loops that take a whole body, and a stream that they hold up."""
        scope = entry.scope
        if entry.kind is not Kind.MIDDLEWARE or scope.is_generator:
            return
        for loop in scope.loops:
            if not loop.is_async or not isinstance(loop.iterable, ir.Attribute) or loop.iterable.attribute != _ITERATOR:
                continue
            stream = self._stream()
            if stream is not None and self._is_for_all(loop, scope) and self._is_kept(loop, scope):
                yield loop, stream

    @cached_property
    def reader(self) -> str:
        """What reads answers whole on their way out, also if only some of them, or ""."""
        return next((entry.name for entry in self.sent.reach.entries if self._reads_answers(entry)), "")

    @staticmethod
    def _reads_answers(entry: Entry) -> bool:
        scope = entry.scope
        if entry.kind is Kind.MIDDLEWARE:
            read = (loop.iterable for loop in scope.loops)
            return any(isinstance(one, ir.Attribute) and one.attribute == _ITERATOR for one in read)
        if entry.kind is not Kind.HOOK or len(scope.parameters) != 1:
            return False
        (answer,) = scope.parameters
        taken = (one.base for one in scope.attributes if one.attribute in known_names(_READ))
        return any(isinstance(base, ir.Name) and base.id == answer.name for base in taken)

    @staticmethod
    def _is_for_all(loop: ir.Loop, scope: ir.Scope) -> bool:
        """Whether no condition picks the responses that are read."""
        branch = loop.branch
        while branch >= 0:
            if scope.branches[branch].test is not None or scope.branches[branch].arm.startswith("except"):
                return False
            branch = scope.branches[branch].parent
        return not any(item.start < loop.start for item in scope.returns)

    @staticmethod
    def _is_kept(loop: ir.Loop, scope: ir.Scope) -> bool:
        """Whether the chunks are collected, and not sent on one by one."""
        inside = [call for call in scope.calls if loop.body_start <= call.start < loop.end]
        sends = any(isinstance(call.function, ir.Name) and call.function.id == "send" for call in inside)
        return not sends and any(item.value is not None and item.start > loop.start for item in scope.returns)

    def _stream(self) -> Sending | None:
        """A response of the application that streams tokens."""
        for sending in self.sent.all:
            if not sending.response.streaming or not self.sent.serves(sending.frame.module, sending.frame.scope):
                continue
            if self.evaluator.tokens(self.evaluator.value(sending.content, sending.frame)) is not None:
                return sending
        return None
