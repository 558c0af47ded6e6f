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


def awaited(file: PythonFile, where: OnLoop, method: str, call: cst.Call) -> Fix | None:
    """`asyncio.run(f(x))` becomes `await f(x)`, and `agent.run_sync(x)` `await agent.run(x)`."""
    if not can_await(file, where, call):
        return None
    return _by_method(file, method, call) if method else _given(file, call)


def _by_method(file: PythonFile, method: str, call: cst.Call) -> Fix | None:
    if not isinstance(call.func, cst.Attribute):
        return None
    name, whole = file.tree.span(call.func.attr), file.tree.span(call)
    opening, closing = brackets(file, call)
    edits = [Edit(Span(whole.start, whole.start), f"{opening}await "), Edit(name, method)]
    if closing:
        edits.append(Edit(Span(whole.end, whole.end), closing))
    return _awaiting(tuple(edits), f"{file.tree.text(call.func)}()")


def _given(file: PythonFile, call: cst.Call) -> Fix | None:
    if len(call.args) != 1 or call.args[0].star or call.args[0].keyword is not None:
        return None
    given = call.args[0].value
    outer, inner = file.tree.span(call), file.tree.span(given)
    cut = (Span(outer.start, inner.start), Span(inner.end, outer.end))
    is_tight = isinstance(given, cst.Call | cst.Name | cst.Attribute | cst.Subscript)
    if not is_tight or any("#" in file.source.slice(span) for span in cut):
        return None
    opening, closing = brackets(file, call)
    edits = (Edit(cut[0], f"{opening}await "), Edit(cut[1], closing))
    return _awaiting(edits, f"{file.source.slice(cut[0])}_{file.source.slice(cut[1])}")


def _awaiting(edits: tuple[Edit, ...], *drops: str) -> Fix:
    return Fix(
        "await it on the loop that runs already", edits, Level.SAFE, "the call raised `RuntimeError` here", drops=drops
    )
