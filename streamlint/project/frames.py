"""Activations: a scope together with what is known of its arguments and of the scope that made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter

from streamlint.project.modules import Module
from streamlint.project.syntax import Scope
from streamlint.project.values import Values


@dataclass(frozen=True, eq=False)
class Frame:
    """One way to run a scope; `arguments` None means any call, and frames are the same only where they are identical."""

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


_Key = tuple[int, int, int, tuple[tuple[str, Values], ...] | None]


class Frames:
    """Makes every frame once."""

    def __init__(self) -> None:
        self._frames: dict[_Key, Frame] = {}

    def any_call(self, module: Module, scope: Scope) -> Frame:
        """The frame that stands for every call of a scope, wherever it comes from."""
        parent = self.any_call(module, module.scopes[scope.parent]) if scope.parent >= 0 else None
        return self._frame(module, scope, parent, None, 0)

    def call(
        self, module: Module, scope: Scope, parent: Frame | None, arguments: Mapping[str, Values], depth: int
    ) -> Frame:
        if parent is None and scope.parent >= 0:
            parent = self.any_call(module, module.scopes[scope.parent])
        return self._frame(module, scope, parent, arguments, depth)

    def _frame(
        self,
        module: Module,
        scope: Scope,
        parent: Frame | None,
        arguments: Mapping[str, Values] | None,
        depth: int,
    ) -> Frame:
        items = tuple(sorted(arguments.items(), key=itemgetter(0))) if arguments is not None else None
        key = (id(module), scope.index, id(parent), items)
        frame = self._frames.get(key)
        if frame is None:
            frame = self._frames[key] = Frame(module, scope, parent, arguments, depth)
        return frame
