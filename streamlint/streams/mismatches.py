"""Where a stream is taken in a way that its kind does not allow: synchronous tokens asynchronously, or the other way round."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from streamlint.knowledge.llama_index import Role
from streamlint.knowledge.off_loop import Result
from streamlint.model import syntax as ir
from streamlint.streams.sent import certain
from streamlint.values.domain import (
    Bound,
    Constant,
    Coroutine,
    Generated,
    Llama,
    Origin,
    Tokens,
    Unknown,
    Value,
)
from streamlint.values.llama import STREAM_ROLES

if TYPE_CHECKING:
    from streamlint.model.modules import Module
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_QUESTIONS = frozenset(
    (
        "hasattr", "getattr", "isinstance", "isawaitable", "iscoroutine", "iscoroutinefunction", "isasyncgen", "isgenerator",
        "isasyncgenfunction", "callable",
    )
)  # fmt: skip
_NOT_AWAITABLE = STREAM_ROLES | {Role.RESPONSE}


class Misfit(StrEnum):
    ASYNC_STARTED = "async-started"
    SYNC_STARTED = "sync-started"
    NOT_AWAITABLE = "not-awaitable"
    PLAIN_LOOP = "plain-loop"
    ASYNC_LOOP = "async-loop"
    UNAWAITED = "unawaited"
    FINISHED = "finished"
    MISSPELT = "misspelt"
    OBJECT = "object"
    RUN = "run"
    UNCALLED = "uncalled"
    OWNED = "owned"


@dataclass(frozen=True)
class Mismatch:
    """What does not fit, the value that it was found on, and the place where that value came from."""

    kind: Misfit
    value: Value
    origin: Origin | None = None


class Mismatches:
    """Judges single expressions; silent where one alternative of a value is unknown."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator

    # Questions

    def of_attribute(self, attribute: ir.Attribute, frame: Frame) -> Mismatch | None:
        """`.response_gen` and `.async_response_gen` on a stream of the other kind, or on what is no stream yet."""
        if attribute.attribute not in self._listed("token-generators"):
            return None
        values = certain(self.evaluator.value(attribute.base, frame))
        found = _same([self._of_base(value, attribute.attribute) for value in values])
        return self._unasked(found, attribute.base, frame)

    def _listed(self, key: str) -> frozenset[str]:
        return self.evaluator.knowledge.names("llama_index_words", key)

    def of_await(self, waited: ir.Await, frame: Frame) -> Mismatch | None:
        """`await` on something that a synchronous call has already given."""
        values = certain(self.evaluator.value(waited.value, frame))
        return self._unasked(_same([self._of_awaited(value) for value in values]), waited.value, frame)

    def of_loop(self, loop: ir.Loop, frame: Frame) -> Mismatch | None:
        """`for` over asynchronous tokens, `async for` over synchronous ones."""
        values = certain(self.evaluator.iterated(loop, frame))
        return self._unasked(_same([self._of_iterated(value, loop) for value in values]), loop.iterable, frame)

    def of_call(self, call: ir.Call, frame: Frame) -> Mismatch | None:
        """`as_query_engine(stream=True)`, which `**kwargs` swallows; not where another argument decides."""
        given = call.argument(None, "stream")
        if not isinstance(given, ir.Constant) or given.value is not True:
            return None
        if any(call.argument(None, name) is not None for name in self._listed("streaming-keywords")):
            return None
        for value in self.evaluator.value(call.function, frame):
            match value:
                case Bound(receiver=Llama(role=Role.INDEX) | Unknown(), name="as_query_engine"):
                    return Mismatch(Misfit.MISSPELT, Constant(True))
        return None

    def silent_engine(self, attribute: ir.Attribute, frame: Frame) -> Llama | None:
        """The query engine without `streaming=True` whose answer is asked for its tokens."""
        if attribute.attribute not in self._listed("token-generators") or is_asked_for(attribute.base, frame):
            return None
        values = certain(self.evaluator.value(attribute.base, frame))
        engines = [self.asked_of(value) for value in values]
        if not engines or any(engine is None for engine in engines):
            return None
        found = self.call_at(engines[0].origin) if engines[0] is not None else None
        if found is None or self.of_call(found[2], self.evaluator.any_call(found[0], found[1])) is not None:
            return None
        given = found[2].argument(None, "streaming")
        return engines[0] if given is None or isinstance(given, ir.Constant) else None

    def asked_of(self, value: Value) -> Llama | None:
        """The query engine without a stream that gave this answer."""
        if not isinstance(value, Llama) or value.role is not Role.RESPONSE or value.streaming is not False:
            return None
        found = self.call_at(value.origin)
        asking = self.asking(*found) if found is not None else None
        if found is None or asking is None or asking.attribute not in self._listed("queries"):
            return None
        made = certain(self.evaluator.value(asking.base, self.evaluator.any_call(found[0], found[1])))
        engine = made[0] if len(made) == 1 else None
        return engine if isinstance(engine, Llama) and engine.role is Role.QUERY_ENGINE else None

    def call_at(self, origin: Origin | None) -> tuple[Module, ir.Scope, ir.Call] | None:
        """The call that made a value."""
        module = self.evaluator.modules.load(origin.path) if origin is not None else None
        if module is None or origin is None:
            return None
        for scope in module.scopes:
            for call in scope.calls:
                if (call.start, call.end) == (origin.start, origin.end):
                    return module, scope, call
        return None

    def started_by(self, value: Llama) -> str:
        """The name of the method that made a value, called there or handed to a thread, or ""."""
        found = self.call_at(value.origin)
        asking = self.asking(*found) if found is not None else None
        return asking.attribute if asking is not None else ""

    def asking(self, module: Module, scope: ir.Scope, call: ir.Call) -> ir.Attribute | None:
        """`engine.query` where a call runs it: itself, as `to_thread(engine.query, q)`, or as `make_async(engine.query)(q)`."""
        frame = self.evaluator.any_call(module, scope)
        handing = call.function if isinstance(call.function, ir.Call) else call
        row = self.evaluator.calls.moving(handing, frame)
        if row is not None and row.result is Result.CALLABLE and handing is call:
            return None
        asked = handing.argument(row.position, row.keyword or None) if row is not None else call.function
        if isinstance(asked, ir.Call) and self.evaluator.names(asked.function, frame) == {"functools.partial"}:
            asked = asked.argument(0, None)
        return asked if isinstance(asked, ir.Attribute) else None

    def _unasked(self, found: Mismatch | None, expression: ir.Expression, frame: Frame) -> Mismatch | None:
        if found is None or is_asked_for(expression, frame) or self._is_asked_before(expression, frame):
            return None
        return found

    def _is_asked_before(self, expression: ir.Expression, frame: Frame) -> bool:
        """Whether somebody who calls the function asks of which kind the thing is that it gives for a parameter."""
        named = expression.id if isinstance(expression, ir.Name) else ""
        parameter = next((one for one in frame.scope.parameters if one.name == named), None)
        if parameter is None:
            return False
        return any(is_asked_for(*given) for given in self.evaluator.callers.given(parameter, frame))

    # One alternative

    def _of_base(self, value: Value, name: str) -> Mismatch | None:
        is_async = name == "async_response_gen"
        match value:
            case Llama(origin=None):
                return None
            case Llama(role=Role.CHAT_STREAM) if value.is_async != is_async:
                kind = Misfit.ASYNC_STARTED if value.is_async else Misfit.SYNC_STARTED
                return Mismatch(kind, value, value.origin)
            case Llama(role=Role.STREAM) if is_async:
                return Mismatch(Misfit.SYNC_STARTED, value, value.origin)
            case Llama(role=Role.RESPONSE) if self.started_by(value) in self._listed("whole-turns"):
                return Mismatch(Misfit.FINISHED, value, value.origin)
            case Coroutine(function=None, result=result):
                made = [one for one in certain(result) if isinstance(one, Llama) and one.role in STREAM_ROLES]
                if made and len(made) == len(result):
                    return Mismatch(Misfit.UNAWAITED, made[0], made[0].origin)
        return None

    @staticmethod
    def _of_awaited(value: Value) -> Mismatch | None:
        match value:
            case Llama(role=role, origin=Origin()) if role in _NOT_AWAITABLE:
                return Mismatch(Misfit.NOT_AWAITABLE, value, value.origin)
            case Tokens(owner=Role(), origin=Origin()):
                return Mismatch(Misfit.NOT_AWAITABLE, value, value.origin)
        return None

    def _of_iterated(self, value: Value, loop: ir.Loop) -> Mismatch | None:
        kind = Misfit.ASYNC_LOOP if loop.is_async else Misfit.PLAIN_LOOP
        match value:
            case Tokens(owner=Role.CHAT_STREAM) if value.is_async != value.owner_is_async:
                return None
            case Tokens(owner=Role(), is_async=bool() as is_async) if is_async != loop.is_async:
                return Mismatch(kind, value, value.origin)
            case Coroutine(result=result) if any(isinstance(one, Tokens) for one in certain(result)):
                return Mismatch(Misfit.UNAWAITED, value) if self._is_plain(value) else None
            case Llama(role=Role.WORKFLOW_HANDLER, origin=Origin()) if loop.is_async:
                return Mismatch(Misfit.RUN, value, value.origin)
            case Llama() | Coroutine(function=None) | Bound(receiver=Llama()):
                return self._of_object(value)
            case Generated(is_async=is_async) if is_async != loop.is_async:
                located = self.evaluator.scope_of(value.function)
                known = self.evaluator.tokens(frozenset((value,)))
                if known is not None and located is not None and not located[1].decorators:
                    return Mismatch(kind, value, known.origin)
        return None

    def _of_object(self, value: Llama | Coroutine | Bound) -> Mismatch | None:
        """For what has the tokens: the stream itself, awaited or not, and a method of it that is not called."""
        if isinstance(value, Bound):
            owner = value.receiver
            if not isinstance(owner, Llama) or value.name not in self._listed("uncalled"):
                return None
            return Mismatch(Misfit.UNCALLED, owner, owner.origin)
        made: list[Value] = list(certain(value.result)) if isinstance(value, Coroutine) else [value]
        streams = [
            one for one in made if isinstance(one, Llama) and one.role in STREAM_ROLES and one.origin is not None
        ]
        return Mismatch(Misfit.OBJECT, streams[0], streams[0].origin) if streams and len(streams) == len(made) else None

    def _is_plain(self, value: Coroutine) -> bool:
        """Whether calling this surely gives a coroutine: no decorator makes something else of its function."""
        located = self.evaluator.scope_of(value.function) if value.function is not None else None
        return value.function is None or (located is not None and not located[1].decorators)


def _same(found: list[Mismatch | None]) -> Mismatch | None:
    first = found[0] if found else None
    if first is None or any(one is None or one.kind is not first.kind for one in found):
        return None
    return first


def is_asked_for(expression: ir.Expression, frame: Frame) -> bool:
    """Whether the function, or one around it, asks what kind of thing the expression's variable is before it uses it."""
    names = {part.id for part in ir.walk(expression) if isinstance(part, ir.Name)}
    current: Frame | None = frame
    while current is not None:
        asked = (call for call in current.scope.calls if ir.dotted(call.function).rpartition(".")[2] in _QUESTIONS)
        if any({part.id for part in ir.walk(call) if isinstance(part, ir.Name)} & names for call in asked):
            return True
        current = current.parent
    return False
