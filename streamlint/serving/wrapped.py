"""What a wrapper that a decorator made runs: the function that was decorated, where the wrapper of just that one is called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import Function, Values

if TYPE_CHECKING:
    from streamlint.values import Evaluator


class Wrapped:
    """A wrapper of many functions, called by anybody, may run any of them; the wrapper of one runs that one."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator

    def run_by(self, function: Function) -> Iterator[Function]:
        """What a function calls of what was given to its maker, where its makings are too many to tell them for any call."""
        located = self.evaluator.scope_of(function) if function.frame is not None and function.frame.arguments else None
        if function.frame is None or located is None:
            return
        module, scope = located
        for call in scope.calls:
            given = _given(call.function, function.frame)
            if not any(map(_is_function, given)):
                continue
            if not any(map(_is_function, self.evaluator.value(call.function, self.evaluator.any_call(module, scope)))):
                yield from (value for value in given if isinstance(value, Function))


def _given(called: ir.Expression, made_in: Frame) -> Values:
    """What a name of the scopes around a function stands for in one making of the function."""
    frame: Frame | None = made_in
    if not isinstance(called, ir.Name) or called.bindings is not None:
        return frozenset()
    while frame is not None and called.id not in (frame.arguments or {}):
        frame = frame.parent
    return frame.arguments[called.id] if frame is not None and frame.arguments else frozenset()


def _is_function(value: object) -> bool:
    return isinstance(value, Function)
