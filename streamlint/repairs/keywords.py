"""Keywords that a method of LlamaIndex does not take, so that the call fails: `query(question, stream=True)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit
from streamlint.knowledge.llama_index_engines import parameters
from streamlint.model import syntax as ir
from streamlint.repairs.arguments import without_keyword
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
    if not isinstance(value, ir.Constant) or call.hides_keywords:
        return None
    edit = without_keyword(file, call, value)
    return (edit, f"{word}={file.text(value)}") if edit is not None else None
