"""Follows an expression backwards to what it may stand for, through variables, functions and modules."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from streamlint.knowledge import Knowledge
from streamlint.model import syntax as ir
from streamlint.model.circles import Circles
from streamlint.model.modules import Module, Modules
from streamlint.values.activations import Frame
from streamlint.values.alternatives import MOST_ALTERNATIVES, InOrder, alternatives
from streamlint.values.attributes import Attributes
from streamlint.values.callers import Callers
from streamlint.values.calls import Calls
from streamlint.values.contents import Contents
from streamlint.values.domain import (
    GAVE_UP,
    NOTHING,
    PENDING,
    UNKNOWN,
    Class,
    Collection,
    Constant,
    Function,
    Generated,
    Instance,
    Iterated,
    Llama,
    Object,
    Origin,
    Token,
    Tokens,
    Unknown,
    Value,
    Values,
    dotted_name,
    left_out,
)
from streamlint.values.fixpoint import Solver
from streamlint.values.frames import Frames
from streamlint.values.limits import Limit, Limits
from streamlint.values.llama import STREAM_ROLES
from streamlint.values.names import Names
from streamlint.values.parameters import Parameters
from streamlint.values.questions import Lattice
from streamlint.values.sameness import Sameness
from streamlint.values.spelt import spelt
from streamlint.values.token_streams import TokenStreams
from streamlint.values.truths import Truths, is_nameable, keys

_MOST_ITEMS = 64
"""Of a longer display the rest is not looked at."""
_NONE = Constant(None)


class Evaluator:
    """Answers what an expression in a frame may be; every answer is kept."""

    def __init__(self, modules: Modules, knowledge: Knowledge) -> None:
        self.modules = modules
        self.knowledge = knowledge
        self.limits = Limits()
        self.frames = Frames(Circles(modules), self.limits)
        self.any_call = self.frames.any_call
        self.solver = Solver(partial(self._left, Limit.CIRCLE), partial(self._left, Limit.QUESTIONS))
        self.callers = Callers(self)
        self.contents, self.attributes = Contents(self), Attributes(self)
        self.calls, self.parameters = Calls(self), Parameters(self)
        self._names = Names(self)
        self.named, self.binding, self.imported = self._names.named, self._names.binding, self._names.imported
        self.tokens = TokenStreams(self).of
        self._truths = Truths(self)
        self.truth = self._truths.of
        self._answers = self.solver.answers
        self._constants: dict[tuple[type, object], Values] = {}
        self._origins: dict[ir.Expression, Origin] = {}
        self._one = Sameness(partial(self.give_up, Limit.NESTING)).one
        self._united: dict[frozenset[Value], Values] = {}
        self._some = Lattice(PENDING, UNKNOWN, self.joined, self._some_of)
        self._any = Lattice(PENDING, NOTHING, self.joined, self._one)
        self._plain: dict[type[ir.Expression], Callable[[Any, Frame], Values]] = {
            ir.Name: self._names.value,
            ir.Constant: self._constant,
            ir.Await: self._await,
            ir.Operation: self._operation,
        }
        """Of these nothing is kept: the answer is that of something else which is."""
        self._expressions: dict[type[ir.Expression], Callable[[Any, Frame], Values]] = {
            ir.Attribute: self._attribute,
            ir.Call: self.calls.call,
            ir.Sequence: self._sequence,
            ir.Mapping: self._mapping,
            ir.Subscript: self._subscript,
            ir.Choice: self._truths.choice,
            ir.Closure: self._closure,
            ir.Walrus: self._walrus,
            ir.Comprehension: self._comprehension,
        }

    # Questions

    def value(self, expression: ir.Expression, frame: Frame) -> Values:
        """What the expression may be; `UNKNOWN` where nothing is known."""
        plain = self._plain.get(type(expression))
        if plain is not None:
            return plain(expression, frame)
        if frame.arguments is not None:
            frame = self.frames.for_expression(expression, frame)
        key = (expression, frame)
        kept: Values | None = self._answers.get(key)
        if kept is not None:
            return kept
        evaluate = self._expressions.get(type(expression))
        if evaluate is None:
            return UNKNOWN
        return self.solver.opened(key, partial(evaluate, expression, frame), self._some)

    def origin(self, expression: ir.Expression, frame: Frame) -> Origin:
        known = self._origins.get(expression)
        if known is None:
            known = self._origins[expression] = Origin(frame.module.path, expression.start, expression.end)
        return known

    def union(self, answers: Iterable[Values]) -> Values:
        """All alternatives together; `None` counts only beside constants, whose truth it shares, and a crowd is nobody."""
        first, found = NOTHING, None
        for values in answers:
            if found is not None:
                found |= values
            elif not first:
                first = values
            elif values is not first:
                found = {*first}.union(values)
        if found is None:
            if len(first) < 2 or (type(first) is InOrder and _NONE not in first and len(first) <= MOST_ALTERNATIVES):
                return first
            found = {*first}
        if _NONE in found and any(type(value) is not Constant for value in found):
            found.discard(_NONE)
        return self._one_of(frozenset(found)) if len(found) <= MOST_ALTERNATIVES else self.give_up(Limit.ALTERNATIVES)

    def _one_of(self, found: frozenset[Value]) -> Values:
        """These values in an order, which is found once."""
        known = self._united.get(found)
        if known is None:
            known = alternatives(found)
            self._united[known if known == found else found] = known
        return known

    def each(self, values: Values, part: Callable[[Any], Values]) -> Values:
        """The union of what each of the alternatives gives."""
        if len(values) == 1:
            (value,) = values
            found = part(value)
            return found if len(found) < 2 else self.union((found,))
        return self.union(map(part, values))

    def scope_of(self, value: Function | Class | Object) -> tuple[Module, ir.Scope] | None:
        module = self.modules.load(value.path)
        return (module, module.scopes[value.scope]) if module is not None else None

    # Giving up

    def give_up(self, limit: Limit, expression: ir.Expression | None = None, frame: Frame | None = None) -> Values:
        """Note that a limit ends a search, for this expression or else for the answer that is being computed."""
        if expression is not None and frame is not None:
            self.limits.note(limit, frame.module.path, expression.start)
        else:
            self._note_limit(limit, self.solver.asking)
        return GAVE_UP

    def _note_limit(self, limit: Limit, key: object) -> None:
        """Note a limit for a question; its key names what it asks about and a frame, or the path of a function or class."""
        parts = key if isinstance(key, tuple) else ()
        start = next((part.start for part in parts if isinstance(part, ir.Expression | ir.Binding)), 0)
        for part in parts:
            if isinstance(part, Frame):
                return self.limits.note(limit, part.module.path, start or part.scope.start)
        path = next((part for part in parts if isinstance(part, Path)), self.modules.root)
        return self.limits.note(limit, path, start)

    def _left(self, limit: Limit, key: object, answer: object) -> object:
        """What stands for an answer that was given up; an answer that holds no values is kept as it is."""
        self._note_limit(limit, key)
        return GAVE_UP if isinstance(answer, frozenset) and any(isinstance(one, Value) for one in answer) else answer

    # Keeping answers

    def kept(self, key: Hashable, evaluate: Callable[[], Values]) -> Values:
        """Evaluate once; unknown is what comes back to itself and nothing else, and what nothing is found for."""
        return self.solver.answer(key, evaluate, self._some)

    def found(self, key: Hashable, evaluate: Callable[[], Values]) -> Values:
        """Evaluate once; empty is what comes back to itself and nothing else, and what nothing is found for."""
        return self.solver.answer(key, evaluate, self._any)

    def _some_of(self, values: Values) -> Values:
        return self._one(values or UNKNOWN)

    def joined(self, old: Values, new: Values) -> Values:
        """Alternatives in a circle only grow, so that they come to rest."""
        return old if old in (UNKNOWN, GAVE_UP) else self.union((old, new))

    def names(self, expression: ir.Expression, frame: Frame) -> frozenset[str]:
        """Dotted names of what an expression may be; "" stands for whatever has none."""
        return frozenset(dotted_name(value) for value in self.value(expression, frame))

    # Expressions

    def _attribute(self, expression: ir.Attribute, frame: Frame) -> Values:
        base = self.value(expression.base, frame)
        return self.each(base, lambda one: self.attributes.value(one, expression.attribute, expression, frame))

    def _await(self, expression: ir.Await, frame: Frame) -> Values:
        return self.awaited(self.value(expression.value, frame))

    def awaited(self, values: Values) -> Values:
        """What awaiting gives; what is no coroutine is taken for its own result."""
        return self.each(values, self.calls.awaited)

    def _constant(self, expression: ir.Constant, frame: Frame) -> Values:
        key = (type(expression.value), expression.value)
        known = self._constants.get(key)
        if known is None:
            known = self._constants[key] = frozenset((Constant(expression.value),))
        return known

    def _operation(self, expression: ir.Operation, frame: Frame) -> Values:
        if expression.operator == "BitOr":
            return self.kept((expression, frame), lambda: self.calls.streams.piped(expression, frame))
        return self._truths.operation(expression, frame) or UNKNOWN

    def _sequence(self, expression: ir.Sequence, frame: Frame) -> Values:
        items = tuple(
            (
                None,
                self.element(self.value(item.value, frame))
                if isinstance(item, ir.Starred)
                else self.value(item, frame),
            )
            for item in expression.items[:_MOST_ITEMS]
        )
        is_whole = self._is_whole(expression, frame)
        return frozenset((Collection(expression.kind, items, self.origin(expression, frame), is_whole),))

    def _is_whole(self, display: ir.Sequence | ir.Mapping, frame: Frame) -> bool:
        if len(display.items) <= _MOST_ITEMS:
            return True
        self.give_up(Limit.ITEMS, display, frame)
        return False

    def _mapping(self, expression: ir.Mapping, frame: Frame) -> Values:
        items: dict[str | None, list[Values]] = {}
        is_whole = self._is_whole(expression, frame)
        for key, value in expression.items[:_MOST_ITEMS]:
            values = self.value(value, frame)
            if key is not None:
                keys = self.keys(key, frame)
                for one in (*items, None) if None in keys else keys:
                    items.setdefault(one, []).append(values)
                continue
            spread = [one for one in values if isinstance(one, Collection)]
            is_whole = is_whole and all(one.is_whole for one in spread)
            if len(spread) < len(values):  # it may hold anything, under the names before it too
                items.setdefault(None, [])
                for given in items.values():
                    given.append(UNKNOWN)
            for name, held in (item for one in spread for item in one.items):
                items.setdefault(name, []).append(held)
        if len(items) > _MOST_ITEMS:
            is_whole = False
            self.give_up(Limit.ITEMS, expression, frame)
        merged = tuple((name, self.union(given)) for name, given in list(items.items())[:_MOST_ITEMS])
        return frozenset((Collection("dict", merged, self.origin(expression, frame), is_whole),))

    def _comprehension(self, expression: ir.Comprehension, frame: Frame) -> Values:
        element = self.value(expression.element, frame)
        return frozenset((Collection(expression.kind, ((None, element),), self.origin(expression, frame)),))

    def _subscript(self, expression: ir.Subscript, frame: Frame) -> Values:
        base = self.value(expression.base, frame)
        return self.each(base, lambda one: self.attributes.item(one, expression, frame))

    def keys(self, key: ir.Expression, frame: Frame) -> tuple[str | None, ...]:
        """The keys that an expression may be, as displays spell them; None alone stands for any key."""
        if isinstance(key, ir.Constant):
            return (str(key.value),)
        text = spelt(self, key, frame)
        is_tuple = isinstance(key, ir.Sequence) and key.kind == "tuple"
        return (
            (text,) if text is not None else keys(self.value(key, frame)) if is_tuple or is_nameable(key) else (None,)
        )

    def _closure(self, expression: ir.Closure, frame: Frame) -> Values:
        scope = frame.module.scopes[expression.scope]
        if scope.kind == "class":
            return frozenset((Class(frame.module.path, scope.index),))
        outer = None if scope.kind == "function" and frame.arguments is None else frame
        function = Function(frame.module.path, scope.index, outer)
        if scope.kind != "generator-expression":
            return frozenset((function,))
        inner = self.frames.call(frame.module, scope, frame, {}, frame)
        return frozenset((Generated(function, scope.is_async, inner),))

    def _walrus(self, expression: ir.Walrus, frame: Frame) -> Values:
        return self.value(expression.value, frame)

    # Parts of values

    def at(self, values: Values, path: tuple[int, ...]) -> Values:
        """The part of a tuple that a name on the left of an assignment gets: `(1, 0)` is the first item of the second."""
        for position in path:
            values = self.each(values, partial(self._item, position))
        return values

    def _item(self, position: int, value: Value) -> Values:
        if isinstance(value, Collection) and value.kind in ("tuple", "list") and position < len(value.items):
            return value.items[position][1]
        if isinstance(value, Token):
            return self.calls.streams.item(value)
        if isinstance(value, Unknown):
            return frozenset((value,))
        if isinstance(value, Object):
            return self.attributes.unpacked(value, position) or UNKNOWN
        return (left_out(value) if isinstance(value, Collection) else NOTHING) or UNKNOWN

    def element(self, values: Values) -> Values:
        """What one step of an iteration gives."""
        return self.each(values, self._element)

    def _element(self, value: Value) -> Values:
        match value:
            case Tokens():
                return frozenset((self.calls.streams.first(value),))
            case Instance() if (tokens := self.calls.streams.managed(value)) is not None:
                return frozenset((self.calls.streams.first(tokens),))
            case Instance() if item := self.knowledge.item(value.name):
                return frozenset((Instance(item),))
            case Token():
                return self.calls.streams.item(value)
            case Iterated():
                return value.element
            case Collection(kind="dict"):
                return UNKNOWN
            case Collection():
                items = (*(item for _, item in value.items), left_out(value), self.attributes.added(value))
                return self.union(items) or UNKNOWN
            case Generated():
                return self.generated(value)
            case Object():
                return self._element_of_object(value)
            case Unknown():
                return frozenset((value,))
        return UNKNOWN

    def _element_of_object(self, value: Object) -> Values:
        for method in ("__iter__", "__aiter__"):
            found = self.attributes.of_class(value, method)
            if found:
                made = self.calls.results(found, (), {}, None)
                return self.union(self._step(one) if isinstance(one, Object) else self._element(one) for one in made)
        return UNKNOWN

    def _step(self, iterator: Object) -> Values:
        """What an iterator of the project gives in each step."""
        for method in ("__next__", "__anext__"):
            found = self.attributes.of_class(iterator, method)
            if found:
                return self.awaited(self.calls.results(found, (), {}, None))
        return UNKNOWN

    def generated(self, value: Generated) -> Values:
        """What a generator yields."""
        return self.kept(("yields", value.frame), lambda: self._yielded(value.frame))

    def _yielded(self, frame: Frame) -> Values:
        found = []
        for item in frame.scope.yields:
            if item.value is None:
                continue
            values = self.value(item.value, frame)
            found.append(self.element(values) if item.is_from else values)
        return self.union(found)

    # Streams

    def iterated(self, loop: ir.Loop, frame: Frame) -> Values:
        """What a loop runs over."""
        return self.value(loop.iterable, self.loop_frame(loop, frame))

    def loop_frame(self, loop: ir.Loop, frame: Frame) -> Frame:
        """The frame that a loop's iterable is evaluated in: a generator expression's first one is the outer one's."""
        return frame.of(loop.scope) or self.any_call(frame.module, frame.module.scopes[loop.scope])

    def is_stream_object(self, value: Value) -> bool:
        return isinstance(value, Llama) and value.role in STREAM_ROLES
