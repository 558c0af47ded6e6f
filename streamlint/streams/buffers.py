"""Local texts that are empty at first, and to which nothing but tokens is added: `pending += token`, sent by several at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.values.domain import Constant, Token

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_TEXT = ("text", "cumulative")
_KEEPING = ("strip", "lstrip", "rstrip", "replace")
"""Methods that give the same text, but for a few characters."""


class Buffers:
    """Looks at all that a name of a function is given there."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator

    def is_one(self, text: ir.Expression, frame: Frame) -> bool:
        """Whether an expression is such a text, or what a method leaves of one."""
        while isinstance(text, ir.Call) and isinstance(text.function, ir.Attribute):
            if text.function.attribute not in _KEEPING:
                return False
            text = text.function.base
        if not isinstance(text, ir.Name) or not text.bindings:
            return False
        assigned = frame.scope.assignment(text)
        if assigned is not None and isinstance(assigned.value, ir.Call) and not assigned.path:
            return self.is_one(assigned.value, frame)
        bindings = [frame.scope.bindings[index] for index in frame.scope.by_name.get(text.id, ())]
        added = [one for one in bindings if one.kind == "augmented"]
        others = (one for one in bindings if one.kind not in ("augmented", "merge"))
        return bool(added) and all(map(_empties, others)) and all(self._adds_a_token(one, frame) for one in added)

    def _adds_a_token(self, binding: ir.Binding, frame: Frame) -> bool:
        values = self.evaluator.value(binding.value, frame) if binding.value is not None else ()
        told = [one for one in values if not isinstance(one, Constant) or one.value]  # `token or ""`
        return bool(told) and all(isinstance(one, Token) and one.items in _TEXT for one in told)


def _empties(binding: ir.Binding) -> bool:
    """`pending = ""`."""
    return binding.kind == "assign" and isinstance(binding.value, ir.Constant) and binding.value.value in ("", None)
