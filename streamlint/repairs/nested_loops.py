"""Await what was given to a loop of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.repairs.off_loop import brackets, can_await
from streamlint.source import Span
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile
    from streamlint.waiting.held import OnLoop


def awaited(file: PythonFile, where: OnLoop, call: cst.Call) -> Fix | None:
    """`asyncio.run(f(x))` becomes `await f(x)`."""
    if len(call.args) != 1 or call.args[0].star or call.args[0].keyword is not None or not can_await(file, where, call):
        return None
    given = call.args[0].value
    outer, inner = file.tree.span(call), file.tree.span(given)
    cut = (Span(outer.start, inner.start), Span(inner.end, outer.end))
    is_tight = isinstance(given, cst.Call | cst.Name | cst.Attribute | cst.Subscript)
    if not is_tight or any("#" in file.source.slice(span) for span in cut):
        return None
    opening, closing = brackets(file, call)
    return Fix(
        "await it on the loop that runs already",
        (Edit(cut[0], f"{opening}await "), Edit(cut[1], closing)),
        Level.SAFE,
        "the call raised `RuntimeError` here",
        drops=(f"{file.source.slice(cut[0])}_{file.source.slice(cut[1])}",),
    )
