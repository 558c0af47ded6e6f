"""A call that stands where a thread wants its function: `to_thread(fetch(url))` for `to_thread(fetch, url)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.knowledge.off_loop import Result, Where
from streamlint.model import syntax as ir
from streamlint.repairs.arguments import parted
from streamlint.source import Span
from streamlint.tree import nodes as cst
from streamlint.values.domain import Class, Function

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile
    from streamlint.waiting.held import Held

_CALLABLE = (Function, Class)
"""What a call of the project may give to be called later; of other packages it gives data."""


def stands_for_its_function(file: PythonFile, held: Held) -> bool:
    """Whether a call is made before the thread begins, and what it gives is handed over in place of the function."""
    outer = _outer(file, held)
    values = file.project.evaluator.value(held.node, held.frame) if isinstance(held.node, ir.Call) else ()
    return outer is not None and not any(isinstance(value, _CALLABLE) for value in values)


def with_its_arguments(file: PythonFile, held: Held, call: cst.Call) -> Fix | None:
    """Hand over the function, and its arguments behind it, where the thread's function takes these."""
    outer = _outer(file, held)
    row = file.project.evaluator.calls.moving(outer, held.frame) if outer is not None else None
    if outer is None or row is None or row.where is not Where.THREAD or row.result is Result.CALLABLE:
        return None
    is_last = len(outer.arguments) == row.position + 1 and not outer.keywords and outer.arguments[-1] is held.node
    if not is_last or call.lpar or any(one.star or one.keyword is not None for one in call.args):
        return None
    name, whole = file.tree.span(call.func), file.tree.span(call)
    start = file.tree.span(call.args[0]).start if call.args else whole.end
    end = file.tree.span(call.args[-1]).end if call.args else whole.end
    cut = (Span(name.end, start), Span(end, whole.end))
    if any("#" in file.source.slice(span) for span in cut):
        return None
    rest = (Edit(cut[1], ""),) if call.args else ()
    return Fix(
        "hand over the function itself",
        (*parted(file, call, cut[0], is_broken=False), *rest),
        Level.SAFE,
        "the thread was handed what the call gave, which is no function",
        drops=(f"{file.text(outer.function)}({file.tree.text(call.func)}())",),
    )


def _outer(file: PythonFile, held: Held) -> ir.Call | None:
    """The call that runs a function elsewhere, where this one stands in the place of that function."""
    outer = held.frame.module.uses.parent(held.node) if isinstance(held.node, ir.Call) else None
    row = file.project.evaluator.calls.moving(outer, held.frame) if isinstance(outer, ir.Call) else None
    if row is None or not isinstance(outer, ir.Call) or row.where not in (Where.THREAD, Where.PROCESS, Where.LOOP):
        return None
    return outer if outer.argument(row.position, row.keyword or None) is held.node else None
