"""Send an iterator through a generator of the other kind, where Django's server reads only that one item by item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.faults.servers import Interface
from streamlint.fix import Edit, Fix, Import, Level
from streamlint.immutable import immutable
from streamlint.model import syntax as ir
from streamlint.repairs.off_loop import is_free
from streamlint.repairs.workflows import free
from streamlint.source import Span
from streamlint.tree import nodes as cst
from streamlint.values.domain import Generated, Tokens, Value

if TYPE_CHECKING:
    from streamlint.streams.sent import Sending
    from streamlint.tree.python import PythonFile

_ITERATORS, _ITEMS, _NAMES = (
    ("tokens", "pieces", "parts"),
    ("token", "piece", "part"),
    ("stream", "generate", "stream_tokens"),
)


@immutable
class _Way:
    """How a generator gets the items of the other kind of iterator: what it is built of, and what this promises."""

    title: str
    reason: str
    needed: Import
    lines: tuple[str, ...]
    """Of its code, with `{name}`, `{item}` and `{tokens}`; two spaces are one step."""


_WAYS = {
    Interface.ASGI: _Way(
        "send an asynchronous generator that fetches each item in a thread",
        "the same bytes reach the client, each when it is there; each is waited for in the thread of the request",
        Import("asgiref.sync", "sync_to_async"),
        (
            "async def {name}():",
            "  while ({item} := await sync_to_async(next)({tokens}, None)) is not None:",
            "    yield {item}",
        ),
    ),
    Interface.WSGI: _Way(
        "send a generator that runs each step on an event loop of its own",
        "the same bytes reach the client, each when it is there; the thread of the request runs the loop, as Django does it",
        Import("asyncio"),
        (
            "def {name}():",
            "  with asyncio.Runner() as runner:",
            "    while ({item} := runner.run(anext({tokens}, None))) is not None:",
            "      yield {item}",
        ),
    ),
}


def fetched_one_by_one(file: PythonFile, sending: Sending, interface: Interface, node: cst.CSTNode) -> Fix | None:
    """`StreamingHttpResponse(tokens)` sends a generator of the kind that is read one by one under this interface; `safe`."""
    scope, content, way = sending.frame.scope, sending.content, _WAYS[interface]
    statement = file.tree.statement(content.start, content.end)
    values = file.project.evaluator.value(content, sending.frame)
    if not isinstance(statement, cst.SimpleStatementLine) or scope.kind != "function" or scope.is_generator:
        return None
    if not values or not all(_is_never_none(file, value) for value in values) or not is_free(file, way.needed):
        return None
    if file.tree.span(node) != Span(content.start, content.end) or len(statement.body) != 1:
        return None
    at, code = file.tree.span(statement).start, file.text(content)
    start = file.source.line_span(at).start
    indent = file.source.text[start:at]
    if indent.strip() or "\n" in code:
        return None
    text = "".join(
        f"{indent if line else ''}{line}{file.source.newline}" for line in _written(file, content, scope, start, way)
    )
    edits = (Edit(Span(start, start), text), Edit(Span(content.start, content.end), f"{free(file, content, _NAMES)}()"))
    return Fix(way.title, edits, Level.SAFE, way.reason, frozenset((way.needed,)))


def _is_never_none(file: PythonFile, value: Value) -> bool:
    """Whether an iterator gives texts until it ends, does nothing more when it is closed, and needs no loop that ran before."""
    if isinstance(value, Tokens):
        return value.owner is not None and not value.is_async
    located = file.project.evaluator.scope_of(value.function) if isinstance(value, Generated) else None
    if located is None or not isinstance(value, Generated):
        return False
    tidies = any(isinstance(one, ir.Try | ir.With) for one in located[1].body.walk())
    return not tidies and all(_is_text(one) for one in located[1].yields)


def _is_text(item: ir.Yield) -> bool:
    """Whether what is yielded is not None, which would end the stream early, as `delta.content` of OpenAI's last chunk would."""
    match item.value:
        case None | ir.Attribute() | ir.Constant(value=None):
            return item.is_from
    return True


def _written(file: PythonFile, content: ir.Expression, scope: ir.Scope, start: int, way: _Way) -> list[str]:
    """The lines of the generator, and before it the name of the iterator, which is made in the view as before."""
    step = file.tree.piece(content.start).module.default_indent
    name, item = free(file, content, _NAMES), free(file, content, _ITEMS)
    is_named = isinstance(content, ir.Name) and len(scope.by_name.get(content.id, ())) == 1
    tokens = file.text(content) if is_named else free(file, content, _ITERATORS)
    above = file.source.slice(file.source.line_span(start - 1)).strip()
    made = (
        [f"{tokens} = {file.text(content)}", ""] if not is_named else [""] if not above.endswith(":") and above else []
    )
    lines = (line.format(name=name, item=item, tokens=tokens) for line in way.lines)
    return [*made, *(_indented(line, step) for line in lines), ""]


def _indented(line: str, step: str) -> str:
    code = line.lstrip(" ")
    return step * ((len(line) - len(code)) // 2) + code
