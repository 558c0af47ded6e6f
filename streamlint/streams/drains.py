"""Which takings of a handler swallow the stream: nothing is sent before the last token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from streamlint.knowledge.frameworks import Purpose
from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.model.branches import branch_of, exclusive, is_handler
from streamlint.serving.ways import Hop, through
from streamlint.streams.called_back import CalledBack
from streamlint.streams.drained import SENDING, Drain, How, names_in, root_of
from streamlint.streams.gathered import Turns, on_object, own_object
from streamlint.streams.helped_takings import WHERE
from streamlint.streams.takings import Takings
from streamlint.values.activations import Frame
from streamlint.values.domain import (
    NOTHING,
    Coroutine,
    Generated,
    Llama,
    Tokens,
    Unknown,
    Value,
    Values,
)
from streamlint.values.llama import STREAM_ROLES

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.serving import Entry
    from streamlint.source import Placed


_DEEPEST = 3
"""Through so many generators one is looked for that collects first."""


@dataclass(frozen=True)
class PlainAnswer:
    """A return that sends plain data after a stream was started: what took the tokens, or the start that nobody reads."""

    item: ir.Return
    drains: tuple[Drain, ...]
    unread: ir.Expression | None = None

    @property
    def stops(self) -> tuple[Placed, ...]:
        """Where the streams stop."""
        return self.drains or ((self.unread,) if self.unread is not None else ())


class Drains(Takings):
    """Judges what a handler takes by what it answers."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._called_back = project.ask(CalledBack)

    def of(self, entry: Entry, frame: Frame) -> tuple[Drain, ...]:
        """The streams that this handler swallows; those that a sibling branch streams on purpose are left out."""
        return self.evaluator.solver.part(("swallowed", entry, frame), lambda: self._found_in(entry, frame))

    def _found_in(self, entry: Entry, frame: Frame) -> tuple[Drain, ...]:
        if frame.scope.is_generator or not frame.scope.is_function:
            return ()
        if not (entry.answers or entry.kind is Purpose.WEBSOCKET):
            return ()
        answers = [
            item for item in frame.scope.returns if item.value is not None and self.answers.is_stream(item.value, frame)
        ]
        assigned = self._assigned(entry, frame)
        found = []
        for drain in self.in_frame(frame):
            if any(
                exclusive(frame.scope, drain.branch, branch) for branch in (*assigned, *(r.branch for r in answers))
            ):
                continue
            if self._is_alternative(drain, frame) or self._is_on_object(drain, frame):
                continue
            if entry.kind is Purpose.WEBSOCKET and (self._passes_on(frame) or not self._sent(drain, frame)):
                continue
            if self._only_streams(drain, answers, frame) or self._only_asks(drain, frame):
                continue
            if drain.hops and not any(self._sends(item, drain, frame) for item in frame.scope.returns):
                continue
            found.append(drain)
        return tuple(found)

    def _assigned(self, entry: Entry, frame: Frame) -> tuple[int, ...]:
        """The branches in which a handler assigns a body that is sent piece by piece: `resp.stream = body()`."""
        names = self.evaluator.knowledge.frameworks.framework(entry.framework).assigned_bodies
        stores = (one for one in frame.scope.stores if one.is_attribute and one.member in names) if names else ()
        return tuple(branch_of(one, frame.scope) for one in stores)

    @staticmethod
    def _is_on_object(drain: Drain, frame: Frame) -> bool:
        """Whether a method only puts the tokens into what its object has, where others may wait for each of them."""
        return drain.kept == {on_object(own_object(frame.module, frame.scope))}

    def _is_alternative(self, drain: Drain, frame: Frame) -> bool:
        """Whether a conditional expression takes either the drained text or a stream."""
        for part in frame.scope.expressions():
            if isinstance(part, ir.Choice):
                others = [option for option in part.options if not option.contains(drain)]
                if len(others) < len(part.options) and any(self.answers.is_stream(one, frame) for one in others):
                    return True
        return False

    def plain_answers(self, entry: Entry, frame: Frame) -> tuple[PlainAnswer, ...]:
        """Returns that send plain data after a stream was started."""
        scope = frame.scope
        if not entry.answers or scope.is_generator:
            return ()
        drains = self.of(entry, frame)
        streaming = [r for r in scope.returns if r.value is not None and self.answers.is_stream(r.value, frame)]
        answers = [item for item in scope.returns if self._is_plain_answer(item, frame)]
        found: list[PlainAnswer] = []
        for item in answers:
            before = [d for d in drains if d.start < item.end and not exclusive(scope, d.branch, item.branch)]
            sent = tuple(drain for drain in before if self._sends(item, drain, frame))
            if sent or (before and not any(self._sends(other, drain, frame) for other in answers for drain in before)):
                found.append(PlainAnswer(item, sent or tuple(before)))
            elif not before and not streaming and not drains:
                started = self._unused_start(item, frame)
                if started is not None:
                    found.append(PlainAnswer(item, (), started))
        return tuple(found)

    def _is_plain_answer(self, item: ir.Return, frame: Frame) -> bool:
        if item.value is None or not self.answers.is_plain(item.value, frame) or is_handler(frame.scope, item.branch):
            return False
        return not (isinstance(item.value, ir.Call) and self.answers.content(item.value, frame) is not None)

    def _sends(self, item: ir.Return, drain: Drain, frame: Frame) -> bool:
        """Whether an answer holds what was drained, and is no other answer such as an error."""
        if item.value is None:
            return False
        within = item.value.contains(drain)
        return within or bool(names_in(item.value) & self.derived(drain, frame))

    def replayed(self, entry: Entry, frame: Frame) -> tuple[tuple[ir.Call, ir.Expression, Drain], ...]:
        """Streaming responses over what was drained before: the call, its content, and the drain."""
        scope = frame.scope
        if scope.is_generator or not scope.is_function:
            return ()
        found = []
        drains = self.ahead(frame)
        for call in scope.calls:
            content = self.answers.content(call, frame)
            if content is None or self.answers.is_whole_text(call, content, frame):
                continue
            inner = self._within(content, frame)
            if inner is not None:
                found.append((call, content, inner))
                continue
            for drain in drains:
                if exclusive(scope, drain.branch, call.branch):
                    continue
                inside = call.contains(drain)
                copies = self._copies(drain, frame) if drain.end <= call.start else frozenset()
                if (
                    inside
                    or self.uses(content, copies, frame)
                    or (
                        self.uses(content, self.derived(drain, frame), frame)
                        and (_is_of_itself(drain) or not self._streams(content, frame))
                    )
                ):
                    found.append((call, content, drain))
                    break
        return tuple(found)

    def ahead(self, frame: Frame) -> tuple[Drain, ...]:
        """What takes tokens directly in a function, and what is filled with them by callbacks there."""
        return (*self.in_frame(frame), *(self._called_back.of(frame) if self.whereabouts.are_any else ()))

    def _copies(self, drain: Drain, frame: Frame) -> frozenset[str]:
        """The other names of what `tee` gave where one of them was drained: their tokens are there, and all at once."""
        root, bindings = root_of(drain.source), frame.scope.bindings
        made = [bindings[index].value for index in (root.bindings or ())] if root is not None else []
        teed = [one for one in made if isinstance(one, ir.Call) and self._is_teed(one, frame)]
        return frozenset(one.name for one in bindings if any(one.value is value for value in teed)) - names_in(
            drain.source
        )

    def _is_teed(self, call: ir.Call, frame: Frame) -> bool:
        return self.evaluator.names(call.function, frame) == {"itertools.tee"}

    def _within(self, content: ir.Expression, frame: Frame) -> Drain | None:
        """The drain of a generator that yields only what it, or one whose items it passes on, has collected first."""
        return self._first_collected(self.evaluator.value(content, frame), 0)

    def _first_collected(self, values: Values, depth: int) -> Drain | None:
        for value in values:
            if isinstance(value, Generated) and depth < _DEEPEST:
                found = self._collected_in(value.frame, depth)
                if found is not None:
                    return found
        return None

    def _collected_in(self, inner: Frame, depth: int) -> Drain | None:
        loops = (loop for loop in inner.scope.loops if not self._never.passes_by(loop, inner))
        if any(self._may_forward(loop, inner, depth) for loop in loops):
            return None
        yields = (y for y in inner.scope.yields if y.is_from and not self._never.passes_by(y, inner))
        if any(y.value is not None and self._streams(y.value, inner) for y in yields):
            return None
        for drain in self.in_frame(inner):
            if any(y.value is not None and self.holds(y.value, drain, inner) for y in inner.scope.yields):
                place = Hop(inner.module.path, drain.start, drain.end, WHERE[drain.how])
                return replace(drain, way=drain.way or through((place,)))
        behind = (self._first_collected(values, depth + 1) for values in self._behind(inner))
        return next((found for found in behind if found is not None), None)

    def _behind(self, frame: Frame) -> Iterator[Values]:
        """What the items that a generator yields are taken from."""
        for loop in frame.scope.loops:
            if _yields_within(loop, frame.scope):
                yield self.evaluator.iterated(loop, frame)
        for item in frame.scope.yields:
            if item.is_from and item.value is not None:
                yield self.evaluator.value(item.value, frame)

    def _may_forward(self, loop: ir.Loop, frame: Frame, depth: int) -> bool:
        """Whether a loop yields what comes from a stream, or from something of which nothing is known."""
        is_forwarding = _yields_within(loop, frame.scope) and not self._is_counting(loop, frame)
        values = self.evaluator.iterated(loop, frame) if is_forwarding else NOTHING
        return (
            any(isinstance(value, Unknown) or self._may_give_early(value, depth) for value in values)
            or self.evaluator.tokens(values) is not None
        )

    def _is_counting(self, loop: ir.Loop, frame: Frame) -> bool:
        """Whether a loop runs over numbers: `for start in range(0, len(text), 20)`, which cuts what is there already."""
        made, around = loop.iterable, self.evaluator.loop_frame(loop, frame)
        return isinstance(made, ir.Call) and self.evaluator.names(made.function, around) == {"builtins.range"}

    def _may_give_early(self, value: Value, depth: int) -> bool:
        """Whether a generator may give items before it has them all: any that is not seen to collect them first."""
        return isinstance(value, Generated) and self._first_collected(frozenset((value,)), depth + 1) is None

    def _streams(self, expression: ir.Expression, frame: Frame) -> bool:
        return self.evaluator.tokens(self.evaluator.value(expression, frame)) is not None

    def holds(self, expression: ir.Expression, drain: Drain, frame: Frame) -> bool:
        """Whether a yielded expression is what was drained, or one step of a loop over it."""
        if expression.contains(drain):
            return True
        derived = self.derived(drain, frame)
        steps = {
            frame.scope.bindings[index].name
            for loop in frame.scope.loops
            if names_in(loop.iterable) & derived or loop.iterable.contains(drain)
            for index in loop.targets
        }
        return bool(names_in(expression) & (derived | steps))

    def _sent(self, drain: Drain, frame: Frame) -> bool:
        names = self.derived(drain, frame)
        for call in frame.scope.calls:
            if isinstance(call.function, ir.Attribute) and call.function.attribute.startswith(SENDING):
                given = (*call.arguments, *(value for _, value in call.keywords))
                if call.contains(drain) or any(names_in(argument) & names for argument in given):
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
            self.gathered.of(Turns.of_loop(loop, frame.scope), frame) is None
            and self.evaluator.tokens(self.evaluator.iterated(loop, frame)) is not None
            for loop in loops
        )

    def _only_asks(self, drain: Drain, frame: Frame) -> bool:
        """Whether the drained text is nothing but the question that the next stream answers."""
        names = self.derived(drain, frame)
        after = max(drain.end, _end_of(drain))
        uses = [name for name in frame.scope.names if name.id in names and name.start >= after]
        given_on = [one.value for one in self.makings(frame) if one.name in names and one.start >= after]
        uses = [name for name in uses if not any(value.contains(name) for value in given_on)]
        if not uses:
            return False
        asking = self.evaluator.solver.part(("asked anew", frame), lambda: tuple(self._asking(frame)))
        return all(any(call.contains(use) for call in asking) for use in uses)

    def _asking(self, frame: Frame) -> Iterator[ir.Call]:
        return (call for call in frame.scope.calls if self._starts_anew(call, frame))

    def _unused_start(self, item: ir.Return, frame: Frame) -> ir.Expression | None:
        """A call before this return that starts a stream which nobody uses."""
        scope = frame.scope
        for call in scope.calls:
            if call.end > item.end or exclusive(scope, call.branch, item.branch) or not self._starts(call, frame):
                continue
            if not self._escapes(call, frame):
                return call
        return None

    def _starts(self, call: ir.Call, frame: Frame) -> bool:
        values = self.evaluator.value(call, frame)
        values = self.evaluator.union(v.result if isinstance(v, Coroutine) else frozenset((v,)) for v in values)
        for value in values:
            if isinstance(value, Llama) and value.role in STREAM_ROLES and value.streaming is True:
                return value.origin is not None and value.origin.start == call.start and value.origin.end == call.end
            if isinstance(value, Tokens) and value.owner is Role.LLM:
                return value.origin is not None and value.origin.start == call.start and value.origin.end == call.end
        return False

    def _escapes(self, call: ir.Call, frame: Frame) -> bool:
        """Whether a started stream is used in a way that cannot be followed."""
        names = {b.name for b in frame.scope.bindings if b.value is not None and b.value.contains(call)}
        changed = True
        while changed:
            more = {b.name for b in frame.scope.bindings if b.value is not None and names_in(b.value) & names} - names
            changed = bool(more)
            names |= more
        if not names:
            return True
        for other in frame.scope.calls:
            given = {
                name for argument in other.children() if argument is not other.function for name in names_in(argument)
            }
            if given & names and not self.answers.is_response(other, frame):
                return True
        if any(names_in(store.value) & names for store in frame.scope.stores):
            return True
        inner = [s for s in frame.module.scopes if s.parent == frame.scope.index and s.is_function]
        if any({n.id for n in s.names if n.bindings is None} & names for s in inner):
            return True
        loops = [loop for loop in frame.scope.loops if names_in(loop.iterable) & names]
        return bool(loops) or any(names_in(y) & names for y in frame.scope.yields)


def _end_of(drain: Drain) -> int:
    return drain.loop.end if drain.loop is not None else drain.end


def _yields_within(loop: ir.Loop, scope: ir.Scope) -> bool:
    """Whether a generator yields in the body of a loop; that of a comprehension has none, unless it is the generator itself."""
    has_body = loop.body_start >= 0 or scope.kind == "generator-expression"
    return has_body and any(loop.body_start <= item.start < loop.end for item in scope.yields)


def _is_of_itself(drain: Drain) -> bool:
    """Whether a run has filled a stream that is still to be read: `model.generate(..., streamer=streamer)`."""
    return drain.how is How.RUN and isinstance(drain.source, ir.Name)
