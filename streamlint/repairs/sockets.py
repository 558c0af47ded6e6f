"""A WebSocket handler that collects its answer and sends it once: it sends each token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Fix, Level
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.drains import Repair
from streamlint.repairs.onward import Given, Onward
from streamlint.repairs.untouched import Form
from streamlint.source import Span
from streamlint.values.domain import dotted_name

if TYPE_CHECKING:
    from streamlint.streams.drained import Drain
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame

_REASON = (
    "the client receives a message for each token, not one with all of them; tell it the end with a message of its own"
)
_ONCE = Refusal("the text is sent in no message, or in more than one", "send each token in the loop that takes it")
_MORE = Refusal("the message holds more than the text", "send each token, and the rest in a message of its own")
_KEEPING = frozenset(("json.dumps",))


def sent_one_by_one(file: PythonFile, frame: Frame, drain: Drain) -> Fix | Refusal:
    """The message sent for each token, as it was sent for the text; refuses where something else in it is made for each message."""
    repair = Repair(file, frame, drain)
    calls = [call for call in frame.scope.calls if _sends(call, repair)]
    statement = file.tree.statement(calls[0].start, calls[0].end) if len(calls) == 1 else None
    if statement is None:
        return _ONCE
    span, part = file.tree.span(statement), _text_in(calls[0], repair)
    if span.end != calls[0].end or file.text(Span(span.start, calls[0].start)).strip() not in ("", "await"):
        return Refusal("what sending gives is used", "send each token in the loop that takes it")
    if part is None:
        return _MORE
    code = file.text(span)
    before, behind = code[: part.start - span.start], code[part.end - span.start :]
    passed = Onward(repair, calls[0], part).passed(Given(lambda token: f"{before}{token}{behind}"))
    if isinstance(passed, Refusal):
        return passed
    return Fix(
        "send each token when it is made",
        tuple(sorted(passed.edits)),
        Level.RESPONSE,
        _REASON,
        passed.imports,
        (Span(drain.start, drain.end),),
        (*passed.drops, file.text(part)),
    )


def _sends(call: ir.Call, repair: Repair) -> bool:
    function = call.function
    if not isinstance(function, ir.Attribute) or not function.attribute.startswith("send"):
        return False
    names = {part.id for part in ir.walk(call) if isinstance(part, ir.Name)}
    return call.contains(repair.drain) or not names.isdisjoint(repair.derived)


def _text_in(call: ir.Call, repair: Repair) -> ir.Expression | None:
    """The text in a message; None where the message holds anything else that is made of the text, or made anew for each."""
    found: list[ir.Expression] = []
    given = [*call.arguments, *(value for _, value in call.keywords)]
    plain = all(_is_plain(one, repair, found) for one in given)
    return found[0] if plain and len(found) == 1 else None


def _is_plain(expression: ir.Expression, repair: Repair, found: list[ir.Expression]) -> bool:
    """Whether an expression is the text, which is `found`, or may be written once for each token."""
    was = repair.untouched.judge(expression) if _takes(expression, repair) else None
    if was is not None and not isinstance(was, Refusal) and was.form is Form.TEXT:
        found.append(expression)
        return True
    match expression:
        case ir.Constant():
            return True
        case ir.Name() | ir.Attribute(base=ir.Name()):
            return was is None
        case ir.Mapping(items=items):
            return all(one is not None and _is_plain(one, repair, found) for pair in items for one in pair)
        case ir.Call(arguments=(inner,)) if _names(expression.function, repair) <= _KEEPING:
            return _is_plain(inner, repair, found)
    return False


def _takes(expression: ir.Expression, repair: Repair) -> bool:
    names = {part.id for part in ir.walk(expression) if isinstance(part, ir.Name)}
    return expression.contains(repair.drain) or not names.isdisjoint(repair.derived)


def _names(function: ir.Expression, repair: Repair) -> set[str]:
    return {dotted_name(value) for value in repair.evaluator.value(function, repair.frame)}
