"""The tokens behind an iterator, however they are wrapped."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import Generated, Instance, Iterated, Object, Tokens, Value, Values
from streamlint.values.limits import Limit
from streamlint.values.whole import Whole

_DEEPEST = 6
STEPPING = frozenset(("builtins.next", "builtins.anext"))
STEPS = frozenset(("__next__", "__anext__"))
_Seen: TypeAlias = set[tuple[Iterated | Generated, int]]
"""Iterators in which no tokens were found, each with its depth: generators that pass on one another make a crowd of ways."""


class TokenStreams:
    """Looks for the tokens that an iteration consumes."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator

    def of(self, values: Values) -> Tokens | None:
        """The tokens that iterating one of these values consumes, however they are wrapped."""
        seen: _Seen = set()
        return next((found for value in values if (found := self._tokens(value, 0, seen)) is not None), None)

    def _tokens(self, value: Value, depth: int, seen: _Seen) -> Tokens | None:
        match value:
            case Tokens() if depth <= _DEEPEST:
                return value
            case Instance() if depth <= _DEEPEST:
                return self.evaluator.calls.streams.managed(value)
            case Object() if depth <= _DEEPEST:
                return self._of_object(value, depth, seen)
            case Iterated() | Generated() if (value, depth) not in seen:
                found = self._wrapped(value, depth, seen)
                if found is None:
                    seen.add((value, depth))
                return found
        return None

    def _of_object(self, value: Object, depth: int, seen: _Seen) -> Tokens | None:
        """The tokens that an object of the project gives where it is iterated over."""
        for name in ("__iter__", "__aiter__"):
            method = self.evaluator.attributes.of_class(value, name)
            made = self.evaluator.calls.results(method, (), {}, None) if method else ()
            for one in made:
                found = (
                    self._of_steps(one, depth, seen) if isinstance(one, Object) else self._tokens(one, depth + 1, seen)
                )
                if found is not None:
                    return found
        return None

    def _of_steps(self, iterator: Object, depth: int, seen: _Seen) -> Tokens | None:
        """The tokens of which an iterator of the project takes the next one in each of its steps."""
        for name, is_async in (("__next__", False), ("__anext__", True)):
            method = self.evaluator.attributes.method(iterator, name)
            if method is None:
                continue
            frame = self.evaluator.calls.frame(replace(method, receiver=iterator), {}, None)
            sources = (
                source for call in frame.scope.calls if (source := stepped(self.evaluator, call, frame)) is not None
            )
            for one in (value for source in sources for value in self.evaluator.value(source, frame)):
                found = self._tokens(one, depth + 1, seen)
                if found is not None:
                    return Tokens(is_async, found.items, found.origin, found.owner, found.owner_is_async)
        return None

    def _wrapped(self, value: Iterated | Generated, depth: int, seen: _Seen) -> Tokens | None:
        if depth > _DEEPEST:
            self.evaluator.give_up(Limit.WRAPPERS)
            return None
        if isinstance(value, Generated):
            return self._forwarded(value, depth, seen)
        inner = next((found for one in value.over if (found := self._tokens(one, depth + 1, seen))), None)
        if inner is None or inner.is_async == value.is_async:
            return inner
        return Tokens(value.is_async, inner.items, inner.origin, inner.owner, inner.owner_is_async)

    def _forwarded(self, value: Generated, depth: int, seen: _Seen) -> Tokens | None:
        """The tokens that a generator function passes on."""
        frame = value.frame
        sources = [self.evaluator.iterated(loop, frame) for loop in frame.scope.loops]
        sources += [
            self.evaluator.value(y.value, frame) for y in frame.scope.yields if y.is_from and y.value is not None
        ]
        for values in sources:
            for one in values:
                if isinstance(one, Generated) and one.function == value.function:
                    continue
                found = self._tokens(one, depth + 1, seen)
                if found is not None:
                    return Tokens(value.is_async, found.items, found.origin, found.owner, found.owner_is_async)
        return None


def stepped(evaluator: Whole, call: ir.Call, frame: Frame) -> ir.Expression | None:
    """The iterator of `next(iterator)`, `anext(iterator)` or `iterator.__next__()`; None of another call."""
    if isinstance(call.function, ir.Attribute) and call.function.attribute in STEPS:
        return call.function.base
    is_step = bool(evaluator.names(call.function, frame) & STEPPING)
    return call.arguments[0] if is_step and call.arguments else None
