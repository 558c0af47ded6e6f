"""Texts that are put together of several: `"Answer: " + answer.text`, `f"{title}: {answer.text}"`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir

if TYPE_CHECKING:
    from streamlint.values.activations import Frame


def parts(text: ir.Expression, frame: Frame) -> Iterator[tuple[ir.Expression, Frame]]:
    """What stands in such a text, also where it has a name; nothing where the name may mean another one."""
    if isinstance(text, ir.Name):
        named = _named(text, frame)
        if named is None or isinstance(named[0], ir.Name):
            return
        text, frame = named
    match text:
        case ir.Operation(operator="Add", operands=operands):
            for operand in operands:
                if isinstance(operand, ir.Operation | ir.FormattedString):
                    yield from parts(operand, frame)
                else:
                    yield operand, frame
        case ir.FormattedString():
            for value in text.values:
                yield value, frame


def _named(name: ir.Name, frame: Frame) -> tuple[ir.Expression, Frame] | None:
    """What a name of the function, or of one around it, is given in its only assignment."""
    made = frame.scope.assignment(name)
    current: Frame | None = frame
    while made is None and name.bindings is None and current is not None and current.scope.is_function:
        bindings = [current.scope.bindings[index] for index in current.scope.by_name.get(name.id, ())]
        if bindings:
            made = bindings[0] if len(bindings) == 1 and bindings[0].kind == "assign" else None
            break
        current = current.parent
    if made is None or made.value is None or made.path or current is None:
        return None
    return made.value, current
