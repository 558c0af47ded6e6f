"""What a function reads and writes that other requests have too, and whether a wait would come between two such steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.model.branches import around as branches_around
from streamlint.model.modules import Module
from streamlint.sharing.accesses import Access, Accesses, Activation, Event, How
from streamlint.sharing.lasting import Lasting, Parameters
from streamlint.source import Span
from streamlint.values.domain import Bound, Function, Generated, Instance, Object, dotted_name
from streamlint.values.limits import Limit
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.project import Project

_MOST_FUNCTIONS = 400
_MOST_CALLERS = 200


class SharedState:
    """Answers with the word of the state that is at risk, "" where nothing is, and `TOO_MUCH` where a search is cut short."""

    TOO_MUCH = "too much to follow"

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.reach = project.reach
        self.lasting = project.ask(Lasting)
        self.accesses = project.ask(Accesses)
        self.facts = project.knowledge.shared_state
        self._called: dict[tuple[Path, int, Parameters], tuple[tuple[Activation, ir.Expression], ...]] = {}
        self._all: dict[tuple[Path, int, Parameters], frozenset[Access] | None] = {}
        self._happening: dict[tuple[Path, int, Parameters], list[Event] | None] = {}
        self._sorted: dict[frozenset[Access], tuple[Access, ...]] = {}

    # Questions

    def written_by(self, module: Module, scope: ir.Scope) -> str:
        """What a function, or anything that it calls, writes and other requests have too."""
        return self._written(Activation(module, scope, self.lasting.given(module, scope)))

    def written_through(self, call: ir.Expression, module: Module, scope: ir.Scope) -> str:
        """As `written_by`, for the functions of the project that this expression runs."""
        outer = Activation(module, scope, self.lasting.given(module, scope))
        found = (self._written(one) for one, at in self._callees(outer) if at is call)
        return next((word for word in found if word), "")

    def split_at(self, start: int, end: int, module: Module, scope: ir.Scope) -> str:
        """What is used before and after this place, in the function or in those that wait for it, so that a wait splits it."""
        return self._split_at(start, end, module, scope, set())

    def lock_around(self, start: int, end: int, module: Module, scope: ir.Scope) -> str:
        """The lock of threads that is held there: nobody may wait for anything else meanwhile."""
        for entry in scope.entries:
            if not entry.is_async and entry.body_start <= start and end <= entry.body_end:
                word = self._lock_word(entry, module, scope)
                if word:
                    return word
        return ""

    def chat_at(self, call: ir.Call, module: Module, scope: ir.Scope) -> str:
        """The chat that all clients share, and that this call goes on with."""
        activation = Activation(module, scope, self.lasting.given(module, scope))
        turns = (one for one in self.accesses.of(activation) if one.access.how is How.TURN and one.at == call.end)
        return next((one.access.word for one in turns), "")

    # A wait between two steps

    def _split_at(self, start: int, end: int, module: Module, scope: ir.Scope, seen: set[tuple[Path, int]]) -> str:
        key = (module.path, start)
        if key in seen:
            return ""
        if len(seen) >= _MOST_CALLERS:
            self.evaluator.limits.note(Limit.FUNCTIONS, module.path, start)
            return self.TOO_MUCH
        seen.add(key)
        activation = Activation(module, scope, self.lasting.given(module, scope))
        events = self._events(activation)
        if events is None:
            return self.TOO_MUCH
        return self._split(events, start, end, activation) or self._split_of_callers(activation, seen)

    def _split(self, events: list[Event], start: int, end: int, activation: Activation) -> str:
        for event in events:
            if event.access.how is How.CHANGE and event.since <= start and end < event.at:
                return event.access.word
        loop = self._circle(start, end, activation)
        guard = self._guard(start, end, activation)
        waits = self._waits(start, end, activation)
        others = tuple(_other_arms(Span(start, end), activation.scope))
        events = [one for one in events if _is_in(one.at, loop) or not any(_ends_in(one.at, arm) for arm in others)]
        before = [one for one in events if one.at <= start or one.at == end or _is_in(one.at, loop)]
        after: dict[str, list[Event]] = {}
        for one in events:
            if one.at >= end or _is_in(one.at, loop):
                after.setdefault(one.access.word, []).append(one)
        disturbed: dict[Access, list[Event]] = {}
        for first in before:
            if first.access not in disturbed:
                those = after.get(first.access.word, ())
                disturbed[first.access] = [one for one in those if first.access.disturbs(one.access)]
            for second in disturbed[first.access]:
                if first is second and not (_is_in(first.at, loop) and first.access.how is How.STEP):
                    continue
                if _is_in(first.at, guard) and _is_in(second.at, guard):
                    continue
                if any(first.at < at < second.at for at in waits):
                    continue
                return first.access.word
        return ""

    def _circle(self, start: int, end: int, activation: Activation) -> tuple[int, int]:
        """The loop that comes back to a place without having waited for anything outside; empty where there is none."""
        around = activation.scope.body.around(Span(start, end))
        loop = next(((one.start, one.end) for one in around if isinstance(one, ir.Loop | ir.While)), (0, 0))
        return (0, 0) if any(_is_in(at, loop) for at in self._waits(start, end, activation)) else loop

    def _waits(self, start: int, end: int, activation: Activation) -> list[int]:
        """Where the function waits for something outside already, whenever it comes to the place or from it."""
        scope = activation.scope
        branches = {call.end: call.branch for call in scope.calls}
        passed = {-1, *branches_around(scope, branches.get(end, -1))}
        frame = self.evaluator.any_call(activation.module, scope)
        steps = [
            loop.iterable.end
            for loop in scope.loops
            if loop.is_async
            and loop.branch in passed
            and not start <= loop.iterable.start < end
            and not any(isinstance(value, Generated | Object) for value in self.evaluator.iterated(loop, frame))
        ]
        return steps + [
            call.end
            for call in scope.calls
            if call.end in scope.awaited
            and call.branch in passed
            and not start <= call.start < end
            and self._surely_waits(call, activation)
        ]

    def _surely_waits(self, call: ir.Call, activation: Activation) -> bool:
        """Whether awaiting a call lets others in: coroutines of the project and what may be at hand already may not."""
        if last_word(call.function) in self.facts.at_hand:
            return False
        values = self.evaluator.value(call.function, self.evaluator.any_call(activation.module, activation.scope))
        if any(isinstance(value, Function) for value in values):
            return False
        return not any(self.facts.is_of_loop(dotted_name(v)) and isinstance(v, Bound) for v in values)

    def _guard(self, start: int, end: int, activation: Activation) -> tuple[int, int]:
        """The body of the `async with lock:` around a place, if there is one: it keeps others out while this one waits."""
        frame = self.evaluator.any_call(activation.module, activation.scope)
        for entry in activation.scope.entries:
            if entry.is_async and entry.body_start <= start and end <= entry.body_end:
                for value in self.evaluator.value(entry.context, frame):
                    if isinstance(value, Instance) and value.name in self.facts.guards:
                        return (entry.body_start, entry.body_end + 2)
        return (0, 0)

    def _split_of_callers(self, activation: Activation, seen: set[tuple[Path, int]]) -> str:
        """The same question where a coroutine is awaited that did not wait before, or an asynchronous generator advanced."""
        module, scope = activation.module, activation.scope
        for site in self.evaluator.callers.of(Function(module.path, scope.index)):
            at: ir.Expression | ir.Loop | None = site.call
            if scope.is_generator:
                at = next((loop for loop in site.scope.loops if loop.is_async and loop.iterable is site.call), None)
            if at is None or not site.scope.is_async:
                continue
            found = self._split_at(at.start, at.end, site.module, site.scope, seen)
            if found:
                return found
        return ""

    # Everything that a function does

    def _written(self, activation: Activation) -> str:
        accesses = self._accesses(activation)
        if accesses is None:
            return self.TOO_MUCH
        writes = sorted(one for one in accesses if one.how in (How.SET, How.CHANGE, How.TURN))
        for write in writes:
            if not write.word.startswith("file ") or any(write.disturbs(other) for other in accesses):
                return write.word
        return self._conversation(activation)

    def _conversation(self, activation: Activation) -> str:
        """The object on which a function takes two steps of one conversation."""
        for each in self._reached(activation) or ():
            steps = [event.access.word for event in self.accesses.of(each) if event.access.how is How.STEP]
            repeated = sorted(word for word in steps if steps.count(word) > 1)
            if repeated:
                return repeated[0]
        return ""

    def _events(self, activation: Activation) -> list[Event] | None:
        """What the function does itself, and what its callees do, at the place of the call."""
        if activation.key not in self._happening:
            self._happening[activation.key] = self._happen(activation)
        return self._happening[activation.key]

    def _happen(self, activation: Activation) -> list[Event] | None:
        events = list(self.accesses.of(activation))
        for callee, at in self._callees(activation):
            accesses = self._accesses(callee)
            if accesses is None:
                return None
            events += [Event(access, at.end, at.end) for access in self._in_order(accesses)]
        for entry in activation.scope.entries:
            if not entry.is_async:
                events += [
                    replace(event, at=entry.body_end, since=entry.body_end)
                    for event in events
                    if event.at == entry.context.end
                ]
        return events

    def _in_order(self, accesses: frozenset[Access]) -> tuple[Access, ...]:
        known = self._sorted.get(accesses)
        if known is None:
            known = self._sorted[accesses] = tuple(sorted(accesses))
        return known

    def _accesses(self, activation: Activation) -> frozenset[Access] | None:
        """What a function does, directly or through others; None where there are too many of them."""
        if activation.key not in self._all:
            reached = self._reached(activation)
            found = None if reached is None else (event.access for each in reached for event in self.accesses.of(each))
            self._all[activation.key] = frozenset(found) if found is not None else None
        return self._all[activation.key]

    def _reached(self, activation: Activation) -> list[Activation] | None:
        pending, reached = [activation], {activation.key: activation}
        while pending:
            for callee, _ in self._callees(pending.pop()):
                if callee.key not in reached:
                    reached[callee.key] = callee
                    pending.append(callee)
            if len(reached) > _MOST_FUNCTIONS:
                self.evaluator.limits.note(Limit.FUNCTIONS, activation.module.path, activation.scope.start)
                return None
        return list(reached.values())

    def _callees(self, activation: Activation) -> tuple[tuple[Activation, ir.Expression], ...]:
        known = self._called.get(activation.key)
        if known is None:
            known = self._called[activation.key] = tuple(self._find_callees(activation))
        return known

    def _find_callees(self, activation: Activation) -> Iterator[tuple[Activation, ir.Expression]]:
        module, scope = activation.module, activation.scope
        for function, at in self.reach.callees(module, scope):
            located = self.evaluator.scope_of(function)
            if located is not None:
                given = self.lasting.given_by(function, at, module, scope, activation.given)
                yield Activation(*located, given), at
        for attribute in scope.attributes:
            for located in self.properties(attribute, module, scope):
                lasts = self.lasting.of(attribute.base, module, scope, activation.given)
                given = frozenset(p.name for p in located[1].parameters[:1] if lasts)
                yield Activation(*located, given), attribute

    def properties(self, attribute: ir.Attribute, module: Module, scope: ir.Scope) -> Iterator[tuple[Module, ir.Scope]]:
        """The functions of the project that run when an attribute is read."""
        for value in self.evaluator.value(attribute.base, self.evaluator.any_call(module, scope)):
            method = self.evaluator.attributes.method(value, attribute.attribute) if isinstance(value, Object) else None
            located = self.evaluator.scope_of(method) if method is not None else None
            if located is not None and any("property" in last_word(one) for one in located[1].decorators):
                yield located

    def _lock_word(self, entry: ir.WithItem, module: Module, scope: ir.Scope) -> str:
        made = entry.context.function if isinstance(entry.context, ir.Call) else entry.context
        frame = self.evaluator.any_call(module, scope)
        values = (*self.evaluator.value(entry.context, frame), *self.evaluator.value(made, frame))
        names = {value.name if isinstance(value, Instance) else dotted_name(value) for value in values}
        word = last_word(made)
        if any(self.facts.is_lock(name) for name in names) or self.facts.names_lock(word):
            return word or sorted(names)[-1]
        return ""


def _other_arms(place: Span, scope: ir.Scope) -> Iterator[Span]:
    """What does not run in a call that comes to a place: the other arms of the decisions on the way to it."""
    for outer, inner in pairwise(scope.body.around(place)):
        arms = outer.arms if isinstance(outer, ir.If) else outer.cases if isinstance(outer, ir.Match) else ()
        if any(arm is inner for arm in arms):
            yield from (Span(arm.start, arm.end) for arm in arms if arm is not inner)


def _ends_in(at: int, span: Span) -> bool:
    return span.start < at <= span.end


def _is_in(at: int, span: tuple[int, int]) -> bool:
    return span[0] <= at < span[1]
