"""Activations: a scope together with what is known of its arguments and of the scope that made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from operator import itemgetter

from streamlint.project.modules import Module
from streamlint.project.syntax import Scope
from streamlint.project.values import (
    UNKNOWN,
    Collection,
    Coroutine,
    Function,
    Generated,
    Iterated,
    OffLoop,
    Partial,
    Unknown,
    Value,
    Values,
    alternatives,
)

_DEEPEST = 6
"""Calls within calls whose arguments are told apart; behind that, a function is judged for any call."""
_MOST_NESTED = 3


@dataclass(frozen=True, eq=False)
class Frame:
    """One way to run a scope; `arguments` None means any call, and frames are the same only where they are identical.

    `depth` counts the calls with known arguments that led here.
    """

    module: Module
    scope: Scope
    parent: Frame | None
    arguments: Mapping[str, Values] | None
    depth: int

    def of(self, scope_index: int) -> Frame | None:
        """The frame of this scope in the chain of enclosing scopes."""
        frame: Frame | None = self
        while frame is not None and frame.scope.index != scope_index:
            frame = frame.parent
        return frame


_Key = tuple[Scope, Frame | None, tuple[tuple[str, Values], ...] | None, int]


class Frames:
    """Makes every frame once."""

    def __init__(self) -> None:
        self._frames: dict[_Key, Frame] = {}
        self._any: dict[Scope, Frame] = {}

    def any_call(self, module: Module, scope: Scope) -> Frame:
        """The frame that stands for every call of a scope, wherever it comes from."""
        frame = self._any.get(scope)
        if frame is None:
            parent = self.any_call(module, module.scopes[scope.parent]) if scope.parent >= 0 else None
            frame = self._any[scope] = Frame(module, scope, parent, None, 0)
        return frame

    def call(
        self, module: Module, scope: Scope, parent: Frame | None, arguments: Mapping[str, Values], caller: Frame | None
    ) -> Frame:
        """The frame of a call that `caller` makes; a function that calls itself, or one far down, is judged for any call."""
        outer = parent
        if outer is None and scope.parent >= 0:
            outer = self.any_call(module, module.scopes[scope.parent])
        depth = caller.depth + 1 if caller is not None else 1
        recurses = caller is not None and caller.of(scope.index) is not None and caller.module is module
        if parent is None and (recurses or depth > _DEEPEST):
            return self.any_call(module, scope)
        known = {name: shallow(values) for name, values in arguments.items()}
        items: tuple[tuple[str, Values], ...] | None = tuple(sorted(known.items(), key=itemgetter(0)))
        if recurses or depth > _DEEPEST:
            items = None
        key = (scope, outer, items, depth)
        frame = self._frames.get(key)
        if frame is None:
            frame = self._frames[key] = Frame(module, scope, outer, known if items is not None else None, depth)
        return frame


def shallow(values: Values, left: int = _MOST_NESTED) -> Values:
    """The values without what is nested too deeply in them, so that a project has finitely many."""
    if not any(isinstance(value, _NESTING) for value in values):
        return values
    return alternatives(_shallow(value, left) for value in values)


def _shallow(value: Value, left: int) -> Value:
    match value:
        case Collection():
            items = tuple((key, shallow(one, left - 1) if left else UNKNOWN) for key, one in value.items)
            return value if items == value.items else replace(value, items=items)
        case Function() if value.frame is not None and _nesting(value.frame, left) > left:
            return replace(value, frame=None)
        case Partial() if not left:
            return Unknown()
        case Partial():
            given = tuple(shallow(one, left - 1) for one in value.arguments)
            keywords = tuple((name, shallow(one, left - 1)) for name, one in value.keywords)
            return replace(value, function=shallow(value.function, left - 1), arguments=given, keywords=keywords)
        case Iterated():
            if not left:
                return replace(value, over=UNKNOWN, element=UNKNOWN)
            return replace(value, over=shallow(value.over, left - 1), element=shallow(value.element, left - 1))
        case Coroutine():
            return replace(value, result=shallow(value.result, left - 1) if left else UNKNOWN)
        case OffLoop():
            return replace(value, function=shallow(value.function, left - 1) if left else UNKNOWN)
    return value


def _nesting(frame: Frame, left: int) -> int:
    """How many frames are needed to make this one, as far as `left` goes."""
    if left < 0:
        return 0
    inner = [0]
    current: Frame | None = frame
    while current is not None:
        for values in (current.arguments or {}).values():
            inner += [
                _nesting(value.frame, left - 1)
                for value in values
                if isinstance(value, Function | Generated) and value.frame is not None
            ]
        current = current.parent
    return 1 + max(inner)


_NESTING = (Collection, Function, Partial, Iterated, Coroutine, OffLoop)
