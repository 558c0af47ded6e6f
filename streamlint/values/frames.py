"""Which calls are told apart: every frame is made once, and a project has finitely many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from streamlint.model.circles import Circles
from streamlint.model.modules import Module
from streamlint.model.syntax import Binding, Expression, Scope
from streamlint.values.activations import Frame
from streamlint.values.alternatives import alternatives
from streamlint.values.domain import (
    Collection,
    Coroutine,
    Function,
    Future,
    GaveUp,
    Generated,
    Iterated,
    OffLoop,
    Partial,
    Value,
    Values,
    nesting,
)
from streamlint.values.limits import Limit, Limits
from streamlint.values.narrowing import ALL, DEPTH, Narrowing, Needs

_DEEPEST = 3
"""Calls within calls whose arguments are told apart; behind that, a function is judged for any call."""
_MOST_CALLS = 512
"""Calls of one function that are told apart."""
_MOST_NESTED = 2
_MOST_ITEMS = 16


_Key = tuple[Scope, Frame | None, int, bool, tuple[str, ...], tuple[Values, ...]]


class Frames:
    """Makes every frame once."""

    def __init__(self, circles: Circles, limits: Limits) -> None:
        self._circles = circles
        self._limits = limits
        self._frames: dict[_Key, Frame] = {}
        self._calls: dict[Scope, int] = {}
        self._any: dict[Scope, Frame] = {}
        self._shallow: dict[Values, Values] = {}
        self._narrowing = Narrowing()

    def any_call(self, module: Module, scope: Scope) -> Frame:
        """The frame that stands for every call of a scope, wherever it comes from."""
        frame = self._any.get(scope)
        if frame is None:
            parent = self.any_call(module, module.scopes[scope.parent]) if scope.parent >= 0 else None
            frame = self._any[scope] = Frame(module, scope, parent, None, 0)
        return frame

    def nothing_given(self, module: Module, scope: Scope) -> Frame:
        """The frame that stands for every call of a function in what depends on nothing that they give."""
        return self._made(module, scope, self.any_call(module, module.scopes[scope.parent]), {}, 1)

    def tells_apart(self, module: Module, scope: Scope, caller: Frame) -> bool:
        """Whether the arguments make a difference to the frame of a call that `caller` makes."""
        return not self._is_any(module, scope, caller.depth + 1)

    def _is_any(self, module: Module, scope: Scope, depth: int) -> bool:
        return depth > _DEEPEST or self._circles.holds(module, scope)

    def call(
        self, module: Module, scope: Scope, parent: Frame | None, arguments: Mapping[str, Values], caller: Frame | None
    ) -> Frame:
        """The frame of a call that `caller` makes; what comes back to itself, or is far down, is judged for any call."""
        outer = parent
        if outer is None and scope.parent >= 0:
            outer = self.any_call(module, module.scopes[scope.parent])
        depth = caller.depth + 1 if caller is not None else 1
        is_far = self._is_any(module, scope, depth)
        is_any = is_far or any(_comes_from(scope, values) for values in arguments.values())
        if is_far and not self._circles.holds(module, scope):
            self._limits.note(Limit.CALLS, module.path, scope.start)
        if parent is None and is_any:
            return self.any_call(module, scope)
        depth = 0 if is_any else depth
        known = None if is_any else {name: self._argument(scope, module, values) for name, values in arguments.items()}
        if known and self._is_crowd(module, scope, _key(scope, outer, known, depth)):
            return self.any_call(module, scope) if parent is None else self._made(module, scope, outer, None, 0)
        return self._made(module, scope, outer, known, depth)

    def _is_crowd(self, module: Module, scope: Scope, key: _Key) -> bool:
        """Whether a further call is one too many of a function; those that are told apart remain so."""
        if key in self._frames:
            return False
        self._calls[scope] = number = self._calls.get(scope, 0) + 1
        if number > _MOST_CALLS:
            self._limits.note(Limit.FRAMES, module.path, scope.start)
        return number > _MOST_CALLS

    def _made(
        self, module: Module, scope: Scope, parent: Frame | None, known: Mapping[str, Values] | None, depth: int
    ) -> Frame:
        key = _key(scope, parent, known, depth)
        frame = self._frames.get(key)
        if frame is None:
            frame = self._frames[key] = Frame(module, scope, parent, known, depth)
        return frame

    def for_expression(self, expression: Expression, frame: Frame) -> Frame:
        """The frame that all calls share which differ in nothing on which the value of an expression depends."""
        return self._narrowed(frame, self._narrowing.of(expression, frame.scope))

    def for_binding(self, binding: Binding, frame: Frame) -> Frame:
        """As `for_expression`, for what a binding gives its name."""
        return self._narrowed(frame, self._narrowing.of_binding(binding, frame.scope))

    def _narrowed(self, frame: Frame, needs: Needs) -> Frame:
        found = frame.narrowed.get(needs)
        if found is None:
            found = frame.narrowed[needs] = self._restricted(frame, needs)
        return found

    def _restricted(self, frame: Frame, needs: Needs) -> Frame:
        if frame.arguments is None or ALL in needs:
            return frame
        known = {name: values for name, values in frame.arguments.items() if name in needs}
        return self._made(frame.module, frame.scope, frame.parent, known, frame.depth if DEPTH in needs else 1)

    def _argument(self, scope: Scope, module: Module, values: Values) -> Values:
        """Values as a frame tells them apart: what a large display holds is not known of a parameter."""
        if any(map(_is_large, values)):
            self._limits.note(Limit.ITEMS, module.path, scope.start)
            values = alternatives(_emptied(value) if _is_large(value) else value for value in values)
        if nesting(values) <= _MOST_NESTED:
            return values
        self._limits.note(Limit.NESTING, module.path, scope.start)
        known = self._shallow.get(values)
        if known is None:
            known = self._shallow[values] = shallow(values, _MOST_NESTED)
        return known


def _key(scope: Scope, parent: Frame | None, known: Mapping[str, Values] | None, depth: int) -> _Key:
    names = tuple(sorted(known)) if known is not None else ()
    return (scope, parent, depth, known is None, names, tuple([known[name] for name in names]) if known else ())


def shallow(values: Values, left: int) -> Values:
    """The values without what is nested too deeply in them, so that a project has finitely many."""
    if nesting(values) <= left:
        return values
    return alternatives(_shallow(value, left) for value in values)


def _shallow(value: Value, left: int) -> Value:
    if value.nested <= left:
        return value
    if not left:
        return _emptied(value) if isinstance(value, Collection) else GaveUp()
    match value:
        case Collection():
            return replace(value, items=tuple((key, shallow(one, left - 1)) for key, one in value.items))
        case Function() if value.receiver is None:
            return replace(value, frame=None)
        case Partial():
            given = tuple(shallow(one, left - 1) for one in value.arguments)
            keywords = tuple((name, shallow(one, left - 1)) for name, one in value.keywords)
            return replace(value, function=shallow(value.function, left - 1), arguments=given, keywords=keywords)
        case Iterated():
            return replace(value, over=shallow(value.over, left - 1), element=shallow(value.element, left - 1))
        case Coroutine() | Future():
            return replace(value, result=shallow(value.result, left - 1))
        case OffLoop():
            return replace(value, function=shallow(value.function, left - 1))
    return GaveUp()


def _comes_from(scope: Scope, values: Values) -> bool:
    """Whether a call of a scope made one of the values, or something in what it was given: `tokens = cleaned(tokens)` in a loop."""
    frames = (value.frame for value in frozenset.__iter__(values) if isinstance(value, (Function, Generated)))
    return any(frame is not None and _was_called(scope, frame) for frame in frames)


def _was_called(scope: Scope, frame: Frame | None) -> bool:
    while frame is not None:
        if frame.scope is scope or any(_comes_from(scope, values) for values in (frame.arguments or {}).values()):
            return True
        frame = frame.parent
    return False


def _is_large(value: Value) -> bool:
    return isinstance(value, Collection) and len(value.items) > _MOST_ITEMS


def _emptied(value: Value) -> Value:
    return replace(value, items=(), is_whole=False) if isinstance(value, Collection) else value
