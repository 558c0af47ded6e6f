"""Where a handler swallows a stream: loops and calls that take all tokens before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from streamlint.knowledge.frameworks import Kind
from streamlint.knowledge.llama_index import Role
from streamlint.project import syntax as ir
from streamlint.project.answers import Answers
from streamlint.project.branches import branch_of, exclusive, is_handler
from streamlint.project.calls import dotted_name
from streamlint.project.frames import Frame
from streamlint.project.reach import Hop
from streamlint.project.values import (
    Bound,
    Collection,
    Coroutine,
    External,
    Function,
    Generated,
    Instance,
    Llama,
    Text,
    Token,
    Tokens,
    Value,
)

if TYPE_CHECKING:
    from streamlint.project.entry_points import Entry
    from streamlint.project.evaluate import Evaluator

_DEEPEST = 6
COLLECTORS = frozenset(f"builtins.{name}" for name in ("list", "tuple", "set", "sorted", "sum", "max", "min", "dict"))
_HARMLESS = frozenset(
    f"builtins.{name}"
    for name in (
        "print",
        "len",
        "str",
        "repr",
        "isinstance",
        "hasattr",
        "getattr",
        "bool",
        "int",
        "float",
        "type",
        "id",
        "hash",
        "ord",
    )
)
_GATHERING = frozenset(("append", "extend", "add", "insert", "update", "appendleft"))
_LOGGING = frozenset(("debug", "info", "warning", "error", "exception", "critical", "log", "trace"))
_DRAINING_METHODS = {
    Role.STREAM: frozenset(("get_response", "print_response_stream")),
    Role.ASYNC_STREAM: frozenset(("get_response", "print_response_stream")),
    Role.CHAT_STREAM: frozenset(("print_response_stream", "aprint_response_stream")),
}


class How(StrEnum):
    """In which form the tokens are taken."""

    LOOP = "loop"
    CALL = "call"
    JOIN = "join"
    COMPREHENSION = "comprehension"
    TEXT = "text"
    METHOD = "method"
    UNPACKED = "unpacked"


@dataclass(frozen=True)
class Drain:
    """One place in a handler at which a stream is swallowed.

    `start` and `end` span the loop's head or the expression in the handler; `source` is what gives the tokens; `hops` lead into a
    helper where the tokens are taken there, the last one being the place itself. `kept` are the names that hold the result.
    """

    how: How
    start: int
    end: int
    tokens: Tokens | None
    stream: Llama | None
    source: ir.Expression
    branch: int
    kept: frozenset[str] = frozenset()
    loop: ir.Loop | None = None
    hops: tuple[Hop, ...] = ()
    is_async: bool = False

    @property
    def waits(self) -> bool:
        """Whether it takes tokens at all: the text of a chat stream is what came so far, nothing at first."""
        return self.how is not How.TEXT or self.stream is None or self.stream.role is not Role.CHAT_STREAM

    @property
    def is_loop(self) -> bool:
        return self.how is How.LOOP


class Drains:
    """Finds drains; a function's own ones are found once per frame."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.answers = Answers(evaluator)
        self._known: dict[Frame, tuple[Drain, ...]] = {}
        self._open: set[Frame] = set()

    # Questions

    def of(self, entry: Entry, frame: Frame) -> tuple[Drain, ...]:
        """The streams that this handler swallows; those that a sibling branch streams on purpose are left out."""
        if frame.scope.is_generator or not frame.scope.is_function:
            return ()
        if not (entry.answers or entry.kind is Kind.WEBSOCKET):
            return ()
        answers = [
            item for item in frame.scope.returns if item.value is not None and self.answers.is_stream(item.value, frame)
        ]
        found = []
        for drain in self.in_frame(frame):
            if any(exclusive(frame.scope, drain.branch, item.branch) for item in answers):
                continue
            if self._is_alternative(drain, frame):
                continue
            if entry.kind is Kind.WEBSOCKET and (self._passes_on(frame) or not self._sent(drain, frame)):
                continue
            if self._only_streams(drain, answers, frame) or self._only_asks(drain, frame):
                continue
            found.append(drain)
        return tuple(found)

    def _is_alternative(self, drain: Drain, frame: Frame) -> bool:
        """Whether a conditional expression takes either the drained text or a stream."""
        for root in self._roots(frame.scope):
            if not (root.start <= drain.start and drain.end <= root.end):
                continue
            for part in ir.walk(root):
                if isinstance(part, ir.Choice):
                    others = [o for o in part.options if not (o.start <= drain.start and drain.end <= o.end)]
                    if len(others) < len(part.options) and any(
                        self.answers.is_stream(other, frame) for other in others
                    ):
                        return True
        return False

    def plain_answers(self, entry: Entry, frame: Frame) -> tuple[tuple[ir.Return, ir.Expression | None], ...]:
        """Returns that send plain data after a stream was started, each with the call that started it."""
        scope = frame.scope
        if not entry.answers or scope.is_generator:
            return ()
        drains = self.of(entry, frame)
        streaming = [r for r in scope.returns if r.value is not None and self.answers.is_stream(r.value, frame)]
        answers = [item for item in scope.returns if self._is_plain_answer(item, frame)]
        found: list[tuple[ir.Return, ir.Expression | None]] = []
        for item in answers:
            before = [d for d in drains if d.start < item.end and not exclusive(scope, d.branch, item.branch)]
            if any(self._sends(item, drain, frame) for drain in before) or (
                before and not any(self._sends(other, drain, frame) for other in answers for drain in before)
            ):
                found.append((item, before[0].source))
            elif not before and not streaming and not drains:
                started = self._unused_start(item, frame)
                if started is not None:
                    found.append((item, started))
        return tuple(found)

    def _is_plain_answer(self, item: ir.Return, frame: Frame) -> bool:
        if item.value is None or not self.answers.is_plain(item.value, frame) or is_handler(frame.scope, item.branch):
            return False
        return not (isinstance(item.value, ir.Call) and self.answers.content(item.value, frame) is not None)

    def _sends(self, item: ir.Return, drain: Drain, frame: Frame) -> bool:
        """Whether an answer holds what was drained, and is no other answer such as an error."""
        if item.value is None:
            return False
        within = item.value.start <= drain.start and drain.end <= item.value.end
        return within or bool(_names(item.value) & self.derived(drain, frame))

    def replayed(self, entry: Entry, frame: Frame) -> tuple[tuple[ir.Call, ir.Expression, Drain], ...]:
        """Streaming responses over what was drained before: the call, its content, and the drain."""
        scope = frame.scope
        if scope.is_generator or not scope.is_function:
            return ()
        found = []
        drains = self.in_frame(frame)
        for call in scope.calls:
            content = self.answers.content(call, frame)
            if content is None:
                continue
            inner = self._within(content, frame)
            if inner is not None:
                found.append((call, content, inner))
                continue
            for drain in drains:
                inside = call.start <= drain.start and drain.end <= call.end
                if inside or (
                    self.uses(content, self.derived(drain, frame), frame) and not self._streams(content, frame)
                ):
                    found.append((call, content, drain))
                    break
        return tuple(found)

    def _within(self, content: ir.Expression, frame: Frame) -> Drain | None:
        """The drain of a generator that yields only what it has collected first."""
        for value in self.evaluator.value(content, frame):
            if not isinstance(value, Generated) or value.frame.scope.kind != "function":
                continue
            inner = value.frame
            if any(self._forwards(loop, inner) for loop in inner.scope.loops):
                continue
            if any(y.is_from and y.value is not None and self._streams(y.value, inner) for y in inner.scope.yields):
                continue
            for drain in self.in_frame(inner):
                if any(y.value is not None and self._holds(y.value, drain, inner) for y in inner.scope.yields):
                    place = Hop(inner.module.path, drain.start, drain.end, _WHERE[drain.how])
                    return replace(drain, hops=(*drain.hops, place))
        return None

    def _forwards(self, loop: ir.Loop, frame: Frame) -> bool:
        inside = any(loop.body_start <= item.start < loop.end for item in frame.scope.yields)
        return inside and self.evaluator.tokens(self.evaluator.iterated(loop, frame)) is not None

    def _streams(self, expression: ir.Expression, frame: Frame) -> bool:
        return self.evaluator.tokens(self.evaluator.value(expression, frame)) is not None

    def _holds(self, expression: ir.Expression, drain: Drain, frame: Frame) -> bool:
        """Whether a yielded expression is what was drained, or one step of a loop over it."""
        if expression.start <= drain.start and drain.end <= expression.end:
            return True
        derived = self.derived(drain, frame)
        steps = {
            frame.scope.bindings[index].name
            for loop in frame.scope.loops
            if _names(loop.iterable) & derived
            for index in loop.targets
        }
        return bool(_names(expression) & (derived | steps))

    # Finding

    def in_frame(self, frame: Frame) -> tuple[Drain, ...]:
        """Every drain directly in a function, and those in the helpers that it hands a stream to."""
        if frame in self._known:
            return self._known[frame]
        if frame in self._open or len(self._open) > _DEEPEST:
            return ()
        self._open.add(frame)
        found = tuple(self._find(frame))
        self._open.discard(frame)
        self._known[frame] = found
        return found

    def _find(self, frame: Frame) -> Iterator[Drain]:
        scope = frame.scope
        for loop in scope.loops:
            drain = self._of_loop(loop, frame)
            if drain is not None:
                yield drain
        for call, branch in zip(scope.calls, scope.call_branches, strict=True):
            drain = self._of_call(call, branch, frame)
            if drain is not None:
                yield self.with_names(drain, frame)
        for expression in self._expressions(scope):
            drain = self._of_expression(expression, frame)
            if drain is not None:
                yield self.with_names(drain, frame)

    @staticmethod
    def _expressions(scope: ir.Scope) -> Iterator[ir.Expression]:
        """Formatted strings and unpacking displays, wherever they stand."""
        seen: set[int] = set()
        for root in (*Drains._roots(scope), *scope.yields):
            for expression in ir.walk(root):
                if isinstance(expression, ir.FormattedString | ir.Sequence) and id(expression) not in seen:
                    seen.add(id(expression))
                    yield expression

    def _of_loop(self, loop: ir.Loop, frame: Frame) -> Drain | None:
        tokens = self.evaluator.tokens(self.evaluator.iterated(loop, frame))
        if (
            tokens is None
            or tokens.items == "event"
            or (tokens.is_async is not None and tokens.is_async != loop.is_async)
        ):
            return None
        if loop.body_start < 0:
            return self._of_comprehension(loop, tokens, frame)
        kept = self._gathered(loop, frame)
        if kept is None:
            return None
        end = loop.iterable.end
        return Drain(How.LOOP, loop.start, end, tokens, None, loop.iterable, loop.branch, kept, loop, (), loop.is_async)

    def _of_comprehension(self, loop: ir.Loop, tokens: Tokens, frame: Frame) -> Drain | None:
        scope = frame.scope
        if scope.kind == "generator-expression":
            return None
        index = scope.loops.index(loop)
        for expression in self._all(scope):
            if isinstance(expression, ir.Comprehension) and index in expression.loops:
                drain = Drain(
                    How.COMPREHENSION,
                    expression.start,
                    expression.end,
                    tokens,
                    None,
                    loop.iterable,
                    loop.branch,
                    loop=loop,
                    is_async=loop.is_async,
                )
                return self.with_names(drain, frame)
        return None

    @staticmethod
    def _all(scope: ir.Scope) -> Iterator[ir.Expression]:
        for root in Drains._roots(scope):
            yield from ir.walk(root)

    @staticmethod
    def _roots(scope: ir.Scope) -> Iterator[ir.Expression]:
        """The expressions of a function, outer and inner ones."""
        yield from scope.statements
        yield from scope.calls
        yield from (item.value for item in scope.returns if item.value is not None)
        yield from (b.value for b in scope.bindings if b.value is not None and b.scope == scope.index)
        yield from (store.value for store in scope.stores)

    def _gathered(self, loop: ir.Loop, frame: Frame) -> frozenset[str] | None:
        """The names that collect the tokens of a loop; None where the loop may pass them on."""
        scope = frame.scope
        carried = {scope.bindings[index].name for index in loop.targets}
        kept: set[str] = set()
        inside = [b for b in scope.bindings if loop.body_start <= b.start and b.end <= loop.end and b.value is not None]
        for binding in inside:
            if (
                binding.kind in ("assign", "augmented")
                and binding.value is not None
                and _names(binding.value) & carried
            ):
                if binding.kind == "augmented" or binding.name in _names(binding.value):
                    kept.add(binding.name)
                carried.add(binding.name)
        if any(loop.body_start <= item.start < loop.end for item in scope.yields):
            return None
        if any(loop.body_start <= item.start < loop.end and item.value is not None for item in scope.returns):
            return None
        if any(loop.body_start <= store.start < loop.end and _names(store.value) & carried for store in scope.stores):
            return None
        for call in scope.calls:
            if not loop.body_start <= call.start < loop.end:
                continue
            given = {name for argument in call.children() if argument is not call.function for name in _names(argument)}
            if not given & carried:
                continue
            gatherer = self._gatherer(call, frame)
            if gatherer is None:
                return None
            if gatherer:
                kept.add(gatherer)
        return frozenset(kept)

    def _gatherer(self, call: ir.Call, frame: Frame) -> str | None:
        """The name of the collection that a call adds to, "" for a harmless call, None where the tokens may go anywhere."""
        function = call.function
        if isinstance(function, ir.Attribute):
            if function.attribute in _LOGGING:
                return ""
            if function.attribute in _GATHERING and isinstance(function.base, ir.Name):
                held = self.evaluator.value(function.base, frame)
                local = function.base.bindings is not None and bool(function.base.bindings)
                return function.base.id if local and any(isinstance(v, Collection) for v in held) else None
            if function.attribute == "write" and isinstance(function.base, ir.Name):
                held = self.evaluator.value(function.base, frame)
                names = {v.name for v in held if isinstance(v, Instance)}
                return function.base.id if names & {"io.StringIO", "io.BytesIO"} else None
            if isinstance(function.base, ir.Constant) or any(
                isinstance(v, Token | Text) for v in self.evaluator.value(function.base, frame)
            ):
                return ""
        names = {dotted_name(value) for value in self.evaluator.value(function, frame)}
        return "" if names and names <= _HARMLESS else None

    def _of_call(self, call: ir.Call, branch: int, frame: Frame) -> Drain | None:
        if self.answers.is_join(call):
            return self._taking(How.JOIN, call, call.arguments[0], branch, frame)
        for value in self.evaluator.value(call.function, frame):
            found = self._by_callee(value, call, branch, frame)
            if found is not None:
                return found
        return None

    def _by_callee(self, value: Value, call: ir.Call, branch: int, frame: Frame) -> Drain | None:
        match value:
            case External():
                if value.name in COLLECTORS and call.arguments:
                    return self._taking(How.CALL, call, call.arguments[0], branch, frame)
                if value.name == "builtins.str" and call.arguments:
                    return self._as_text(call, call.arguments[0], branch, frame)
            case Bound(receiver=Llama() as stream):
                if value.name in _DRAINING_METHODS.get(stream.role, ()) and isinstance(call.function, ir.Attribute):
                    source = call.function.base
                    return Drain(
                        How.METHOD,
                        call.start,
                        call.end,
                        None,
                        stream,
                        source,
                        branch,
                        is_async=stream.role is Role.ASYNC_STREAM,
                    )
            case Function():
                return self._in_helper(value, call, branch, frame)
        return None

    def _taking(self, how: How, call: ir.Call, argument: ir.Expression, branch: int, frame: Frame) -> Drain | None:
        values = self.evaluator.value(argument, frame)
        tokens = self.evaluator.tokens(values)
        if tokens is None or tokens.is_async is True or tokens.items == "event":
            return None
        return Drain(how, call.start, call.end, tokens, None, argument, branch)

    def _as_text(self, at: ir.Expression, argument: ir.Expression, branch: int, frame: Frame) -> Drain | None:
        for value in self.evaluator.value(argument, frame):
            if isinstance(value, Llama) and value.role in _DRAINING_METHODS:
                return Drain(How.TEXT, at.start, at.end, None, value, argument, branch)
        return None

    def _of_expression(self, expression: ir.Expression, frame: Frame) -> Drain | None:
        branch = branch_of(expression, frame.scope)
        if isinstance(expression, ir.FormattedString):
            for part in expression.values:
                found = self._as_text(expression, part, branch, frame)
                if found is not None:
                    return found
        if isinstance(expression, ir.Sequence):
            for item in expression.items:
                if isinstance(item, ir.Starred):
                    tokens = self.evaluator.tokens(self.evaluator.value(item.value, frame))
                    if tokens is not None and tokens.is_async is not True:
                        return Drain(How.UNPACKED, expression.start, expression.end, tokens, None, item.value, branch)
        return None

    def _in_helper(self, function: Function, call: ir.Call, branch: int, frame: Frame) -> Drain | None:
        """A helper that takes all tokens and gives back text."""
        located = self.evaluator.scope_of(function)
        if located is None or located[1].is_generator or frame.depth >= _DEEPEST:
            return None
        if located[1].is_async and call.end not in frame.scope.awaited:
            return None
        arguments = self.evaluator.calls._arguments(function, call, frame)
        inner = self.evaluator.calls.frame(function, arguments, frame.depth)
        for drain in self.in_frame(inner):
            if not self._returned(drain, inner):
                continue
            place = Hop(inner.module.path, drain.start, drain.end, _WHERE[drain.how])
            through = Hop(frame.module.path, call.start, call.end, f"calls `{located[1].name}`")
            hops = (through, *drain.hops) if drain.hops else (through, place)
            return replace(
                drain,
                start=call.start,
                end=call.end,
                source=call,
                branch=branch,
                hops=hops,
                kept=frozenset(),
                loop=None,
            )
        return None

    def _returned(self, drain: Drain, frame: Frame) -> bool:
        """Whether a function gives back what it drained, and no stream."""
        derived = self.derived(drain, frame)
        for item in frame.scope.returns:
            if item.value is None or self.answers.is_stream(item.value, frame):
                continue
            within = item.value.start <= drain.start and drain.end <= item.value.end
            if within or _names(item.value) & derived:
                return True
        return False

    # Names

    def with_names(self, drain: Drain, frame: Frame) -> Drain:
        """The names that an assignment around the drain gives its result."""
        kept = frozenset(
            b.name
            for b in frame.scope.bindings
            if b.kind in ("assign", "augmented")
            and b.value is not None
            and b.value.start <= drain.start
            and drain.end <= b.value.end
        )
        return replace(drain, kept=drain.kept | kept)

    def derived(self, drain: Drain, frame: Frame) -> frozenset[str]:
        """The names that hold the drained text, or something made of it."""
        names = set(drain.kept)
        for binding in frame.scope.bindings:
            if binding.kind not in ("assign", "augmented") or binding.value is None or binding.start <= drain.start:
                continue
            if _names(binding.value) & names and not self._starts_anew(binding.value, frame):
                names.add(binding.name)
        return frozenset(names)

    def _starts_anew(self, value: ir.Expression, frame: Frame) -> bool:
        """Whether an expression is another stream, such as the answer to a question that a model wrote."""
        values = self.evaluator.value(value, frame)
        return any(isinstance(v, Llama) for v in values) or self.evaluator.tokens(values) is not None

    def uses(self, content: ir.Expression, names: frozenset[str], frame: Frame) -> bool:
        """Whether an expression, or a generator that it calls, takes one of these names."""
        if _names(content) & names:
            return True
        for expression in ir.walk(content):
            if isinstance(expression, ir.Call):
                for value in self.evaluator.value(expression.function, frame):
                    if isinstance(value, Function) and value.path == frame.module.path:
                        inner = frame.module.scopes[value.scope]
                        if (
                            inner.parent == frame.scope.index
                            and {n.id for n in inner.names if n.bindings is None} & names
                        ):
                            return True
            if isinstance(expression, ir.Closure):
                inner = frame.module.scopes[expression.scope]
                if {n.id for n in inner.names} & names:
                    return True
        return False

    def _sent(self, drain: Drain, frame: Frame) -> bool:
        names = self.derived(drain, frame)
        for call in frame.scope.calls:
            if isinstance(call.function, ir.Attribute) and call.function.attribute.startswith("send"):
                within = call.start <= drain.start and drain.end <= call.end
                if within or any(_names(argument) & names for argument in call.arguments):
                    return True
        return False

    def _only_streams(self, drain: Drain, answers: list[ir.Return], frame: Frame) -> bool:
        """Whether everything that is returned after the drain is a stream of its own."""
        after = [
            item
            for item in frame.scope.returns
            if item.end > drain.start
            and item.value is not None
            and not exclusive(frame.scope, drain.branch, item.branch)
        ]
        if not after or any(item not in answers and not is_handler(frame.scope, item.branch) for item in after):
            return False
        derived = self.derived(drain, frame)
        return not any(
            item.value is not None
            and self.uses(item.value, derived, frame)
            and not self._carries_tokens(item.value, frame)
            for item in after
        )

    def _carries_tokens(self, answer: ir.Expression, frame: Frame) -> bool:
        """Whether the body of an answer surely is a stream of tokens, whatever else is in it."""
        content = self.answers.content(answer, frame) if isinstance(answer, ir.Call) else None
        return self._streams(answer if content is None else content, frame)

    def _passes_on(self, frame: Frame) -> bool:
        """Whether a loop sends each token on, so that what is sent later is only a summary."""
        loops = [loop for loop in frame.scope.loops if loop.body_start >= 0]
        return any(
            self._gathered(loop, frame) is None
            and self.evaluator.tokens(self.evaluator.iterated(loop, frame)) is not None
            for loop in loops
        )

    def _only_asks(self, drain: Drain, frame: Frame) -> bool:
        """Whether the drained text is nothing but the question that the next stream answers."""
        names = self.derived(drain, frame)
        uses = [name for name in frame.scope.names if name.id in names and name.start >= max(drain.end, _end_of(drain))]
        asking = [call for call in frame.scope.calls if self._starts_anew(call, frame)]
        return bool(uses) and all(any(c.start <= use.start and use.end <= c.end for c in asking) for use in uses)

    def _unused_start(self, item: ir.Return, frame: Frame) -> ir.Expression | None:
        """A call before this return that starts a stream which nobody uses."""
        scope = frame.scope
        for call, branch in zip(scope.calls, scope.call_branches, strict=True):
            if call.end > item.end or exclusive(scope, branch, item.branch) or not self._starts(call, frame):
                continue
            if not self._escapes(call, frame):
                return call
        return None

    def _starts(self, call: ir.Call, frame: Frame) -> bool:
        values = self.evaluator.value(call, frame)
        values = self.evaluator.union(v.result if isinstance(v, Coroutine) else frozenset((v,)) for v in values)
        for value in values:
            if isinstance(value, Llama) and value.role in _DRAINING_METHODS and value.streaming is True:
                return value.origin is not None and value.origin.start == call.start and value.origin.end == call.end
            if isinstance(value, Tokens) and value.owner is Role.LLM:
                return value.origin is not None and value.origin.start == call.start and value.origin.end == call.end
        return False

    def _escapes(self, call: ir.Call, frame: Frame) -> bool:
        """Whether a started stream is used in a way that cannot be followed."""
        names = {
            b.name
            for b in frame.scope.bindings
            if b.value is not None and b.value.start <= call.start and call.end <= b.value.end
        }
        changed = True
        while changed:
            more = {b.name for b in frame.scope.bindings if b.value is not None and _names(b.value) & names} - names
            changed = bool(more)
            names |= more
        if not names:
            return True
        for other in frame.scope.calls:
            given = {
                name for argument in other.children() if argument is not other.function for name in _names(argument)
            }
            if given & names and not self.answers.is_response(other, frame):
                return True
        if any(_names(store.value) & names for store in frame.scope.stores):
            return True
        inner = [s for s in frame.module.scopes if s.parent == frame.scope.index and s.is_function]
        if any({n.id for n in s.names if n.bindings is None} & names for s in inner):
            return True
        loops = [loop for loop in frame.scope.loops if _names(loop.iterable) & names]
        return bool(loops) or any(_names(y) & names for y in frame.scope.yields)


_WHERE = {
    How.LOOP: "takes every token here",
    How.CALL: "collects every token here",
    How.JOIN: "joins every token here",
    How.COMPREHENSION: "collects every token here",
    How.TEXT: "turns the stream into text here",
    How.METHOD: "waits for the whole answer here",
    How.UNPACKED: "unpacks every token here",
}


def _end_of(drain: Drain) -> int:
    return drain.loop.end if drain.loop is not None else drain.end


def _names(expression: ir.Expression) -> set[str]:
    return {part.id for part in ir.walk(expression) if isinstance(part, ir.Name)}
