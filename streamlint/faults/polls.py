"""Questions between two tokens whether the client has left, which nothing but the end of the loop depends on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlint.deployment.polled import Misread, PolledServers
from streamlint.model import syntax as ir
from streamlint.streams.caught import yields
from streamlint.streams.generators import Generators
from streamlint.streams.mismatches import Mismatches
from streamlint.values.domain import Bound, Instance, Llama
from streamlint.waiting.async_in_name import AsyncInName

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_PRINTING = frozenset(("builtins.print",))


@dataclass(frozen=True, eq=False)
class Poll:
    """A question whether the client has left, in the `async for` that sends it the tokens.

    `is_bare`: its `if` asks nothing else, does nothing but leave, and nothing stands around or behind the loop.
    `is_cancellable`: the model is seen to be asynchronous in more than name, so the server can end the loop at any token.
    """

    wait: ir.Await
    test: ir.If
    is_bare: bool
    is_cancellable: bool


@dataclass(frozen=True, eq=False)
class CuttingPoll:
    """A question whose answer ends the stream of a client that stays, as the server answers it wrongly."""

    wait: ir.Await
    misread: Misread
    poll: Poll | None
    """The same question, where nothing depends on it under any server."""


class Polls:
    """Judges the polls of one generator function."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.generators = project.ask(Generators)
        self.evaluator = project.evaluator
        self.mismatches = project.ask(Mismatches)
        self.async_in_name = project.ask(AsyncInName)
        knowledge = project.knowledge
        self.afterwards = knowledge.names("disconnects", "afterwards")
        self.log_methods = knowledge.names("records", "log-methods") | knowledge.names("records", "log-loguru")

    def of(self, frame: Frame) -> Iterator[Poll]:
        """The polls of an async generator that a response sends, where the server's cancellation does what they do.

        None over a synchronous iterator, whose loop the server cannot cancel: there only the poll ends it. None that leads to any
        work, in its branch, behind the loop, in a `finally` that waits, in a `with` that tells a failure from an end, or in a task
        behind the response: cancelled, that work would not be done.
        """
        if not frame.scope.is_async or not self.generators.is_served(frame) or self._has_work_afterwards(frame):
            return
        for test in (one for one in frame.scope.body.walk() if isinstance(one, ir.If)):
            for arm in test.arms:
                for wait in self._asked(arm, frame):
                    poll = self._judged(wait, arm, test, frame)
                    if poll is not None:
                        yield poll

    def cutting(self, frame: Frame) -> Iterator[CuttingPoll]:
        """The polls of a generator that a response sends, where they end it under the server that the project starts for it."""
        if not frame.scope.is_async or not self.generators.is_served(frame):
            return
        ends = [*self._ending(frame)]
        misread = self._misread(frame) if ends else None
        if misread is None:
            return
        known = {poll.wait.start: poll for poll in self.of(frame)}
        yield from (CuttingPoll(wait, misread, known.get(wait.start)) for wait in ends)

    def _ending(self, frame: Frame) -> Iterator[ir.Await]:
        """The polls whose answer ends a loop that yields."""
        body = frame.scope.body
        for statement in body.walk():
            if isinstance(statement, ir.While) and yields(statement.body, frame.scope):
                yield from self._decisive(statement.test, frame, answer=False)
            elif isinstance(statement, ir.If):
                loop = body.loop_around(statement)
                for arm in statement.arms if loop is not None and yields(loop.body, frame.scope) else ():
                    if arm.test is not None and arm.statements and _leaves(arm.statements[-1]):
                        yield from self._decisive(arm.test, frame, answer=True)

    def _decisive(self, test: ir.Expression, frame: Frame, *, answer: bool) -> Iterator[ir.Await]:
        """The polls that may make a test come out so when they say that the client has left."""
        match test:
            case ir.Await(value=ir.Call() as call) if answer and self._asks(call, frame):
                yield test
            case ir.Operation(operator="Not", operands=(inner,)):
                yield from self._decisive(inner, frame, answer=not answer)
            case ir.Choice(operator="and" | "or" as operator) if answer or operator == "and":
                for option in test.options:
                    yield from self._decisive(option, frame, answer=answer)

    def _misread(self, frame: Frame) -> Misread | None:
        """The server that answers wrongly for a route which sends what a generator yields."""
        module, scope = frame.module, frame.scope
        sending = [sent.sending.frame for sent in self.generators.sent.generator(module.path, scope)]
        reached = [self.project.reach.from_request(each.module, each.scope) for each in (frame, *sending)]
        entries = {id(each.entry): each.entry for each in reached if each is not None and each.entry is not None}
        servers = self.project.deployment.ask(PolledServers) if entries else None
        found = [servers.of(entry, self.project) for entry in entries.values()] if servers is not None else []
        return max((each for each in found if each is not None), key=lambda each: each.certainty, default=None)

    def _has_work_afterwards(self, frame: Frame) -> bool:
        """Whether a task runs behind the response that sends the items; some servers run it only where they did not cancel."""
        for sent in self.generators.sent.generator(frame.module.path, frame.scope):
            module, scope = sent.sending.frame.module, sent.sending.frame.scope
            outer = self.evaluator.any_call(module, module.scopes[max(scope.parent, 0)])
            annotations = [one.annotation for one in scope.parameters if one.annotation is not None]
            if any(keyword == "background" for keyword, _ in sent.sending.call.keywords):
                return True
            if any(self.evaluator.names(one, outer) & self.afterwards for one in annotations):
                return True
        return False

    def _asked(self, arm: ir.Arm, frame: Frame) -> Iterator[ir.Await]:
        """The polls in the test of an `if`."""
        for part in ir.evaluated((arm.test,)) if arm.test is not None else ():
            if isinstance(part, ir.Await) and isinstance(part.value, ir.Call) and self._asks(part.value, frame):
                yield part

    def _judged(self, wait: ir.Await, arm: ir.Arm, test: ir.If, frame: Frame) -> Poll | None:
        body = frame.scope.body
        loop, around = body.loop_around(test), body.around(test)
        if not isinstance(loop, ir.Loop) or not loop.is_async or not yields(loop.body, frame.scope):
            return None
        is_native = self._waits_natively(loop, frame)
        if is_native is False or self.generators.is_looped_over(frame) or not self._only_leaves(arm, frame):
            return None
        outside = around[: around.index(loop)]
        if _leads_to_work(arm, loop, outside, body):
            return None
        asks_only = len(test.arms) == 1 and arm.test is wait and len(arm.statements) == 1
        return Poll(wait, test, asks_only and _stands_free(loop, outside, body), is_native is True)

    def _asks(self, call: ir.Call, frame: Frame) -> bool:
        objects, asking = self.evaluator.knowledge.objects, self.evaluator.knowledge.names("disconnects", "asks")
        for value in self.evaluator.value(call.function, frame):
            if isinstance(value, Bound) and isinstance(value.receiver, Instance):
                return f"{objects.family(value.receiver.name)}.{value.name}" in asking
        return False

    def _waits_natively(self, loop: ir.Loop, frame: Frame) -> bool | None:
        """Whether the model behind the tokens leaves the loop free, so that a cancellation can end it; None: cannot be seen."""
        tokens = self.evaluator.tokens(self.evaluator.value(loop.iterable, frame))
        found = self.mismatches.call_at(tokens.origin) if tokens is not None else None
        if found is None:
            return None
        module, scope, call = found
        asking = self.evaluator.any_call(module, scope)
        if self.async_in_name.of_call(call, asking) is not None:
            return False
        natives = {
            one.receiver.native_async if isinstance(one, Bound) and isinstance(one.receiver, Llama) else None
            for one in self.evaluator.value(call.function, asking)
        }
        return False if False in natives else True if natives == {True} else None

    def _only_leaves(self, arm: ir.Arm, frame: Frame) -> bool:
        """Whether the branch ends the loop or the generator, and besides only writes lines for the owner."""
        *before, last = arm.statements
        leaves = _leaves(last) and not (isinstance(last, ir.Line) and last.kind == "raise")
        return leaves and all(self._is_log(one, frame) for one in before)

    def _is_log(self, statement: ir.Statement, frame: Frame) -> bool:
        """Whether a statement only writes a line for the owner."""
        match statement:
            case ir.Line(kind="expression", values=(ir.Call(function=ir.Attribute(attribute=word)),)):
                return word in self.log_methods
            case ir.Line(kind="expression", values=(ir.Call(function=function),)):
                return bool(self.evaluator.names(function, frame) & _PRINTING)
        return False


