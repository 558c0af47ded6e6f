"""Texts that are put together of constants: `f"{PREFIX}_slow"`, `"do_" + NAME`."""

from __future__ import annotations

from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import Constant
from streamlint.values.whole import Whole

_QUOTES = ("'", '"')
_TOGETHER = (ir.FormattedString, ir.Operation)


def spelt(evaluator: Whole, text: ir.Expression, frame: Frame) -> str | None:
    """The one text that an expression is, where constants alone say it; None for everything else."""
    match text:
        case ir.Constant():
            return text.value if isinstance(text.value, str) else None
        case ir.Operation(operator="Add", operands=(left, right)):
            parts = [spelt(evaluator, left, frame), spelt(evaluator, right, frame)]
            return None if None in parts else "".join(one or "" for one in parts)
        case ir.FormattedString():
            return _formatted(evaluator, text, frame)
        case ir.Name(bindings=(index,)) if isinstance(frame.scope.bindings[index].value, _TOGETHER):
            made = frame.scope.bindings[index]
            return spelt(evaluator, made.value, frame) if made.value is not None and made.kind == "assign" else None
        case ir.Name() | ir.Attribute():
            found = list(evaluator.value(text, frame))
            value = found[0].value if len(found) == 1 and isinstance(found[0], Constant) else None
            return value if isinstance(value, str) else None
    return None


def _formatted(evaluator: Whole, text: ir.FormattedString, frame: Frame) -> str | None:
    """What a formatted string is whose holes are constants, written without a conversion."""
    source, start = frame.module.source.text, text.start + 2
    if source[text.start] not in "fF" or source[text.start + 1] not in _QUOTES or source[start] in _QUOTES:
        return None
    parts: list[str] = []
    for hole in text.values:
        filled = spelt(evaluator, hole, frame)
        if filled is None or source[hole.start - 1] != "{" or source[hole.end] != "}":
            return None
        parts += (source[start : hole.start - 1], filled)
        start = hole.end + 1
    written = [*parts[::2], source[start : text.end - 1]]
    if any(mark in one for one in written for mark in "\\{}"):
        return None
    return "".join((*parts, written[-1]))
