"""How texts begin, as far as they are written."""

from __future__ import annotations

from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import UNKNOWN, Constant, Values
from streamlint.values.whole import Whole


def begins(evaluator: Whole, text: Constant, call: ir.Call, frame: Frame) -> Values:
    """What `text.startswith(...)` gives: `True` or `False` where both are constants."""
    starts = evaluator.value(call.arguments[0], frame) if call.arguments else UNKNOWN
    given = [one.value for one in starts if isinstance(one, Constant) and isinstance(one.value, str)]
    if len(given) < len(starts) or not isinstance(text.value, str):
        return UNKNOWN
    return frozenset(Constant(text.value.startswith(one)) for one in given)


def start_of(evaluator: Whole, text: ir.Expression, frame: Frame) -> str:
    """How a text begins, as far as it is written: of `"data:" + body` and `f"data:{body}"` the first part."""
    match text:
        case ir.Operation(operator="Add", operands=(left, *_)):
            return start_of(evaluator, left, frame)
        case ir.FormattedString():
            return frame.module.text(text).lstrip("fFrR").lstrip("\"'").partition("{")[0]
    given = [one.value if isinstance(one, Constant) else None for one in evaluator.value(text, frame)]
    return given[0] if len(given) == 1 and isinstance(given[0], str) else ""