def _leaves(statement: ir.Statement) -> bool:
    return isinstance(statement, ir.Return) or (isinstance(statement, ir.Line) and statement.kind in ("break", "raise"))


def _leads_to_work(arm: ir.Arm, loop: ir.Loop, outside: Sequence[ir.Statement | ir.Block], body: ir.Block) -> bool:
    """Whether leaving there leads to statements that a cancellation would skip or cut."""
    if any(isinstance(outer, ir.With) or (isinstance(outer, ir.Try) and outer.final.waits()) for outer in outside):
        return True
    if isinstance(arm.statements[-1], ir.Return):
        return False
    repeated = any(isinstance(outer, ir.Loop | ir.While) for outer in outside)
    return repeated or any(not _only_tells_the_client(one) for one in body.following(loop))


def _only_tells_the_client(statement: ir.Statement) -> bool:
    """Whether a statement yields a constant, which nobody receives who has left."""
    match statement:
        case ir.Line(kind="expression", values=(ir.Yield(value=ir.Constant(), is_from=False),)):
            return True
    return False


def _stands_free(loop: ir.Loop, outside: Sequence[ir.Statement | ir.Block], body: ir.Block) -> bool:
    """Whether nothing stands around or behind a loop that the end of the loop could lead to."""
    closing = (ir.Loop, ir.While, ir.Try)
    if loop.orelse.statements or any(isinstance(outer, closing) for outer in outside):
        return False
    return not any(body.following(loop))
