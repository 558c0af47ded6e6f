"""Activations: a scope together with what is known of its arguments and of the scope that made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from streamlint.immutable import immutable
from streamlint.model.modules import Module
from streamlint.model.syntax import Scope
from streamlint.values.domain import Values, nesting


@immutable(slots=True)
class Frame:
    """One way to run a scope; `arguments` None means any call, and frames are the same only where they are identical.

    `depth` counts the calls with known arguments that led here.
    """

    module: Module
    scope: Scope
    parent: Frame | None
    arguments: Mapping[str, Values] | None
    depth: int
    narrowed: dict[frozenset[str], Frame] = field(default_factory=dict, repr=False)
    """By what some expression depends on: the frame that stands for all which are the same in that (`narrowing`)."""

    nested: int = field(default=0, init=False, repr=False)
    """How many values stand in one another in what makes the frame."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __post_init__(self) -> None:
        own = max(map(nesting, self.arguments.values()), default=0) if self.arguments else 0
        object.__setattr__(self, "nested", max(own, self.parent.nested if self.parent is not None else 0))

    def of(self, scope_index: int) -> Frame | None:
        """The frame of this scope in the chain of enclosing scopes."""
        frame: Frame | None = self
        while frame is not None and frame.scope.index != scope_index:
            frame = frame.parent
        return frame
