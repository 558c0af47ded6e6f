"""Keep the task of the item that has not come yet, so that a limit ends the wait for it and not the generator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.faults.timeouts import Timeouts
from streamlint.fix import Edit, Fix, Import, Level
from streamlint.model import syntax as ir
from streamlint.repairs.cleanups import Block
from streamlint.repairs.off_loop import is_free
from streamlint.repairs.workflows import free
from streamlint.sharing.steps import Steps
from streamlint.source import Span
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.faults.timeouts import LimitedItem
    from streamlint.tree.python import PythonFile

_KEPT = ("following", "next_item", "item_task")
_DONE = ("done", "finished", "task_of_item")
_IMPORTS = frozenset((Import("asyncio"), Import("anyio")))
_WHOLE = "a client receives every item, where it received the end after the first limit; what is caught stays the same"
_UNKNOWN = "each item is made in a task of its own, which what makes them may not be used to"


def kept_task(file: PythonFile, scope: ir.Scope, found: LimitedItem, node: cst.Call) -> Fix | None:
    """`await asyncio.wait_for(anext(it), 5)` becomes a wait for a task that outlives the limit."""
    waited, loop = _waited(file, node), _loop_around(file, node)
    if waited is None or loop is None or not all(is_free(file, one) for one in _IMPORTS):
        return None
    if not _is_asked_here_only(file, scope, found, file.tree.span(loop)):
        return None
    item, limit = _arguments(file, node)
    if not item or any(sign in item + limit for sign in ("\n", "#")):
        return None
    kept, done = free(file, found.call, _KEPT), free(file, found.call, _DONE)
    block = Block(file, [loop])
    if not block.is_movable():
        return None
    apart = file.project.ask(Steps).are_apart(file.project.ask(Timeouts).source(found.generator, file.frame(scope)))
    level, reason = (Level.RESPONSE, _WHOLE) if apart else (Level.UNSAFE, _UNKNOWN)
    wait = _wait(file, node, loop, block.step, (kept, done, item, limit))
    text = Edit(file.tree.span(waited), f"{done}.result()")
    edits = (*_begun(file, block, loop, kept), wait, text)
    return Fix(
        "keep the task of the next item",
        tuple(sorted(edits)),
        level,
        reason,
        _IMPORTS,
        drops=(f"{file.tree.text(node.func)}(_)",),
    )


def _waited(file: PythonFile, call: cst.Call) -> cst.Await | None:
    """The `await` of a call which is all that a statement takes or sends, in the `try` that catches the end of the limit."""
    waited = file.tree.parent(call)
    if not isinstance(waited, cst.Await) or waited.lpar or call.lpar:
        return None
    span = file.tree.span(call)
    statement = file.tree.statement(span.start, span.end)
    match statement:
        case cst.SimpleStatementLine(
            body=[cst.Assign(value=value, targets=[_]) | cst.Expr(value=cst.Yield(value=value)) | cst.Expr(value=value)]
        ) if value is waited:
            block = file.tree.parent(statement)
            return waited if block is not None and isinstance(file.tree.parent(block), cst.Try) else None
    return None


def _loop_around(file: PythonFile, node: cst.CSTNode) -> cst.While | cst.For | None:
    around = file.tree.parent(node)
    while around is not None and not isinstance(around, cst.While | cst.For | cst.FunctionDef):
        around = file.tree.parent(around)
    return around if isinstance(around, cst.While | cst.For) and around.orelse is None else None


def _is_asked_here_only(file: PythonFile, scope: ir.Scope, found: LimitedItem, loop: Span) -> bool:
    """Whether nothing else in the loop, nor in another function, uses the generator while its next item is on its way."""
    owner = file.facts.uses.owner(found.generator.id, scope)
    uses = [use for use in file.facts.uses.of(found.generator, scope) if use.name is not found.generator]
    if owner is None or not owner.is_function:
        return False
    return not any(loop.start <= use.name.start < loop.end or use.scope not in (scope, owner) for use in uses)


def _arguments(file: PythonFile, call: cst.Call) -> tuple[str, str]:
    """What is waited for, and for how long, as they are written."""
    match call.args:
        case [cst.Arg(keyword=None, star="", value=item), cst.Arg(star="", value=limit)]:
            return file.tree.text(item), file.tree.text(limit)
    return "", ""


def _wait(
    file: PythonFile, call: cst.Call, loop: cst.While | cst.For, step: str, words: tuple[str, str, str, str]
) -> Edit:
    """The lines above the statement: the task that is there already goes on, and a limit raises what it raised."""
    kept, done, item, limit = words
    span = file.tree.span(call)
    statement = file.tree.statement(span.start, span.end)
    assert statement is not None
    start = file.tree.span(statement).start
    indent = file.source.text[file.source.line_span(start).start : start] + ("" if _own_try(file, loop) else step)
    lines = (
        f"{kept} = {kept} or asyncio.ensure_future({item})",
        f"await asyncio.wait({{{kept}}}, timeout={limit})",
        f"if not {kept}.done():",
        f"{step}raise asyncio.TimeoutError",
        f"{done}, {kept} = {kept}, None",
    )
    return Edit(Span(start, start), "".join(f"{line}{file.source.newline}{indent}" for line in lines))


def _begun(file: PythonFile, block: Block, loop: cst.While | cst.For, kept: str) -> list[Edit]:
    """No task at the beginning, and the end of one that is still there when the loop is left, as the wait for it had ended."""
    shield = "with anyio.CancelScope(shield=True):"
    final = (
        f"if {kept} is not None:",
        f"{block.step}{kept}.cancel()",
        f"{block.step}{shield}",
        f"{block.step}{block.step}await asyncio.wait({{{kept}}})",
    )
    around = _own_try(file, loop)
    if around is None:
        return block.in_try(final, f"{block.indent}{kept} = None{block.newline}")
    start = file.source.line_span(file.tree.span(around).start).start
    indent = file.source.text[start : file.tree.span(around).start]
    return [Edit(Span(start, start), f"{indent}{kept} = None{block.newline}"), *block.in_try(final)]


def _own_try(file: PythonFile, loop: cst.CSTNode) -> cst.Try | None:
    """The `try` of which the loop is all."""
    body = file.tree.parent(loop)
    around = file.tree.parent(body) if isinstance(body, cst.IndentedBlock) else None
    is_own = isinstance(around, cst.Try) and around.body is body and len(around.body.body) == 1
    return around if is_own and isinstance(around, cst.Try) else None
