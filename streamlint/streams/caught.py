"""What the handlers of a generator catch, and what they keep from the server, the client and the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.streams.generators import Generators
from streamlint.values.token_streams import stepped

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_EVERYTHING = frozenset(("builtins.BaseException",))
_SUPPRESS = frozenset(("contextlib.suppress",))
_FAILURE = frozenset(("builtins.Exception",))


class Caught:
    """Judges the `try` statements and `raise` statements of one function."""

    def __init__(self, project: Project) -> None:
        self.generators = project.ask(Generators)
        self.evaluator = project.evaluator
        self._cancelling = project.knowledge.names("disconnects", "cancellation")
        self._quiet = project.knowledge.names("records", "log-quiet")
        self._refusing = project.knowledge.names("disconnects", "refusals")

    # Handlers

    def names(self, handler: ir.Handler, frame: Frame) -> frozenset[str]:
        """Dotted names of what a handler catches; a bare `except:` catches `builtins.BaseException`."""
        return self._classes(handler.type, frame) if handler.type is not None else _EVERYTHING

    def _classes(self, listed: ir.Expression, frame: Frame) -> frozenset[str]:
        classes = listed.items if isinstance(listed, ir.Sequence) else (listed,)
        return frozenset(name for one in classes for name in self.evaluator.names(one, frame)) - {""}

    def asks_for_cancellation(self, test: ir.Call, handler: ir.Handler, frame: Frame) -> bool:
        """`isinstance(error, CancelledError)`, which is so of every cancellation that the handler catches."""
        if ir.dotted(test.function) != "isinstance" or len(test.arguments) != 2 or not handler.name:
            return False
        caught, asked = test.arguments
        if not isinstance(caught, ir.Name) or caught.id != handler.name:
            return False
        classes = self._classes(asked, frame)
        return bool(classes & _EVERYTHING) or self.names(handler, frame) & self._cancelling <= classes

    def cancellation(self, handler: ir.Handler, frame: Frame) -> bool:
        return bool(self.names(handler, frame) & (self._cancelling | _EVERYTHING))

    def everything(self, handler: ir.Handler, frame: Frame) -> bool:
        return bool(self.names(handler, frame) & _EVERYTHING)

    def failures(self, handler: ir.Handler, frame: Frame) -> bool:
        return bool(self.names(handler, frame) & (_EVERYTHING | _FAILURE))

    # Faults

    def swallowers(self, frame: Frame) -> Iterator[tuple[ir.Handler, bool]]:
        """Handlers of an async generator that take its cancellation from an `await` and go on, and whether a loop around does.

        Without a loop, or in the handler itself, it goes on to a `yield`, which a generator that is being closed must not reach.
        """
        if not frame.scope.is_async or not self.generators.is_served(frame):
            return
        for attempt in _attempts(frame.scope):
            is_repeated = _is_repeated(attempt, frame.scope)
            handler = next((one for one in attempt.handlers if self.cancellation(one, frame)), None)
            if handler is None or not attempt.body.waits():
                continue
            if not is_repeated and not _sends_on(attempt, handler, frame.scope):
                continue
            if not _leaves(handler, frame.scope) and not _waits_for_tasks_only(attempt.body):
                yield handler, is_repeated and not any(map(handler.contains, frame.scope.yields))

    def suppressors(self, frame: Frame) -> Iterator[ir.Call]:
        """`with suppress(CancelledError)` around an `await` of such a generator, in a loop that goes on."""
        if not frame.scope.is_async or not self.generators.is_served(frame):
            return
        for block in (one for one in frame.scope.body.walk() if isinstance(one, ir.With)):
            calls = (entry.context for entry in block.entries if isinstance(entry.context, ir.Call))
            suppressing = [call for call in calls if self._suppresses(call, frame)]
            is_repeated = bool(suppressing) and frame.scope.body.loop_around(block) is not None
            if is_repeated and block.body.waits() and not _waits_for_tasks_only(block.body):
                yield from suppressing

    def last_words(self, frame: Frame) -> Iterator[ir.Yield]:
        """What a sent generator yields in the `finally` of a statement that sends items: it must not when it is closed there."""
        if not self.generators.is_sent(frame):
            return
        for attempt in _attempts(frame.scope):
            if not yields(attempt.body, frame.scope):
                continue
            for statement in attempt.final.statements:
                if not _goes_on(statement):
                    break
                if isinstance(statement, ir.Line):
                    yield from (
                        item for item in frame.scope.yields if statement.contains(item) and item.value is not None
                    )

    def _suppresses(self, call: ir.Call, frame: Frame) -> bool:
        """Whether a call is `contextlib.suppress` of what ends a generator."""
        if self.evaluator.names(call.function, frame) != _SUPPRESS:
            return False
        ending = self._cancelling | _EVERYTHING
        return any(self.evaluator.names(one, frame) & ending for one in call.arguments)

    def hiders(self, frame: Frame) -> Iterator[ir.Handler]:
        """Handlers around the loop of a sent generator that take any failure and say nothing: the body ends as if complete."""
        if not self.generators.is_sent(frame):
            return
        for attempt in _attempts(frame.scope):
            if _loops_around(attempt, frame.scope) or not _sends(attempt.body, frame.scope):
                continue
            handler = next((one for one in attempt.handlers if self.failures(one, frame)), None)
            if handler is not None and all(map(self._is_quiet, handler.statements)) and _is_last(attempt, frame):
                yield handler

    def _is_quiet(self, statement: ir.Statement) -> bool:
        """Whether a statement does nothing, or writes at a level that is off unless somebody asks for it."""
        match statement:
            case ir.Line(kind="expression", values=(ir.Call(function=ir.Attribute(attribute=level)),)):
                return level in self._quiet
        return _is_empty(statement)

    def refusals(self, frame: Frame) -> Iterator[ir.Line]:
        """`raise HTTPException(...)` in a generator that a response sends, itself or through another one, and nobody catches it."""
        if self.generators.is_sent(frame):
            is_late = not self._is_begun_first(frame)
        else:
            is_late = frame.scope.is_generator and self._ends_a_sent_one(frame)
        if not is_late:
            return
        for line in frame.scope.body.walk():
            if not isinstance(line, ir.Line) or line.kind != "raise" or not line.values:
                continue
            raised = line.values[0].function if isinstance(line.values[0], ir.Call) else line.values[0]
            if self.evaluator.names(raised, frame) & self._refusing and not self._is_caught(line, frame):
                yield line

    def _is_begun_first(self, frame: Frame) -> bool:
        """Whether a function that sends the generator takes items by hand, and so meets the exception before the response."""
        senders = (sent.sending.frame for sent in self.generators.sent.generator(frame.module.path, frame.scope))
        calls = ((call, outer) for outer in senders for call in outer.scope.calls)
        return any(stepped(self.evaluator, call, outer) is not None for call, outer in calls)

    def _ends_a_sent_one(self, frame: Frame, seen: frozenset[ir.Scope] = frozenset()) -> bool:
        """Whether what a generator raises ends another one that loops over it and is sent."""
        if frame.scope in seen:
            return False
        for loop, outer in self.generators.sent.taken.get((frame.module.path, frame.scope.index), ()):
            if self._is_caught(loop, outer):
                continue
            if self.generators.is_sent(outer):
                return not self._is_begun_first(outer)
            if self._ends_a_sent_one(outer, seen | {frame.scope}):
                return True
        return False

    def _is_caught(self, place: ir.Statement | ir.Loop, frame: Frame) -> bool:
        """Whether the generator itself handles what is raised there, and does not raise it again."""
        for outer, inner in pairwise(frame.scope.body.around(place)):
            if isinstance(outer, ir.Try) and inner is outer.body:
                refused = (one for one in outer.handlers if self._takes_refusals(one, frame))
                handler = next(refused, None)
                if handler is not None and not any(_raises_again(one, handler) for one in handler.walk()):
                    return True
        return False

    def _takes_refusals(self, handler: ir.Handler, frame: Frame) -> bool:
        return self.failures(handler, frame) or bool(self.names(handler, frame) & self._refusing)


def _raises_again(statement: ir.Statement, handler: ir.Handler) -> bool:
    """A bare `raise`, or one of what the handler has caught."""
    if not isinstance(statement, ir.Line) or statement.kind != "raise":
        return False
    return not statement.values or (isinstance(statement.values[0], ir.Name) and statement.values[0].id == handler.name)


def _attempts(scope: ir.Scope) -> Iterator[ir.Try]:
    return (one for one in scope.body.walk() if isinstance(one, ir.Try))


def _loops_around(statement: ir.Statement, scope: ir.Scope) -> Sequence[ir.Loop | ir.While]:
    around = scope.body.around(statement)
    return [one for one in around if isinstance(one, ir.Loop | ir.While)]


def _is_repeated(attempt: ir.Try, scope: ir.Scope) -> bool:
    """Whether a loop runs the statement again, in its body and not in a handler or `finally`."""
    loop, around = scope.body.loop_around(attempt), scope.body.around(attempt)
    if loop is None:
        return False
    return not any(isinstance(one, ir.Handler | ir.Final) for one in around[around.index(loop) :])


def _sends_on(attempt: ir.Try, handler: ir.Handler, scope: ir.Scope) -> bool:
    """Whether the statement sends items, and the handler or what comes right after sends another: a closed generator must not."""
    if not yields(attempt.body, scope):
        return False
    if any(handler.contains(item) for item in scope.yields):
        return True
    for statement in scope.body.following(attempt):
        if yields(ir.Block((statement,)), scope):
            return True
        if isinstance(statement, ir.Return) or (isinstance(statement, ir.Line) and statement.kind == "raise"):
            return False
    return False


def _leaves(handler: ir.Handler, scope: ir.Scope) -> bool:
    """Whether a handler may end the generator before it sends anything."""
    first = min((item.start for item in scope.yields if handler.contains(item)), default=handler.end)
    leaves = (one for one in handler.walk() if isinstance(one, ir.Return) or _is_leaving(one))
    return any(one.start < first for one in leaves)


def _goes_on(statement: ir.Statement) -> bool:
    """Whether the statement behind this one is reached, and no loop without an end can keep it from that."""
    return not any(
        isinstance(one, ir.Return | ir.Loop | ir.While) or _is_leaving(one) for one in ir.Block((statement,)).walk()
    )


def _is_leaving(statement: ir.Statement) -> bool:
    return isinstance(statement, ir.Line) and statement.kind in ("raise", "break")


def _waits_for_tasks_only(body: ir.Block) -> bool:
    """Whether all that is awaited is a task, whose own cancellation the handler means."""
    awaited = [one.value for one in body.expressions() if isinstance(one, ir.Await)]
    return bool(awaited) and all(isinstance(one, ir.Name | ir.Attribute | ir.Subscript) for one in awaited)


def _sends(body: ir.Block, scope: ir.Scope) -> bool:
    """Whether a loop in it sends items, or a `yield from`."""
    passes_on = any(item.is_from and body.contains(item) for item in scope.yields)
    return passes_on or any(isinstance(one, ir.Loop) and yields(one.body, scope) for one in body.walk())


def yields(body: ir.Block, scope: ir.Scope) -> bool:
    """Whether a block of a function yields."""
    return any(body.contains(item) for item in scope.yields)


def _is_empty(statement: ir.Statement) -> bool:
    match statement:
        case ir.Return(value=value):
            return value is None
        case ir.Line(kind="pass") | ir.Line(kind="expression", values=(ir.Constant(),)):
            return True
    return False


def _is_last(attempt: ir.Try, frame: Frame) -> bool:
    """Whether nothing after the statement, nor its `finally`, can tell the client how the stream ended."""
    block = frame.scope.body.around(attempt)[-2]
    assert isinstance(block, ir.Block)
    after = ir.Block(block.after(attempt))
    return not any(yields(one, frame.scope) for one in (after, attempt.orelse, attempt.final))
