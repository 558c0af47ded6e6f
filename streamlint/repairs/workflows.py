"""Take the result of a workflow's run, and let a run last as long as it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.repairs.arguments import with_keyword
from streamlint.source import Placed, Span
from streamlint.streams.workflows import Workflows
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.streams.workflows import Limit
    from streamlint.tree.python import PythonFile

_HANDLERS = ("handler", "run_handler", "agent_run")
_SEEN = "the client of a run that failed sees that the answer is incomplete, where it received a regular end"
_WHOLE = "a client receives an answer to its end that was cut in its middle"
_SKIPPED = "a run that failed raises there, and what follows the loop is skipped"


def await_after(file: PythonFile, loop: cst.For, handler: ir.Expression, *, is_last: bool) -> Fix | None:
    """`await handler` below the loop; `is_last`: nothing follows that a run which failed would then skip."""
    if loop.orelse is not None or not isinstance(loop.body, cst.IndentedBlock):
        return None
    span = file.tree.span(loop)
    first, last = file.source.line_span(span.start), file.source.line_span(span.end - 1)
    indent = file.source.text[first.start : span.start]
    if indent.strip():
        return None
    last = with_comments(file, last, len(indent))
    lines = file.source.slice(last)
    newline = lines[len(lines.rstrip("\r\n")) :]
    name, line, naming = named(file, handler)
    made = Edit(Span(first.start, first.start), f"{indent}{line}{file.source.newline}")
    text = f"{'' if newline else chr(10)}{indent}await {name}{newline}"
    return Fix(
        f"await `{name}` after its last event",
        (*((made,) if line else ()), *naming, Edit(Span(last.end, last.end), text)),
        Level.RESPONSE if is_last else Level.UNSAFE,
        _SEEN if is_last else _SKIPPED,
    )


def named(file: PythonFile, handler: ir.Expression) -> tuple[str, str, tuple[Edit, ...]]:
    """The name of a run's handler; where it has none, also the line that gives it one, and the edit of where it is used."""
    if isinstance(handler, ir.Name):
        return handler.id, "", ()
    name = free(file, handler, _HANDLERS)
    return name, f"{name} = {file.text(handler)}", (Edit(Span(handler.start, handler.end), name),)


def free(file: PythonFile, place: Placed, words: tuple[str, ...]) -> str:
    """The first of these names that means nothing in the functions around a place yet, nor in the module."""
    module, *others = file.facts.scopes
    around = [scope for scope in others if scope.kind == "function" and scope.contains(place)]
    scopes = [scope for scope in others if around and around[0].contains(scope)]
    taken = set(module.by_name) | {word for scope in scopes for word in scope.by_name}
    taken |= {name.id for scope in scopes for name in scope.names}
    return next((word for word in words if word not in taken), f"{words[0]}_of_answer")


def with_comments(file: PythonFile, last: Span, indent: int) -> Span:
    """The last line of a block, or of the comments that still stand in it."""
    end = last
    while end.end < len(file.source.text):
        following = file.source.line_span(end.end)
        line = file.source.slice(following)
        text = line.strip()
        if text and (not text.startswith("#") or len(line) - len(line.lstrip()) <= indent):
            break
        end = following
        last = end if text else last
    return last


def without_limit(file: PythonFile, limit: Limit, *, ends: bool) -> Fix | None:
    """`timeout=None` for a workflow that is made in this file; `ends`: a run of it waits for nothing but the model."""
    call = _limited(file, limit)
    if call is None or not limit.is_default:
        return None
    return Fix(
        "let the run last as long as it needs",
        (with_keyword(file, call, "timeout=None"),),
        Level.RESPONSE if ends else Level.UNSAFE,
        _WHOLE if ends else "a run that never ends is then stopped by nobody",
    )


def _limited(file: PythonFile, limit: Limit) -> ir.Call | None:
    """The call that takes the limit: the one that makes the workflow, or the one in its constructor, if it is the only one's."""
    if limit.constructor is None:
        return limit.call if limit.place.path == file.path and not limit.call.arguments else None
    scope = file.project.evaluator.scope_of(limit.owner)
    is_here = scope is not None and scope[0].path == file.path and scope[1].contains(limit.constructor)
    return limit.constructor if is_here and not file.project.ask(Workflows).is_inherited(limit.owner) else None
