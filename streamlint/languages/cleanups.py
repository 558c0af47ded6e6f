"""What an async generator awaits after its client has left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from streamlint.knowledge.llama_index import Role
from streamlint.languages.generators import catches_cancellation, caught, holds, parts, served
from streamlint.project.values import Bound, Function, Llama, Unknown

if TYPE_CHECKING:
    from streamlint.languages.python import PythonFile

_RUNNERS = frozenset(("llama_index", "workflows"))
_FRAMEWORKS = frozenset(("fastapi", "starlette"))
_SHIELDING = frozenset(("shield", "CancelScope", "move_on_after", "fail_after"))


@dataclass(frozen=True)
class Cleanup:
    """An await in a `finally`; `statement` is the line that consists of it, if one does."""

    wait: cst.Await
    call: cst.Call
    statement: cst.BaseStatement | None


def cleanups(file: PythonFile, function: cst.FunctionDef) -> Iterator[Cleanup]:
    """Awaits that the server cancels together with the generator, one for each cleanup: the first of its block."""
    scope = served(file, function) if function.asynchronous is not None else None
    if scope is None or not _is_cancelled(file):
        return
    for node, _ in parts(function.body):
        if not isinstance(node, cst.Try):
            continue
        for block in _cleaning(file, node):
            found = next(_unshielded(file, block), None)
            if found is not None and (isinstance(block, cst.ExceptHandler) or _may_be_left(node)):
                yield found


def _is_cancelled(file: PythonFile) -> bool:
    """Whether Starlette runs the generator: it cancels through AnyIO, which cancels again and again."""
    imported = {name.partition(".")[0] for name, _, level in file.facts.summary.imports if not level}
    return bool(imported & _FRAMEWORKS)


def _may_be_left(node: cst.Try) -> bool:
    """Whether the client can leave while the `try` runs: something is sent or awaited in it."""
    return holds(node.body, cst.Yield, cst.Await) or any(
        isinstance(part, cst.For) and part.asynchronous is not None for part, _ in parts(node.body)
    )


def _cleaning(file: PythonFile, node: cst.Try) -> Iterator[cst.CSTNode]:
    if node.finalbody is not None:
        yield node.finalbody
    for handler in node.handlers:
        if catches_cancellation(file, handler) and "builtins.BaseException" not in caught(file, handler):
            yield handler


def _unshielded(file: PythonFile, block: cst.CSTNode) -> Iterator[Cleanup]:
    for node, around in parts(block):
        if not isinstance(node, cst.Await) or not isinstance(node.expression, cst.Call):
            continue
        if _suspends(file, node.expression) and not _is_shielded(around):
            yield Cleanup(node, node.expression, _line(file, node, around))


def _is_shielded(around: Sequence[cst.CSTNode]) -> bool:
    return any(
        isinstance(outer, cst.With) and any(_names_any(item.item, _SHIELDING) for item in outer.items)
        for outer in around
    )


def _names_any(root: cst.CSTNode, words: frozenset[str]) -> bool:
    """Whether one of these names stands in an expression."""
    return any(isinstance(node, cst.Name) and node.value in words for node, _ in parts(root))


def _suspends(file: PythonFile, call: cst.Call) -> bool:
    """Whether awaiting the call waits for something: the end of a run, or a project coroutine that awaits more."""
    values = file.value(file.tree.span(call.func))
    if all(isinstance(value, Unknown) for value in values):
        return _ends_a_run(file, call)
    if len(values) != 1:
        return False
    for value in values:
        if isinstance(value, Bound) and isinstance(value.receiver, Llama):
            return value.receiver.role is Role.WORKFLOW_HANDLER and value.name == "cancel_run"
        located = file.project.evaluator.scope_of(value) if isinstance(value, Function) else None
        if located is None or not located[1].is_async or located[1].is_generator:
            return False
        words = {attribute.attribute for attribute in located[1].attributes} | {name.id for name in located[1].names}
        return bool(located[1].awaited) and not words & _SHIELDING
    return False


def _ends_a_run(file: PythonFile, call: cst.Call) -> bool:
    """Whether the name alone tells the end of a LlamaIndex run, on an object that could not be followed."""
    imported = {name.partition(".")[0] for name, _, level in file.facts.summary.imports if not level}
    named = isinstance(call.func, cst.Attribute) and call.func.attr.value == "cancel_run"
    return named and not call.args and bool(imported & _RUNNERS)


def _line(file: PythonFile, wait: cst.Await, around: Sequence[cst.CSTNode]) -> cst.BaseStatement | None:
    """The statement line `await ...` that this is."""
    line = next((outer for outer in reversed(around) if isinstance(outer, cst.SimpleStatementLine)), None)
    if line is None or len(line.body) != 1 or not isinstance(line.body[0], cst.Expr) or line.body[0].value is not wait:
        return None
    return line
