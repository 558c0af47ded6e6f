"""An answer as a stream where the framework has it written piece by piece: to a response that is begun before the first token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.faults.bodies_read import BodiesRead
from streamlint.fix import Edit, Fix, Import, Level
from streamlint.immutable import immutable
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.drains import REASON, WHOLE, Repair
from streamlint.repairs.generators import LATER
from streamlint.repairs.onward import Given, Onward
from streamlint.repairs.untouched import Form
from streamlint.source import Span
from streamlint.tree import nodes as cst
from streamlint.values.domain import dotted_name

if TYPE_CHECKING:
    from streamlint.knowledge.responses import Written
    from streamlint.serving import Entry
    from streamlint.streams.drained import Drain
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame

_TITLE = "write each token to the response when it is made"
_RESPONSES = ("response", "stream_response", "sent")
_KEPT = ("status", "headers")
_MORE = Refusal("the answer carries more than the text", "send the rest as headers, or as the last piece")
_TRY = Refusal(
    "the `try` around it answers errors, which it cannot any more when the response has begun",
    "ask for the stream in the `try`, and write its tokens after it",
)


@immutable
class _Answer:
    """The answer that goes: its return, the text in it, and what the response is given beside it."""

    item: ir.Return
    content: ir.Expression
    call: ir.Call
    arguments: str


def written_stream(file: PythonFile, entry: Entry, frame: Frame, drain: Drain) -> Fix | Refusal:
    """The response begun before the tokens are taken, and each written to it; `response`: the client had it in one piece."""
    written = file.project.knowledge.responses.written(entry.framework)
    repair = Repair(file, frame, drain)
    if written is None or not entry.answers or not frame.scope.is_async:
        return Refusal("this framework's streams are written by hand", "write each token inside the loop that takes it")
    reader = file.project.ask(BodiesRead).reader
    if reader:
        return Refusal(f"`{reader}` takes the bodies of answers on their way out, and may change them")
    answer, request = _answer(repair, written), _request(repair)
    if answer is None or not request:
        return _MORE
    if any(isinstance(one, ir.Try) for one in frame.scope.body.around(Span(drain.start, drain.end))):
        return _TRY
    held = repair.delay().held()
    return held or _passed(repair, written, answer, request)


def _passed(repair: Repair, written: Written, answer: _Answer, request: str) -> Fix | Refusal:
    file, drain = repair.file, repair.drain
    onward = Onward(repair, answer.item, answer.content)
    name = repair.free(_RESPONSES)
    made, imports = _class(file, answer.call, written)
    words = {"class": made, "arguments": answer.arguments, "request": request, "response": name}
    line = f"{file.source.newline}{_indent(file, drain.start)}"
    begins = [f"{name} = {written.makes}", *((written.begins,) if written.begins else ())]
    ends = [written.ends.format(**words)]
    if not written.returns and not _is_last(repair, answer.item):
        ends.append("return")
    given = Given(
        lambda token: written.writes.format(**words, token=token if token.isidentifier() else f"({token})"),
        line.join(begins).format(**words),
        tuple(ends),
        forms=(Form.TEXT, Form.ANSWER),
        asks_first=True,
    )
    passed = onward.passed(given)
    if isinstance(passed, Refusal):
        return passed
    declared = _annotation(repair, made)
    drops = (*passed.drops, file.text(answer.call), *(file.text(edit.span) for edit in declared))
    edits = tuple(sorted((*passed.edits, *declared)))
    claims = (Span(drain.start, drain.end),)
    reason = f"{REASON.format(WHOLE)}{f'; {LATER}' if _has_rest(repair, answer) else ''}"
    return Fix(_TITLE, edits, Level.RESPONSE, reason, passed.imports | imports, claims, drops)


def _answer(repair: Repair, written: Written) -> _Answer | None:
    """`return web.json_response({"answer": text}, status=201)`, where nothing beside the text depends on it."""
    item = repair.answer()
    call = item.value if item is not None else None
    if item is None or not isinstance(call, ir.Call) or any(isinstance(one, ir.Starred) for one in call.arguments):
        return None
    responses = repair.evaluator.knowledge.responses
    names = [dotted_name(value) for value in repair.evaluator.value(call.function, repair.frame)]
    rows = [responses.response(name) for name in names]
    if len(rows) != 1 or rows[0] is None or rows[0].by_hand or len(call.arguments) > 1:
        return None
    given = {
        **{str(index): one for index, one in enumerate(call.arguments)},
        **{k or "**": v for k, v in call.keywords},
    }
    contents = [given.pop(word) for word in ("0", *written.contents) if word in given]
    given = {word: value for word, value in given.items() if not _is_kind(word, value)}
    if len(contents) != 1 or any(word not in _KEPT for word in given):
        return None
    if any(_depends(repair, value) for value in given.values()):
        return None
    arguments = _arguments(repair, written, given)
    return _Answer(item, contents[0], call, arguments) if arguments is not None else None


def _is_kind(word: str, value: ir.Expression) -> bool:
    """Whether an argument says that plain text or JSON is sent, which is said anew."""
    known = ("text/plain", "application/json")
    return word == "content_type" and isinstance(value, ir.Constant) and str(value.value).startswith(known)


def _depends(repair: Repair, value: ir.Expression) -> bool:
    names = {part.id for part in ir.walk(value) if isinstance(part, ir.Name)}
    late = {one.name for one in repair.scope.bindings if one.start >= repair.drain.start}
    calls = any(isinstance(part, ir.Call | ir.Await) for part in ir.walk(value))
    return calls or bool(names & (repair.derived | late)) or "content-" in repair.file.text(value).lower()


def _arguments(repair: Repair, written: Written, given: dict[str, ir.Expression]) -> str | None:
    """What the new response is given; None where what it sends cannot be said beside these headers."""
    text, kind = repair.file.text, written.kind
    if "headers" in given and written.kind_in_headers:
        headers, kind = given["headers"], ""
        if not isinstance(headers, ir.Mapping):
            return None
        inner = text(headers)[1:-1].strip()
        kind = f"headers={{{written.kind_in_headers}, {inner}}}"
        given = {word: value for word, value in given.items() if word != "headers"}
    return ", ".join((*(f"{word}={text(value)}" for word, value in given.items()), kind))


def _class(file: PythonFile, call: ir.Call, written: Written) -> tuple[str, frozenset[Import]]:
    """The class of the response as the module can name it."""
    if not written.name:
        return "", frozenset()
    if isinstance(call.function, ir.Attribute):
        return f"{file.text(call.function.base)}.{written.name}", frozenset()
    return written.name, frozenset((Import(written.module, written.name),))


def _request(repair: Repair) -> str:
    """What the handler calls its request: its own parameter, or an attribute of its view."""
    parameters = [one.name for one in repair.scope.parameters]
    parent = repair.file.facts.scopes[repair.scope.parent]
    if parent.kind == "class" and len(parameters) == 1:
        return f"{parameters[0]}.request"
    index = 1 if parent.kind == "class" else 0
    name = parameters[index] if len(parameters) > index else ""
    return name if len(repair.scope.by_name.get(name, ())) == 1 else ""


def _is_last(repair: Repair, item: ir.Return) -> bool:
    definition = repair.file.tree.definition(repair.scope)
    last = definition.body.body[-1] if definition is not None else None
    return last is repair.file.tree.statement(item.start, item.end)


def _has_rest(repair: Repair, answer: _Answer) -> bool:
    """Whether something is done between the last token and the answer."""
    loop = repair.drain.loop
    end = loop.end if loop is not None else repair.drain.end
    known = [one.value for one in repair.scope.bindings if one.name in repair.derived and one.value is not None]
    calls = (call for call in repair.scope.calls if end <= call.start and call.end <= answer.item.start)
    return any(not any(value.contains(call) for value in known) for call in calls)


def _annotation(repair: Repair, made: str) -> tuple[Edit, ...]:
    definition = repair.file.tree.definition(repair.scope)
    if not made or definition is None or definition.returns is None:
        return ()
    node = definition.returns.annotation
    if not isinstance(node, cst.Attribute | cst.Name) or repair.file.tree.text(node) == made:
        return ()
    return (Edit(repair.file.tree.span(node), made),)


def _indent(file: PythonFile, at: int) -> str:
    line = file.source.slice(file.source.line_span(at))
    return line[: len(line) - len(line.lstrip())]
