"""What findings about swallowed streams have in common: the places that belong to them, and the way out in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.finding import Related
from streamlint.knowledge.frameworks import Purpose
from streamlint.knowledge.token_streams import TEXT
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal, no_fix
from streamlint.repairs.drains import tokens_of
from streamlint.repairs.elements import texts_of
from streamlint.streams.answers import Answers
from streamlint.streams.drained import Drain, How
from streamlint.values.domain import Origin

if TYPE_CHECKING:
    from streamlint.fix import Fix
    from streamlint.serving import Entry
    from streamlint.source import Placed
    from streamlint.tree.python import PythonFile


def started(file: PythonFile, drain: Drain) -> tuple[Related, ...]:
    """Where the stream began, unless that is the drain's own place; then the way into the helper that takes it."""
    origin = (
        drain.stream.origin if drain.stream is not None else drain.tokens.origin if drain.tokens is not None else None
    )
    found: tuple[Related, ...] = ()
    if origin is not None and not (origin.path == file.path and drain.start <= origin.start < drain.end):
        place = file.project.place(origin.path, origin.start, origin.end)
        found = (Related(place, "the stream starts here"),) if place is not None else ()
    return (*found, *file.related(drain.hops[1:]))


def answered(file: PythonFile, entry: Entry, drain: Drain) -> str:
    """In which form a handler answers after a drain, as the end of a sentence."""
    if entry.kind is Purpose.WEBSOCKET:
        return "with one message"
    scope, frame = entry.scope, file.project.evaluator.any_call(entry.module, entry.scope)
    sent = [item.value for item in scope.returns if item.value is not None and item.end > drain.start]
    answers = file.project.ask(Answers)
    return "with JSON" if any(answers.is_json(one, frame) for one in sent) else "in one piece"


def stopped(file: PythonFile, *places: Placed) -> tuple[Origin, ...]:
    """Where streams stop, by which facts of several rules about them are known to be of one fault."""
    return tuple(Origin(file.path, place.start, place.end) for place in places)


def way_out(file: PythonFile, entry: Entry, drain: Drain, repair: Fix | Refusal) -> str:
    """The help text: what to return, and, where no fix is offered, why not and what to do about it."""
    if entry.kind is Purpose.WEBSOCKET:
        advice = "send each token inside the loop that takes it, and a last message that tells the end"
        return advice if not isinstance(repair, Refusal) else f"{advice}; {_because(repair)}"
    knowledge = file.project.knowledge
    framework = knowledge.frameworks.framework(entry.framework)
    response = framework.streams_with
    if framework.assigned_bodies:
        return f"yield the text of each item, encoded, in a generator, and assign that: `{response} = body()`"
    if drain.hops:
        advice = f"let the helper return the iterator instead of the text, and return `{response}(...)` over it"
        return advice if not isinstance(repair, Refusal) else f"{advice}; {_because(repair)}"
    body = _body(file, drain)
    if body is None:
        return f"yield the text of each item in a generator, and return `{response}(...)` over it"
    if framework.sends_iterators:
        return f"return `{body}` itself, which the host sends on token by token"
    if knowledge.responses.by_hand(framework.name):
        advice = f"write each token to a `{response}` inside the loop that takes it"
        return advice if not isinstance(repair, Refusal) else f"{advice}; {_because(repair)}"
    if isinstance(repair, Refusal) and not repair.why:
        return repair.instead
    if not isinstance(repair, Refusal):
        return "return the stream"
    are_objects = drain.tokens is not None and drain.tokens.items != TEXT
    advice = f"return the stream: `{response}({body})`" if are_objects else "return the stream"
    return f"{advice}; {no_fix(repair)}"


def _because(refusal: Refusal) -> str:
    """Why there is no automatic fix, behind words that say what to do."""
    return f"no automatic fix, because {refusal.why}"


def _body(file: PythonFile, drain: Drain) -> str | None:
    """An iterator over the text of a drain's tokens, on one line; None where its items are something else than text."""
    if drain.stream is not None:
        return _on_one_line(tokens_of(file, drain))
    text, tokens = _on_one_line(file.text(drain.source)), drain.tokens
    if isinstance(drain.source, ir.Closure):
        return f"({text.removeprefix('(').removesuffix(')')})" if drain.how is How.JOIN else None
    if tokens is None or tokens.items == "text":
        return text
    items = file.project.knowledge.token_streams.items(tokens.items)
    return texts_of(items, text, tokens.is_async) if items is not None and tokens.is_async is not None else None


def _on_one_line(text: str) -> str:
    return " ".join(text.split()) if "\n" in text else text
