"""What a test tells of the wait behind it: `if not queue.empty(): queue.get()` finds something there."""

from __future__ import annotations

from streamlint.model import syntax as ir
from streamlint.model.answered import answered
from streamlint.values.activations import Frame

_OPPOSITES = {"empty": "full"}
"""What is full has something in it."""


def is_tested(call: ir.Call, asks: str, frame: Frame) -> bool:
    """Whether a call only runs where the method that `asks` for nothing to wait for has said no of the same object."""
    if not asks or not isinstance(call.function, ir.Attribute):
        return False
    base = ir.dotted(call.function.base)
    question = f"{base}.{asks}"
    if answered(call, frame.scope, lambda asked: ir.dotted(asked.function) == question, answer=False):
        return True
    opposite = _OPPOSITES.get(asks)
    return opposite is not None and answered(
        call, frame.scope, lambda asked: ir.dotted(asked.function) == f"{base}.{opposite}", answer=True
    )
