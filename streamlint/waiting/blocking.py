"""What holds the thread that runs it: from a call to the leaf that waits, through the project."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial, reduce
from typing import TYPE_CHECKING

from streamlint.knowledge.blocking import Tier
from streamlint.model import syntax as ir
from streamlint.running.memos import Memos
from streamlint.running.never import Never
from streamlint.serving.ways import Hop, Way
from streamlint.values import Values
from streamlint.values.activations import Frame
from streamlint.values.domain import (
    Bound,
    Class,
    Coroutine,
    External,
    Function,
    Generated,
    Instance,
    Iterated,
    Llama,
    Object,
    Partial,
    Tokens,
    Unknown,
    Value,
    dotted_name,
)
from streamlint.values.evidence import ReceiverEvidence
from streamlint.values.passing import ENTERING
from streamlint.waiting.given import Given
from streamlint.waiting.holds import FARTHEST, Cause, Hold, hop_to, stronger
from streamlint.waiting.implied import Implied
from streamlint.waiting.leaves import Leaves

if TYPE_CHECKING:
    from streamlint.project import Project

_TAKING = frozenset(
    f"builtins.{name}" for name in ("list", "tuple", "set", "dict", "sorted", "next", "sum", "any", "all", "max", "min")
)


class Blocking:
    """Answers whether a call, an iteration or a function holds the thread; every function is judged once per frame."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.leaves = Leaves(project.evaluator)
        self._evidence = project.ask(ReceiverEvidence)
        self._memos = project.ask(Memos)
        self._never = project.ask(Never)
        self.implied = Implied(project, self)
        self._given = Given(project)

    # Questions

    def of_call(self, call: ir.Call, frame: Frame) -> Hold | None:
        """The hold of making this call, its arguments left out.

        What is awaited is no synchronous library call, whatever it looks like from here; and a client that may as well be an
        asynchronous one is not judged. Where several functions may be meant and one of them is harmless, the hold is only likely.
        """
        best: Hold | None = None
        awaited = call.end in frame.scope.awaited
        harmless_client = harmless = False
        for function in self._awaitable(call, frame) if awaited else self._judged(call, frame):
            found = self._of(function, call, frame)
            is_client = isinstance(function, Bound) and isinstance(function.receiver, Instance | Llama)
            harmless_client |= is_client and found is None
            harmless |= found is None and not _is_unknown(function)
            if found is not None and awaited and found.is_direct:
                continue
            best = stronger(best, found)
        if best is None and not awaited:
            return self._of_taking(call, frame) or self._of_telling(call, frame)
        if best is not None and best.is_direct and harmless_client:
            return None
        return replace(best, tier=Tier.LIKELY) if best is not None and harmless else best

    def _awaitable(self, call: ir.Call, frame: Frame) -> Values:
        """What an awaited call may call: where that is not sure to be a plain function, it is none of those that may be meant."""
        functions = self._judged(call, frame)
        located = {one: self.evaluator.scope_of(one) for one in functions if isinstance(one, Function)}
        others = functions.difference(
            one for one, place in located.items() if place is not None and not place[1].is_async
        )
        return others or functions

    def _judged(self, call: ir.Call, frame: Frame) -> Values:
        """What a call may call; not what `__getattr__` gives, where that waits for one object and is harmless for another."""
        functions, function = self.evaluator.value(call.function, frame), call.function
        bases = self.evaluator.value(function.base, frame) if isinstance(function, ir.Attribute) else ()
        fallback, name = self.evaluator.attributes.fallback, getattr(function, "attribute", "")
        given = [one for base in bases if isinstance(base, Object) for one in fallback.value(base, name)]
        if all(self._of(one, call, frame) is not None for one in given):
            return functions
        return frozenset(one for one in functions if one not in given)

    def _of_taking(self, call: ir.Call, frame: Frame) -> Hold | None:
        """`list(...)`, `next(...)`, `"".join(...)` over something outside LlamaIndex whose items are waited for."""
        if not call.arguments or not self._takes(call, frame):
            return None
        found = self.of_iteration(call.arguments[0], frame)
        if found is None or found.cause is not Cause.LIBRARY:
            return None
        if not found.is_direct:
            return found
        return replace(found, way=Way(hop_to(call, frame, found.way.first.label)))

    def _takes(self, call: ir.Call, frame: Frame) -> bool:
        if isinstance(call.function, ir.Attribute):
            return call.function.attribute == "join" and isinstance(call.function.base, ir.Constant)
        return any(isinstance(v, External) and v.name in _TAKING for v in self.evaluator.value(call.function, frame))

    def _of_telling(self, call: ir.Call, frame: Frame) -> Hold | None:
        """A call on something unknown whose result is used as only LlamaIndex's can be."""
        role = self._evidence.role(call, frame)
        return self.leaves.of_role(role, call, frame) if role is not None else None

    def of_iteration(self, iterable: ir.Expression, frame: Frame) -> Hold | None:
        """The hold of a `for` over this expression; tokens are no library's, whoever makes them."""
        if any(self._are_tokens(value) for value in self.evaluator.value(iterable, frame)):
            return None
        lazy = self._of_lazy_call(iterable, frame)
        if lazy is not None:
            return lazy
        for value in _wrapped(self.evaluator.value(iterable, frame)):
            if isinstance(value, Generated) and not value.is_async:
                found = self.of_frame(value.frame)
                if found is not None:
                    over = "it" if value.frame.scope.kind == "generator-expression" else f"`{value.frame.scope.name}`"
                    return found.behind(Hop(frame.module.path, iterable.start, iterable.end, f"iterates over {over}"))
            if isinstance(value, Object):
                found = self.implied.of_steps(value, iterable, frame)
                if found is not None:
                    return found
            if isinstance(value, Instance):
                step = self.evaluator.knowledge.blocking.iteration(value.name)
                if step is not None:
                    return self.leaves.library(step, value.name, iterable, frame)
                heavy = self.evaluator.knowledge.heavy.iteration(value.name)
                if heavy is not None:
                    return replace(self.leaves.library(heavy, value.name, iterable, frame), cause=Cause.HEAVY)
        return None

    def _are_tokens(self, value: Value) -> bool:
        is_entered = isinstance(value, Instance) and self.evaluator.calls.streams.managed(value) is not None
        return is_entered or isinstance(value, Tokens)

    def _of_lazy_call(self, iterable: ir.Expression, frame: Frame) -> Hold | None:
        """A library call that waits in each step of an iteration over its result."""
        for function in self.evaluator.value(iterable.function, frame) if isinstance(iterable, ir.Call) else ():
            name = _name_of(function)
            for table in (self.evaluator.knowledge.blocking, self.evaluator.knowledge.heavy):
                fact = table.call(name) if name else None
                if (
                    fact is not None
                    and isinstance(iterable, ir.Call)
                    and self.leaves.is_lazy_call(fact, iterable, frame)
                ):
                    cause = Cause.LIBRARY if table is self.evaluator.knowledge.blocking else Cause.HEAVY
                    return replace(self.leaves.library(fact, name, iterable, frame), cause=cause)
        return None

    def of_entry(self, entry: ir.WithItem, frame: Frame) -> Hold | None:
        """The hold of entering and leaving a `with` item."""
        return None if entry.is_async else self._of_entering(entry.context, entry.context, frame)

    def _of_manager(self, manager: ir.Expression, call: ir.Call, frame: Frame) -> Hold | None:
        """The hold of `stack.enter_context(manager)`; a library call that makes the manager there is judged itself."""
        found = self._of_entering(manager, call, frame)
        return None if found is not None and found.is_direct and isinstance(manager, ir.Call) else found

    def _of_entering(self, manager: ir.Expression, place: ir.Expression, frame: Frame) -> Hold | None:
        """The hold of a manager that a `with`, or a call, enters at a place."""
        for value in self.evaluator.value(manager, frame):
            if isinstance(value, Generated) and not value.is_async:
                found = self.of_frame(value.frame)
                if found is not None:
                    return found.behind(hop_to(place, frame, f"enters `{value.frame.scope.name}`"))
            if isinstance(value, Instance):
                fact = self.evaluator.knowledge.blocking.entering(value.name)
                if fact is not None:
                    return self.leaves.library(fact, value.name, place, frame)
            if isinstance(value, Object):
                for name in ("__enter__", "__exit__"):
                    method = self.evaluator.attributes.method(value, name)
                    found = self.of_function(method, frame) if method is not None else None
                    if found is not None:
                        return found.behind(hop_to(place, frame, f"enters it, which runs `{name}`"))
        return None

    def of_attribute(self, attribute: ir.Attribute, frame: Frame) -> Hold | None:
        """The hold of reading a property, or what nothing but a `__getattr__` of the project gives."""
        for value in self.evaluator.value(attribute.base, frame):
            fallback = self.evaluator.attributes.fallback.function(value, attribute.attribute)
            if fallback is not None:
                found = self.of_function(fallback, frame)
                if found is not None:
                    return found.behind(hop_to(attribute, frame, "runs `__getattr__`"))
            if fallback is not None or not isinstance(value, Object):
                continue
            method = self.evaluator.attributes.method(value, attribute.attribute)
            located = self.evaluator.scope_of(method) if method is not None else None
            if located is None or method is None:
                continue
            kinds = located[1].decorator_words
            if kinds & {"property", "cached_property"}:
                found = self.of_function(replace(method, receiver=value), frame)
                if found is not None and self._memos.is_kept(located[1], value):
                    found = self._of_first(found)
                if found is not None:
                    return found.behind(hop_to(attribute, frame, f"reads the property `{attribute.attribute}`"))
        return None

    def of_frame(self, frame: Frame) -> Hold | None:
        """The first and strongest hold in the body of a synchronous function, a near one before one that is far away."""
        return self.evaluator.solver.ask(("hold", frame), lambda: self._of_body(frame), None, None)

    def _of_body(self, frame: Frame) -> Hold | None:
        best: Hold | None = None
        for found in self._holds(frame):
            best = stronger(best, found)
            if best is not None and best.tier is Tier.CERTAIN and best.is_within(FARTHEST):
                break
        return best

    def _holds(self, frame: Frame) -> Iterator[Hold | None]:
        for place, ask in self._sites(frame):
            found = ask()
            if found is not None and self._never.comes_to(place, frame):
                yield self._of_first(found) if self._memos.is_filled_once(place, frame) else found

    @staticmethod
    def _of_first(found: Hold) -> Hold | None:
        """What is left of a hold that only the first request meets: whoever loads a model or builds an index waits long for it."""
        return replace(found, tier=Tier.LIKELY, once=True) if found.cause in (Cause.HEAVY, Cause.LLAMA) else None

    def _sites(self, frame: Frame) -> Iterator[tuple[ir.Node, Callable[[], Hold | None]]]:
        scope = frame.scope
        for call in scope.calls:
            yield call, partial(self.of_call, call, frame)
        for loop in scope.loops:
            yield loop.iterable, partial(self._of_loop, loop, frame)
        for item in scope.yields:
            if item.is_from and item.value is not None:
                yield item.value, partial(self.of_iteration, item.value, frame)
        for entry in scope.entries:
            yield entry.context, partial(self.of_entry, entry, frame)
        for operator in self.implied.stated(scope):
            yield operator, partial(self.implied.of_operator, operator, frame)
        for attribute in scope.attributes:
            yield attribute, partial(self.of_attribute, attribute, frame)

    def _of_loop(self, loop: ir.Loop, frame: Frame) -> Hold | None:
        return self._tokens(loop, frame) or self.of_iteration(loop.iterable, self.evaluator.loop_frame(loop, frame))

    def _tokens(self, loop: ir.Loop, frame: Frame) -> Hold | None:
        tokens = self.evaluator.tokens(self.evaluator.iterated(loop, frame))
        if tokens is None or loop.is_async or tokens.is_async is True:
            return None
        name = frame.module.text(loop.iterable)
        hop = hop_to(loop.iterable, frame, "waits here for every token")
        return Hold(Cause.STREAM, name, "waits for every token", Tier.CERTAIN, Way(hop))

    # Callees

    def _of(self, function: Value, call: ir.Call, frame: Frame) -> Hold | None:
        match function:
            case Function():
                return self._of_meant(function, call, frame)
            case Class():
                method = self.evaluator.attributes.method(function, "__init__")
                bound = replace(method, receiver=Object(function.path, function.scope)) if method is not None else None
                return self._through(bound, call, frame) if bound is not None else None
            case Object():
                method = self.evaluator.attributes.method(function, "__call__")
                return self._through(replace(method, receiver=function), call, frame) if method is not None else None
            case Partial():
                return self._of_partial(function, call, frame)
            case Bound(receiver=Llama()):
                return self.leaves.of_llama(function, call, frame)
            case Bound(name="enter_context") if call.arguments and dotted_name(function) in ENTERING:
                return self._of_manager(call.arguments[0], call, frame)
            case External() | Bound(receiver=Instance() | Coroutine()):
                return self.of_outside(function, call, frame)
            case Instance():
                return self.of_outside(Bound(function, "__call__"), call, frame)
        return None

    def _of_meant(self, function: Function, call: ir.Call, frame: Frame) -> Hold | None:
        """The hold of the function, or of those that are registered for what it is given; likely where not all of them have one."""
        found = [self._through(one, call, frame) for one in self.evaluator.calls.meant(function, call, frame)]
        best = reduce(stronger, found, None)
        return replace(best, tier=Tier.LIKELY) if best is not None and None in found else best

    def _through(self, function: Function, call: ir.Call, frame: Frame) -> Hold | None:
        located = self.evaluator.scope_of(function)
        if located is None or located[1].is_async or located[1].is_generator or self._memos.runs_once(*located):
            return None
        found = self.of_function(function, frame, self._given.of(function, call, frame))
        if found is not None and self._memos.is_kept_for(call, frame, *located):
            found = self._of_first(found)
        if found is None:
            return None
        return found.behind(hop_to(call, frame, f"calls `{located[1].name}`"))

    def of_function(self, function: Function, frame: Frame, arguments: dict[str, Values] | None = None) -> Hold | None:
        located = self.evaluator.scope_of(function)
        if located is None or located[1].is_async or located[1].is_generator:
            return None
        needs_frame = arguments or function.frame is not None or isinstance(function.receiver, Object)
        calls = self.evaluator.calls
        return self.of_frame(
            calls.frame(function, arguments or {}, frame) if needs_frame else self.evaluator.any_call(*located)
        )

    def _of_partial(self, function: Partial, call: ir.Call, frame: Frame) -> Hold | None:
        """The hold of a call of what `partial` has made."""
        for one in function.function:
            if isinstance(one, Function):
                calls = self.evaluator.calls
                found = self.of_function(one, frame, calls.named(one, *calls.filled(function, call, frame)))
                if found is not None:
                    return found.behind(hop_to(call, frame, "calls it"))
            elif isinstance(one, External | Bound):
                return self._of(one, call, frame)
        return None

    def of_outside(self, function: Value, call: ir.Call, frame: Frame) -> Hold | None:
        name = dotted_name(function)
        called_back = self.implied.of_callback(name, call, frame) or self.implied.of_conversion(name, call, frame)
        return called_back if called_back is not None else self.leaves.of_outside(function, call, frame)


def _wrapped(values: Values) -> Iterator[Value]:
    """The iterators themselves, of `enumerate(parts)` and its like what they take from; what threads advance is left out."""
    for value in values:
        if isinstance(value, Iterated):
            yield from () if value.is_async or value.in_thread else _wrapped(value.over)
        else:
            yield value


def _name_of(function: Value) -> str:
    """The dotted name of an outside function; an instance that is called goes by its `__call__`."""
    return dotted_name(Bound(function, "__call__") if isinstance(function, Instance) else function)


def _is_unknown(value: Value) -> bool:
    return isinstance(value, Unknown) or (isinstance(value, Bound) and isinstance(value.receiver, Unknown))
