"""The tokens behind an iterator, however they are wrapped."""

from __future__ import annotations

from typing import TypeAlias

from streamlint.values.domain import Generated, Instance, Iterated, Object, Tokens, Value, Values
from streamlint.values.limits import Limit
from streamlint.values.whole import Whole

_DEEPEST = 6
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
                found = self._tokens(one, depth + 1, seen) if not isinstance(one, Object) else None
                if found is not None:
                    return found
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
