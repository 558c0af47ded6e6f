"""A chat message that grows: Chainlit's `stream_token`, a Gradio callback that yields the text so far."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from streamlint.faults.pages import Fault
from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.drains import Repair
from streamlint.repairs.helped import as_iterator, through_helper
from streamlint.repairs.onward import Given, Onward
from streamlint.source import Span

if TYPE_CHECKING:
    from streamlint.faults.pages import Shown
    from streamlint.streams.drained import Drain
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame

_SAME = "the same message in the end, which grows while its tokens are made"
_GROWING = "each update repeats what came before it, which is how Gradio shows text that grows"
_SEND = re.compile(r"\s*\.\s*send\(\s*\)")
_WORDS = ("message", "msg", "reply")
_AFTERWARDS = ("elements", "actions")
"""What a Chainlit message is given beside its text, which `send` sends from its attributes."""
_PART = Refusal(
    "the callback returns more than the text, or changes it", "yield the text so far, and the rest at the end"
)


# Chainlit


def streamed_message(file: PythonFile, frame: Frame, shown: Shown) -> Fix | Refusal:
    """An empty message that is given each token, and sent as before; `safe`, as `send` then stores the same message."""
    drain = shown.drain
    if drain is None or shown.show is None:
        return Refusal("the message is given an iterator")
    if shown.content is None:
        return Refusal("the message was made before the text")
    if drain.hops:
        return through_helper(file, frame, drain, lambda own: streamed_message(file, frame, replace(shown, drain=own)))
    call, content = shown.show, shown.content
    repair = Repair(file, frame, drain)
    statement = file.tree.statement(call.start, call.end)
    code = file.tree.text(statement) if statement is not None else ""
    own = file.text(call)
    if not code.startswith("await ") or _SEND.fullmatch(code.removeprefix("await ").strip().removeprefix(own)) is None:
        return Refusal("what sending the message gives is used", "make the message first, and give it a name")
    onward = Onward(repair, call, content)
    made = _message(file, frame, shown, drain)
    if made is None:
        return Refusal("the message is given more that is made after the tokens")
    name = repair.free(_WORDS)
    after = (*(f"{name}.{keyword} = {value}" for keyword, value in made[1]), f"await {name}.send()")
    passed = onward.passed(
        Given(lambda token: f"await {name}.stream_token({token})", f"{name} = {made[0]}", after),
    )
    if isinstance(passed, Refusal):
        return passed
    return Fix(
        "give the message each token when it is made",
        tuple(sorted(passed.edits)),
        Level.SAFE,
        _SAME,
        passed.imports,
        (Span(shown.start, shown.end),),
        (*passed.drops, file.text(content)),
    )


def _message(file: PythonFile, frame: Frame, shown: Shown, drain: Drain) -> tuple[str, list[tuple[str, str]]] | None:
    """The empty message as code, and what it is given before it is sent; None where the rest cannot be made before the tokens."""
    call, content = shown.show, shown.content
    assert call is not None
    kept, later = [], []
    for word, value in _given(call):
        label = f"{word}=" if word else ""
        if value is content:
            kept.append(f'{label}""')
        elif _is_ready(value, frame, drain):
            kept.append(f"{label}{file.text(value)}")
        elif word in _AFTERWARDS:
            later.append((word, file.text(value)))
        else:
            return None
    return f"{file.text(call.function)}({', '.join(kept)})", later


def _given(call: ir.Call) -> Iterator[tuple[str, ir.Expression]]:
    yield from (("", one) for one in call.arguments)
    yield from ((word or "**", value) for word, value in call.keywords)


def _is_ready(value: ir.Expression, frame: Frame, drain: Drain) -> bool:
    """Whether a value is the same before the tokens are taken: a constant, or a name that is given none in between."""
    match value:
        case ir.Constant():
            return True
        case ir.Name(bindings=bindings):
            return all(frame.scope.bindings[index].end <= drain.start for index in bindings or ())
        case ir.Attribute(base=ir.Name() as base):
            return _is_ready(base, frame, drain)
    return False


# Gradio


def yielded_so_far(file: PythonFile, frame: Frame, shown: Shown) -> Fix | Refusal:
    """A callback that yields the text so far after each token, in place of returning it at the end."""
    drain, scope = shown.drain, frame.scope
    if shown.fault is not Fault.COLLECTED or drain is None or scope.kind != "function":
        return Refusal("it cannot be seen which iterator gives the text")
    if drain.hops:
        return through_helper(file, frame, drain, lambda own: yielded_so_far(file, frame, replace(shown, drain=own)))
    repair = Repair(file, frame, drain)
    answer, others = repair.answer(), _others(file, frame, repair)
    if answer is None or answer.value is None or others is None:
        return _PART
    held = repair.delay().held()
    if held is not None:
        return held
    part, after = _part(file, answer.value)
    passed = Onward(repair, answer, part).passed(Given(lambda text: f"yield {text}", after=after, grows=True))
    if isinstance(passed, Refusal):
        return passed
    declared = as_iterator(file, scope, is_async=scope.is_async)
    return Fix(
        "yield the text so far",
        tuple(sorted((*passed.edits, *others, *declared.edits))),
        Level.RESPONSE,
        _GROWING,
        passed.imports | declared.imports,
        (Span(drain.start, drain.end),),
        (*passed.drops, *declared.drops, *(() if after else (file.text(answer.value),))),
    )


def _part(file: PythonFile, value: ir.Expression) -> tuple[ir.Expression, tuple[str, ...]]:
    """The text in what is returned, and what is yielded at last: `text.strip()` takes the place of what came before it."""
    match value:
        case ir.Call(function=ir.Attribute(attribute="strip", base=ir.Name() as base), arguments=(), keywords=()):
            return base, (f"yield {file.text(value)}",)
    return value, ()


def _others(file: PythonFile, frame: Frame, repair: Repair) -> list[Edit] | None:
    """`return "Ask something"` in other places, which a generator yields before it returns; None where one shares its line."""
    edits: list[Edit] = []
    answer = repair.answer()
    for one in frame.scope.returns:
        if one is answer or one.value is None or (isinstance(one.value, ir.Constant) and one.value.value is None):
            continue
        statement = file.tree.statement(one.start, one.end)
        line = file.source.slice(file.source.line_span(one.start))
        indent = line[: len(line) - len(line.lstrip())]
        if statement is None or file.tree.span(statement).start != one.start or not line.strip().startswith("return "):
            return None
        edits.append(Edit(Span(one.start, one.start + len("return ")), "yield "))
        edits.append(Edit(Span(one.end, one.end), f"{file.source.newline}{indent}return"))
    return edits
