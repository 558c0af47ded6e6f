"""The tokens behind an iterator, however they are wrapped."""

from __future__ import annotations

from streamlint.values.domain import Coroutine, Generated, Instance, Iterated, Tokens, Value, Values
from streamlint.values.limits import Limit
from streamlint.values.whole import Whole

_DEEPEST = 6


class TokenStreams:
    """Looks for the tokens that an iteration consumes."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator

    def of(self, values: Values) -> Tokens | None:
        """The tokens that iterating one of these values consumes, however they are wrapped."""
        for value in values:
            found = self._tokens(value, 0)
            if found is not None:
                return found
        return None

    def _tokens(self, value: Value, depth: int) -> Tokens | None:
        if depth > _DEEPEST:
            self.evaluator.give_up(Limit.WRAPPERS)
            return None
        match value:
            case Tokens():
                return value
            case Instance():
                return self.evaluator.calls.streams.managed(value)
            case Iterated():
                inner = next((t for one in value.over if (t := self._tokens(one, depth + 1))), None)
                if inner is None or inner.is_async == value.is_async:
                    return inner
                return Tokens(value.is_async, inner.items, inner.origin, inner.owner, inner.owner_is_async)
            case Generated():
                return self._forwarded(value, depth)
            case Coroutine():
                return None
        return None

    def _forwarded(self, value: Generated, depth: int) -> Tokens | None:
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
                found = self._tokens(one, depth + 1)
                if found is not None:
                    return Tokens(value.is_async, found.items, found.origin, found.owner, found.owner_is_async)
        return None
