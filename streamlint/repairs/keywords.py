"""Keywords that a method of LlamaIndex does not take, so that the call fails: `query(question, stream=True)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit
from streamlint.knowledge.llama_index_engines import parameters
from streamlint.model import syntax as ir
from streamlint.source import Span
from streamlint.values.domain import Bound, Llama

if TYPE_CHECKING:
    from streamlint.knowledge.llama_index import Role
    from streamlint.tree.python import PythonFile

_ABOUT_STREAMS = ("stream", "streaming")


def untaken_keyword(file: PythonFile, scope: ir.Scope, call: ir.Expression) -> str:
    """A keyword of a call that its LlamaIndex method does not take, or ""."""
    if not isinstance(call, ir.Call):
        return ""
    for value in file.project.evaluator.value(call.function, file.frame(scope)):
        if isinstance(value, Bound) and isinstance(value.receiver, Llama):
            return untaken(call, value.receiver.role, value.name)
    return ""


def untaken(call: ir.Call, role: Role, method: str) -> str:
    taken = parameters(role, method)
    if taken is None:
        return ""
    return next((name for name, _ in call.keywords if name is not None and name not in taken), "")


def left_out(file: PythonFile, scope: ir.Scope, call: ir.Call) -> tuple[Edit, str] | None:
    """The call without such a keyword that asks for a stream, with its code; None where more than this one is in the way."""
    word = untaken_keyword(file, scope, call)
    value = call.argument(None, word) if word in _ABOUT_STREAMS else None
    others = [name for name, _ in call.keywords if name is not None and name != word]
    if not isinstance(value, ir.Constant) or call.hides_keywords:
        return None
    before = [one for one in (*call.arguments, *(item for _, item in call.keywords)) if one.end < value.start]
    if not before or any(one.start > value.end for _, one in call.keywords) or len(others) + 1 != len(call.keywords):
        return None
    start = max(one.end for one in before)
    return Edit(Span(start, value.end), ""), file.text(Span(start, value.end)).lstrip(", \n\t")
