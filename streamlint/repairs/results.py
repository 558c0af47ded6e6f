"""Take the result of a run when its events have been read: what waits for it, and what is done with it, moves below the loop."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from streamlint.faults.losses import Losses
from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.repairs.cleanups import Block, run_cancelled
from streamlint.repairs.request_bound import bound_to_request
from streamlint.repairs.workflows import with_comments
from streamlint.source import Span
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.streams.workflows import EventLoop
    from streamlint.tree.python import PythonFile

_REASON = (
    "a client receives each event when it comes; of a run that fails it sees a body that breaks off, and no status"
)


def awaited_below(file: PythonFile, found: EventLoop, scope: ir.Scope, node: cst.For) -> Fix | None:
    """`result = await handler` and what is done with it below the loop; None where more depends on it, or something is sent."""
    wait = found.waits_before
    first = file.tree.statement(wait.start, wait.end) if wait is not None else None
    if wait is None or first is None or node.orelse is not None or not isinstance(node.body, cst.IndentedBlock):
        return None
    outer = next(one for one in reversed(file.facts.scopes) if one.is_function and _holds(one, wait))
    moved = _between(file, first, outer, scope, node)
    if moved is None or not _always_runs(found.loop, scope) or not _is_movable(file, moved, first, found, scope):
        return None
    places = tuple(file.tree.span(one) for one in moved)
    if bound_to_request(file, file.frame(outer), places) is not None or not _are_only_used(
        file, moved, outer, found, scope
    ):
        return None
    lines = [file.tree.whole_lines(one) for one in moved]
    ended = _cancelled(file, found, scope, node)
    if ended is None:
        return None
    is_shifted = any("try:" in edit.text for edit in ended.edits)
    below = _below(file, node, lines, Block(file, [node]).step if is_shifted else "")
    if below is None:
        return None
    edits = (*(Edit(Span(one.start, one.end), "") for one in lines), below, *ended.edits)
    level, reason = (Level.RESPONSE, _REASON) if ended.level is Level.SAFE else (ended.level, ended.reason)
    title = "await the run after its last event"
    return Fix(title, tuple(sorted(edits)), level, reason, ended.imports, claims=(file.tree.span(node),))


def _cancelled(file: PythonFile, found: EventLoop, scope: ir.Scope, node: cst.For) -> Fix | None:
    """The end of a run that was over, and now goes on when its client leaves; no edits where something ends it already."""
    assert isinstance(found.handler, ir.Name)
    ends = file.project.knowledge.names("llama_index_words", "run-ends")
    parents = [use.parent for use in file.facts.uses.of(found.handler, scope)]
    if not scope.is_generator or any(isinstance(one, ir.Attribute) and one.attribute in ends for one in parents):
        return Fix("", (), Level.SAFE, "")
    return run_cancelled(file, node, found.handler, file.project.ask(Losses).of_run(found.handler, file.frame(scope)))


def _holds(scope: ir.Scope, place: ir.Expression) -> bool:
    return any(one is place for one in scope.expressions())


def _between(
    file: PythonFile, first: cst.BaseStatement, outer: ir.Scope, scope: ir.Scope, node: cst.For
) -> list[cst.BaseStatement] | None:
    """The statement that waits and those after it, up to the loop, or the function that has it."""
    siblings = list(file.tree.siblings(first))
    loop = file.tree.span(node)
    until = next((one for one in siblings if file.tree.span(one).contains(loop)), None)
    if until is None or (until is not node and not isinstance(until, cst.FunctionDef)):
        return None
    if isinstance(until, cst.FunctionDef) and (until is not file.tree.definition(scope) or scope.parent != outer.index):
        return None
    return siblings[siblings.index(first) : siblings.index(until)]


def _is_movable(
    file: PythonFile, moved: list[cst.BaseStatement], first: cst.BaseStatement, found: EventLoop, scope: ir.Scope
) -> bool:
    """Whether all are plain lines which send nothing, and nobody else waits for the run."""
    assert isinstance(found.handler, ir.Name)
    waits = [use for use in file.facts.uses.of(found.handler, scope) if isinstance(use.parent, ir.Await)]
    if len(waits) != 1:
        return False
    for one in moved:
        if not isinstance(one, cst.SimpleStatementLine) or len(one.body) != 1:
            return False
        if not isinstance(one.body[0], cst.Expr | cst.Assign | cst.AnnAssign) or '"""' in file.text(
            file.tree.span(one)
        ):
            return False
        if one is not first and file.tree.within(file.tree.span(one), *(cst.Await, cst.Yield, cst.NamedExpr)):
            return False
    return True


def _are_only_used(
    file: PythonFile, moved: list[cst.BaseStatement], outer: ir.Scope, found: EventLoop, scope: ir.Scope
) -> bool:
    """Whether what the statements bind is read by none that does not move, but below the loop."""
    spans = [file.tree.span(one) for one in moved]
    bound = [one for one in outer.bindings if any(span.contains(one) for span in spans) and one.kind != "merge"]
    if any(one.kind != "assign" for one in bound):
        return False
    first, below = spans[0].start, [Span(one.start, one.end) for one in _after(found.loop, scope)]
    for name in {one.name for one in bound}:
        if any(not any(span.contains(one) for span in spans) for one in _bindings(outer, name)):
            return False
        uses = [use.name for use in file.facts.uses.of(ir.Name(first, first, name, ()), outer)]
        if not all(any(place.start <= use.start < place.end for place in (*spans, *below)) for use in uses):
            return False
    return True


def _after(loop: ir.Loop, scope: ir.Scope) -> tuple[ir.Statement, ...]:
    """What comes after the loop in its own block, and so only when it has ended."""
    block = scope.body.around(loop)[-2]
    return block.after(loop) if isinstance(block, ir.Block) else ()


def _always_runs(loop: ir.Loop, scope: ir.Scope) -> bool:
    """Whether a function comes to the loop once: it stands in no branch, handler or other loop."""
    for outer, inner in pairwise(scope.body.around(loop)):
        if isinstance(outer, ir.Try) and inner is not outer.body:
            return False
        if isinstance(outer, ir.Statement) and not isinstance(outer, ir.Try | ir.With):
            return False
    return True


def _bindings(scope: ir.Scope, name: str) -> list[ir.Binding]:
    return [one for one in map(scope.bindings.__getitem__, scope.by_name.get(name, ())) if one.kind != "merge"]


def _below(file: PythonFile, node: cst.For, lines: list[Span], step: str) -> Edit | None:
    """The lines, as far to the right as the loop stands then, where it ends."""
    span = file.tree.span(node)
    start = file.source.line_span(span.start).start
    indent = file.source.text[start : span.start]
    texts = [line for one in lines for line in file.source.slice(one).splitlines()]
    outer = texts[0][: len(texts[0]) - len(texts[0].lstrip())]
    last = with_comments(file, file.source.line_span(span.end - 1), len(indent))
    end = last.start + len(file.source.slice(last).rstrip("\r\n"))
    if indent.strip() or end == last.end or not all(line.startswith(outer) or not line.strip() for line in texts):
        return None
    written = [f"{step}{indent}{line.removeprefix(outer)}" if line.strip() else "" for line in texts]
    return Edit(Span(end, end), "".join(f"{file.source.newline}{line}" for line in written))
