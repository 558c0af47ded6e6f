"""A generator around a `with` whose block answers with a stream of its own: it opens, passes on, and closes at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.repairs.request_bound import bound_to_request
from streamlint.repairs.resources import is_watched
from streamlint.repairs.workflows import free
from streamlint.source import Span
from streamlint.tree import nodes as cst
from streamlint.values.domain import Generated

if TYPE_CHECKING:
    from streamlint.faults.resources import Outlived
    from streamlint.tree.python import PythonFile

_STREAMS = ("stream", "body", "passed_on")
_ITEMS = ("chunk", "item", "part")
_REASON = "it is opened when the body is sent: what fails there is met after status 200, and no longer by the route"


def in_generator(file: PythonFile, block: cst.With, found: Outlived) -> Fix | None:
    """The block in a generator that the response is given instead; None where the answer needs more of it than the body."""
    is_async, content = _is_async(file, block, found), found.sending.content
    around, answer = found.sending.frame.scope, _only_return(block)
    place = Span(content.start, content.end)
    if is_async is None or answer is None or not file.tree.span(answer).contains(place):
        return None
    if (is_async and not around.is_async) or (block.asynchronous is not None and not is_async):
        return None
    if file.tree.within(place, *(cst.Await, cst.NamedExpr, cst.Yield)) or _is_told_more(file, block, answer, place):
        return None
    if around.body.loop_around(found.answer) is not None or is_watched(file, block):
        return None
    whole = Span(file.source.line_span(file.tree.span(block).start).start, file.tree.span(answer).end)
    if bound_to_request(file, found.sending.frame, (Span(whole.start, place.end),)) is not None:
        return None
    edit = _edit(file, block, answer, place, found, is_async=is_async)
    return Fix("open it in a generator", (edit,), Level.RESPONSE, _REASON) if edit is not None else None


def _is_async(file: PythonFile, block: cst.With, found: Outlived) -> bool | None:
    """Whether the body is asked for its items asynchronously, None where that is not known."""
    content, frame = found.sending.content, found.sending.frame
    values = file.project.evaluator.value(content, frame)
    kinds = {value.is_async for value in values if isinstance(value, Generated)}
    if kinds and all(isinstance(value, Generated) for value in values):
        return kinds.pop() if len(kinds) == 1 else None
    base = content.function if isinstance(content, ir.Call) else content
    is_own = bool(found.name) and ir.dotted(base).split(".")[0] == found.name
    return block.asynchronous is not None if is_own else None


def _only_return(block: cst.With) -> cst.SimpleStatementLine | None:
    match block.body:
        case cst.IndentedBlock(body=[cst.SimpleStatementLine(body=[cst.Return(value=cst.Call())]) as line]):
            return line
    return None


def _is_told_more(file: PythonFile, block: cst.With, answer: cst.SimpleStatementLine, body: Span) -> bool:
    """Whether the answer says something that only the open block knows, or is of a kind that takes no generator."""
    names = {
        name.value for item in block.items if item.asname for name, _ in file.tree.within(_span(file, item), cst.Name)
    }
    told = file.tree.within(file.tree.span(answer), cst.Name)
    if any(name.value == "FileResponse" for name, _ in told):
        return True
    return any(name.value in names for name, place in told if not body.contains(place))


def _span(file: PythonFile, item: cst.WithItem) -> Span:
    assert item.asname is not None
    return file.tree.span(item.asname.name)


def _edit(
    file: PythonFile, block: cst.With, answer: cst.SimpleStatementLine, body: Span, found: Outlived, *, is_async: bool
) -> Edit | None:
    """The lines of the block anew: they stand one step to the right, below the head of the generator."""
    start, back = file.tree.span(block).start, file.tree.span(answer).start
    lines = Span(file.source.line_span(start).start, file.source.line_span(file.tree.span(block).end - 1).end)
    text, newline = file.source.text, file.source.newline
    outer, inner = text[lines.start : start], text[file.source.line_span(back).start : back]
    if outer.strip() or inner.strip() or any(quotes in file.source.slice(lines) for quotes in ('"""', "'''")):
        return None
    step = inner.removeprefix(outer)
    stream, item = free(file, found.entry, _STREAMS), free(file, found.entry, _ITEMS)
    word = "async " if is_async else ""
    heads = "".join(
        step + line if line.strip() else line for line in text[lines.start : back - len(inner)].splitlines(True)
    )
    passed = _passed_on(file.source.slice(body), item, is_async=is_async)
    response = f"{text[back : body.start]}{stream}(){text[body.end : lines.end]}".splitlines(True)
    above = file.source.slice(file.source.line_span(lines.start - 1)).strip() if lines.start else ":"
    parts = (
        newline if above and not above.endswith(":") and not above.startswith("#") else "",
        f"{outer}{word}def {stream}():{newline}{heads}",
        "".join(f"{inner}{step * (1 + depth)}{line}{newline}" for depth, line in enumerate(passed)),
        f"{newline}{outer}{response[0]}",
        *(line.removeprefix(step) for line in response[1:]),
    )
    return Edit(lines, "".join(parts))


def _passed_on(content: str, item: str, *, is_async: bool) -> tuple[str, ...]:
    return (f"async for {item} in {content}:", f"yield {item}") if is_async else (f"yield from {content}",)
