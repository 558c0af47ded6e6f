"""Send a synchronous iterator through an asynchronous generator that fetches each item in a thread, as Django needs under ASGI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Import, Level
from streamlint.model import syntax as ir
from streamlint.repairs.off_loop import is_free
from streamlint.repairs.workflows import free
from streamlint.source import Span
from streamlint.tree import nodes as cst
from streamlint.values.domain import Generated, Tokens, Value

if TYPE_CHECKING:
    from streamlint.streams.sent import Sending
    from streamlint.tree.python import PythonFile

_TO_ASYNC = Import("asgiref.sync", "sync_to_async")
_ITERATORS, _ITEMS, _NAMES = (
    ("tokens", "pieces", "parts"),
    ("token", "piece", "part"),
    ("stream", "generate", "stream_tokens"),
)
_TITLE = "send an asynchronous generator that fetches each item in a thread"
_REASON = "the same bytes reach the client, each when it is there; each is waited for in the thread of the request"


def fetched_one_by_one(file: PythonFile, sending: Sending, node: cst.CSTNode) -> Fix | None:
    """`StreamingHttpResponse(tokens)` sends a generator that awaits `sync_to_async(next)(tokens, None)`."""
    scope, content = sending.frame.scope, sending.content
    statement = file.tree.statement(content.start, content.end)
    values = file.project.evaluator.value(content, sending.frame)
    if not isinstance(statement, cst.SimpleStatementLine) or scope.kind != "function" or scope.is_generator:
        return None
    if not values or not all(_is_never_none(file, value) for value in values) or not is_free(file, _TO_ASYNC):
        return None
    if file.tree.span(node) != Span(content.start, content.end) or len(statement.body) != 1:
        return None
    at, code = file.tree.span(statement).start, file.text(content)
    start = file.source.line_span(at).start
    indent = file.source.text[start:at]
    if indent.strip() or "\n" in code:
        return None
    text = "".join(
        f"{indent if line else ''}{line}{file.source.newline}" for line in _written(file, content, scope, start)
    )
    edits = (Edit(Span(start, start), text), Edit(Span(content.start, content.end), f"{free(file, content, _NAMES)}()"))
    return Fix(_TITLE, edits, Level.SAFE, _REASON, frozenset((_TO_ASYNC,)))


def _is_never_none(file: PythonFile, value: Value) -> bool:
    """Whether an iterator gives texts until it ends, and does nothing more when it is closed."""
    if isinstance(value, Tokens):
        return value.owner is not None
    located = file.project.evaluator.scope_of(value.function) if isinstance(value, Generated) else None
    if located is None:
        return False
    tidies = any(isinstance(one, ir.Try | ir.With) for one in located[1].body.walk())
    return not tidies and all(one.value is not None for one in located[1].yields)


def _written(file: PythonFile, content: ir.Expression, scope: ir.Scope, start: int) -> list[str]:
    """The lines of the generator, and before it the name of the iterator, which is made in the view as before."""
    step = file.tree.piece(content.start).module.default_indent
    name, item = free(file, content, _NAMES), free(file, content, _ITEMS)
    is_named = isinstance(content, ir.Name) and len(scope.by_name.get(content.id, ())) == 1
    tokens = file.text(content) if is_named else free(file, content, _ITERATORS)
    above = file.source.slice(file.source.line_span(start - 1)).strip()
    made = (
        [f"{tokens} = {file.text(content)}", ""] if not is_named else [""] if not above.endswith(":") and above else []
    )
    return [
        *made,
        f"async def {name}():",
        f"{step}while ({item} := await sync_to_async(next)({tokens}, None)) is not None:",
        f"{step * 2}yield {item}",
        "",
    ]
