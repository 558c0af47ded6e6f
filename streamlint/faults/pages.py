"""Texts of whole streams that a Streamlit page, a Chainlit message or a Gradio callback shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.knowledge.frameworks import Purpose, Shows
from streamlint.knowledge.llama_index import Role
from streamlint.knowledge.token_streams import TEXT
from streamlint.model import syntax as ir
from streamlint.model.branches import exclusive, is_handler
from streamlint.streams import Drains
from streamlint.streams.drained import Drain, How
from streamlint.streams.objects import are_shown_as_objects
from streamlint.streams.sent import certain
from streamlint.values.domain import Function, Llama, Token

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.serving import Entry
    from streamlint.values.activations import Frame

_SESSION = "streamlit.session_state"
_STREAMS = (Role.STREAM, Role.ASYNC_STREAM, Role.CHAT_STREAM)


class Fault(StrEnum):
    """What becomes of the stream."""

    COLLECTED = "waits for the last token before it shows the first"
    DESCRIBED = "shows a description of the iterator in place of its tokens"
    WHOLE_OBJECT = "gets the response object, and none of its tokens one by one"
    OBJECTS = "shows the objects around the tokens, and not their text"
    ONE_BY_ONE = "replaces each token by the next one"


@dataclass(frozen=True, eq=False)
class Shown:
    """One fault: `start` and `end` span what is wrong; `show` is the call that shows it; `drain` what took the tokens."""

    shows: Shows
    fault: Fault
    start: int
    end: int
    show: ir.Call | None = None
    content: ir.Expression | None = None
    drain: Drain | None = None
    step: ir.Yield | None = None


class Pages:
    """Judges one activation at a time; silent where one alternative is unknown or right."""

    def __init__(self, project: Project) -> None:
        self.drains = project.ask(Drains)
        self.evaluator = project.evaluator
        self._known: dict[Frame, list[Shown]] = {}

    @cached_property
    def _words(self) -> frozenset[str]:
        return self.evaluator.knowledge.names("pages", "streamlit")

    @cached_property
    def _containers(self) -> frozenset[str]:
        return self.evaluator.knowledge.names("pages", "streamlit-containers")

    @cached_property
    def _messages(self) -> frozenset[str]:
        return self.evaluator.knowledge.names("pages", "chainlit")

    # Questions

    def by(self, call: ir.Call, frame: Frame, entries: Sequence[Entry]) -> Iterator[Shown]:
        """The faults of what this call shows, in a file with these entry points."""
        if frame not in self._known:
            found: list[Shown] = []
            if any(entry.kind is Purpose.PAGE and self._shows(entry) is Shows.GIVEN for entry in entries):
                found += self._on_page(frame)
            if any(self._shows(entry) is Shows.MESSAGES for entry in entries):
                found += self._in_message(frame)
            self._known[frame] = found
        return (shown for shown in self._known[frame] if shown.show is call)

    def shows_result(self, entry: Entry) -> bool:
        """Whether what this entry point returns is shown."""
        return entry.kind is Purpose.CALLBACK and self._shows(entry) is Shows.RESULTS

    def _shows(self, entry: Entry) -> Shows:
        return self.evaluator.knowledge.frameworks.framework(entry.framework).shows

    def _on_page(self, frame: Frame) -> Iterator[Shown]:
        """The faults of what a piece of a Streamlit script shows."""
        shows = [(call, call.arguments[0]) for call in frame.scope.calls if self._is_show(call, frame)]
        streamed = [call.branch for call, content in shows if self._streams(content, frame)]
        for call, content in shows:
            found = self._given(call, content, frame)
            if found is not None:
                yield found
        yield from self._collected(Shows.GIVEN, [row for row in shows if len(row[0].arguments) == 1], streamed, frame)

    def _in_message(self, frame: Frame) -> Iterator[Shown]:
        """The faults of the messages that a Chainlit callback sends whole."""
        shows = []
        for call in frame.scope.calls:
            content = call.argument(0, "content")
            if content is not None and self._is_message(call, frame) and self._is_sent(call, frame):
                shows.append((call, content))
                if self._streams(content, frame):
                    yield Shown(Shows.MESSAGES, Fault.DESCRIBED, content.start, content.end, call, content)
        for found in (*self._collected(Shows.MESSAGES, shows, (), frame), *self._later(frame)):
            sync_loop = found.drain is not None and found.drain.is_loop and not found.drain.is_async
            if not sync_loop:  # such a loop holds the event loop, which is the greater harm and told of as that
                yield found

    def _later(self, frame: Frame) -> Iterator[Shown]:
        """Messages that have a name, are given the whole text, and are sent then: `message.content += token` in the loop."""
        scope = frame.scope
        made = ((one.name, one.value) for one in scope.bindings if one.kind == "assign")
        messages = {name for name, call in made if isinstance(call, ir.Call) and self._is_message(call, frame)}
        shows = [(name, call) for call in scope.calls if (name := _sent_name(call)) in messages] if messages else []
        for drain in self.drains.in_frame(frame) if shows else ():
            loop = drain.loop
            if not drain.waits or is_handler(scope, drain.branch):
                continue
            for name, call in shows:
                if call.end < drain.start or (loop is not None and any(loop.contains(one) for _, one in shows)):
                    continue
                stored = (
                    one.value for one in scope.stores if one.is_attribute and _is_content(one.base, one.member, name)
                )
                grows = (one for one in scope.changes if one.is_augmented and loop is not None and loop.contains(one))
                if any(self._is_text(one, drain, frame) for one in stored) or any(
                    isinstance(one.target, ir.Attribute) and _is_content(one.target.base, one.target.attribute, name)
                    for one in grows
                ):
                    yield Shown(Shows.MESSAGES, Fault.COLLECTED, drain.start, drain.end, call, drain=drain)
                    break

    def is_before_the_page(self, entry: Entry) -> bool:
        """Whether an entry point runs to its end before the page that shows what it leaves behind."""
        return entry.kind is Purpose.CALLBACK and self._shows(entry) is Shows.GIVEN

    def stored(self, frame: Frame) -> Iterator[Shown]:
        """The faults of a Streamlit callback, which keeps a text for the page that is drawn after it."""
        kept = [value for base, value in self._kept(frame) if self.evaluator.names(base, frame) == {_SESSION}]
        for drain in self.drains.in_frame(frame) if kept else ():
            if not drain.waits or is_handler(frame.scope, drain.branch) or self._is_decorated(drain, frame):
                continue
            if any(drain.start < one.end and self._is_text(one, drain, frame) for one in kept):
                yield Shown(Shows.GIVEN, Fault.COLLECTED, drain.start, drain.end, drain=drain)

    @staticmethod
    def _kept(frame: Frame) -> Iterator[tuple[ir.Expression, ir.Expression]]:
        """What is stored on what, or put into a list that it has: `session.messages.append({"content": text})`."""
        yield from ((store.base, store.value) for store in frame.scope.stores)
        for call in frame.scope.calls:
            match call:
                case ir.Call(
                    function=ir.Attribute(attribute="append", base=ir.Attribute(base=base) | ir.Subscript(base=base)),
                    arguments=(given,),
                ):
                    parts = [value for _, value in given.items] if isinstance(given, ir.Mapping) else [given]
                    yield from ((base, part) for part in parts)

    def of_callback(self, frame: Frame) -> Iterator[Shown]:
        """The faults of a Gradio callback, whose result is shown, and whose items replace each other."""
        if frame.scope.is_generator:
            yield from self._replaced(frame)
            return
        answers = [(item.value, item.end) for item in frame.scope.returns if item.value is not None]
        taken = self.drains.in_frame(frame) if answers else ()
        drains = [d for d in taken if d.waits and not self._is_decorated(d, frame)]
        for answer, end in answers:
            for part in _parts(answer):
                if self._streams(part, frame):
                    yield Shown(Shows.RESULTS, Fault.DESCRIBED, part.start, part.end)
            listed = [leaf for part in _parts(answer) for leaf in _listed(part, frame.scope)]
            for drain in drains:
                if drain.start >= end:
                    continue
                if any(self._is_text(part, drain, frame) for part in _parts(answer)):
                    yield Shown(Shows.RESULTS, Fault.COLLECTED, drain.start, drain.end, drain=drain)
                    continue
                kept = next((one for one in listed if self._is_text(one, drain, frame)), None)
                if kept is not None:
                    yield Shown(Shows.RESULTS, Fault.COLLECTED, drain.start, drain.end, content=kept, drain=drain)

    # Streamlit and Chainlit

    def _is_show(self, call: ir.Call, frame: Frame) -> bool:
        function = call.function
        word = function.attribute if isinstance(function, ir.Attribute) else ""
        if word not in self._words or not call.arguments or not isinstance(function, ir.Attribute):
            return False
        names = self.evaluator.names(function, frame)
        return names == {f"streamlit.{word}"} or self._is_container(function.base, frame)

    def _is_container(self, base: ir.Expression, frame: Frame) -> bool:
        if isinstance(base, ir.Name) and base.bindings:
            made = [frame.scope.bindings[index] for index in base.bindings]
            return all(
                b.kind in ("assign", "with") and not b.path and b.value is not None and self._makes(b.value, frame)
                for b in made
            )
        return self._makes(base, frame)

    def _makes(self, expression: ir.Expression, frame: Frame) -> bool:
        function = expression.function if isinstance(expression, ir.Call) else expression
        if not isinstance(function, ir.Attribute):
            return False
        return self.evaluator.names(function, frame) <= self._containers

    def _is_message(self, call: ir.Call, frame: Frame) -> bool:
        names = self.evaluator.names(call.function, frame)
        return bool(names) and names <= self._messages

    @staticmethod
    def _is_sent(call: ir.Call, frame: Frame) -> bool:
        """Whether the message is sent where it is made."""
        sends = [one.function for one in frame.scope.calls if isinstance(one.function, ir.Attribute)]
        return any(one.attribute == "send" and one.base is call for one in sends)

    def _given(self, call: ir.Call, content: ir.Expression, frame: Frame) -> Shown | None:
        """A stream that is given to a call which cannot show it."""
        assert isinstance(call.function, ir.Attribute)
        values = certain(self.evaluator.value(content, frame))
        if values and all(isinstance(value, Llama) and value.role in _STREAMS for value in values):
            return Shown(Shows.GIVEN, Fault.WHOLE_OBJECT, content.start, content.end, call, content)
        if call.function.attribute in ("write", "write_stream"):
            are_objects = bool(values) and all(are_shown_as_objects(one, self.evaluator) for one in values)
            return Shown(Shows.GIVEN, Fault.OBJECTS, content.start, content.end, call, content) if are_objects else None
        if not self._streams(content, frame):
            return None
        return Shown(Shows.GIVEN, Fault.DESCRIBED, content.start, content.end, call, content)

    def _streams(self, content: ir.Expression, frame: Frame) -> bool:
        values = certain(self.evaluator.value(content, frame))
        return bool(values) and all(self.evaluator.tokens(frozenset((value,))) is not None for value in values)

    def _collected(
        self, by: Shows, shows: Sequence[tuple[ir.Call, ir.Expression]], streamed: Sequence[int], frame: Frame
    ) -> Iterator[Shown]:
        for drain in self.drains.in_frame(frame) if shows else ():
            if not drain.waits or is_handler(frame.scope, drain.branch) or self._is_decorated(drain, frame):
                continue
            if any(exclusive(frame.scope, drain.branch, branch) for branch in streamed):
                continue
            for call, content in shows:
                if exclusive(frame.scope, drain.branch, call.branch) or call.end < drain.start:
                    continue
                if self._is_text(content, drain, frame):
                    yield Shown(by, Fault.COLLECTED, drain.start, drain.end, call, content, drain)
                    break

    def _is_decorated(self, drain: Drain, frame: Frame) -> bool:
        """Whether the tokens are taken by a decorated helper, such as one whose answers Streamlit caches."""
        if not drain.hops or not isinstance(drain.source, ir.Call):
            return False
        called = self.evaluator.value(drain.source.function, frame)
        located = [self.evaluator.scope_of(value) for value in called if isinstance(value, Function)]
        return any(found is not None and found[1].decorators for found in located)

    def _is_text(self, shown: ir.Expression, drain: Drain, frame: Frame) -> bool:
        """Whether an expression is the drained text, perhaps dressed, and not something that was made of it."""
        if (shown.start, shown.end) == (drain.start, drain.end):
            return not drain.is_loop or bool(drain.hops)
        match shown:
            case ir.Await(value=inner):
                return self._is_text(inner, drain, frame)
            case ir.Name():
                return shown.id in drain.kept and self._holds(shown, drain, frame.scope)
            case ir.Attribute(attribute="response", base=base):
                return drain.how is How.METHOD and self._is_text(base, drain, frame)
            case ir.FormattedString(values=parts) | ir.Operation(operator="Add", operands=parts):
                return any(self._is_text(part, drain, frame) for part in parts)
            case ir.Call(function=ir.Attribute(attribute="strip", base=base), arguments=()):
                return self._is_text(base, drain, frame)
            case ir.Call(arguments=(inner,)) if self.drains.answers.is_join(shown):
                return self._is_text(inner, drain, frame)
        return False

    @staticmethod
    def _holds(name: ir.Name, drain: Drain, scope: ir.Scope) -> bool:
        """Whether the value that the drain gave a name is what is read there."""
        pending, seen = list(name.bindings or ()), set[int]()
        end = drain.loop.end if drain.loop is not None else drain.end
        while pending:
            index = pending.pop()
            if index in seen:
                continue
            seen.add(index)
            binding = scope.bindings[index]
            pending += binding.sources
            value = binding.value
            if value is not None and value.start <= drain.start and end <= value.end:
                return True
            if drain.is_loop and drain.start <= binding.start < end:
                return True
            if drain.is_loop and isinstance(value, ir.Sequence) and not value.items:
                return True  # a list that the loop appends to
        return False

    # Gradio

    def _replaced(self, frame: Frame) -> Iterator[Shown]:
        scope = frame.scope
        for step in scope.yields:
            if step.value is None:
                continue
            if step.is_from:
                if self._streams(step.value, frame) and self._gives_tokens(step.value, frame):
                    yield Shown(Shows.RESULTS, Fault.ONE_BY_ONE, step.start, step.end, step=step)
            elif self._is_token(step.value, frame) and _is_in_loop(step, scope):
                yield Shown(Shows.RESULTS, Fault.ONE_BY_ONE, step.start, step.end, step=step)

    def _gives_tokens(self, expression: ir.Expression, frame: Frame) -> bool:
        items = certain(self.evaluator.element(self.evaluator.value(expression, frame)))
        return bool(items) and all(isinstance(one, Token) and one.items == "text" for one in items)

    def _is_token(self, expression: ir.Expression, frame: Frame) -> bool:
        """One token and nothing before it: `token`, or the text of a chunk (`chunk.delta`, `chunk.content or ""`)."""
        wanted = TEXT
        if isinstance(expression, ir.Choice) and expression.operator == "or":
            expression = expression.options[0]
        if isinstance(expression, ir.Attribute) and expression.attribute == "delta":
            expression, wanted = expression.base, "chunk"
        if not isinstance(expression, ir.Name | ir.Attribute | ir.Subscript):
            return False
        values = certain(self.evaluator.value(expression, frame))
        return bool(values) and all(isinstance(one, Token) and one.items == wanted for one in values)


def _parts(answer: ir.Expression) -> Iterator[ir.Expression]:
    """What a callback returns for its outputs: itself, or the items of a tuple."""
    if isinstance(answer, ir.Sequence) and answer.kind == "tuple":
        yield from answer.items
    else:
        yield answer


def _listed(answer: ir.Expression, scope: ir.Scope) -> Iterator[ir.Expression]:
    """What is put into a list that a callback returns: `history.append((question, text))`, `history + [[question, text]]`."""
    if isinstance(answer, ir.Operation) and answer.operator == "Add":
        yield from (leaf for part in answer.operands for leaf in _leaves(part) if leaf is not part)
    if not isinstance(answer, ir.Name):
        return
    for call in scope.calls:
        match call:
            case ir.Call(function=ir.Attribute(attribute="append", base=ir.Name(id=name)), arguments=(given,)):
                yield from _leaves(given) if name == answer.id else ()
    for store in scope.stores:
        if not store.is_attribute and ir.dotted(_first(store.base)) == answer.id:
            yield store.value
    for binding in scope.bindings:
        if binding.name == answer.id and isinstance(binding.value, ir.Operation):
            yield from (leaf for part in binding.value.operands for leaf in _leaves(part) if leaf is not part)


def _leaves(shown: ir.Expression) -> Iterator[ir.Expression]:
    """The parts of lists, tuples and dicts that are written out."""
    match shown:
        case ir.Sequence(items=items):
            yield from (leaf for item in items for leaf in _leaves(item))
        case ir.Mapping(items=pairs):
            yield from (leaf for _, value in pairs for leaf in _leaves(value))
        case _:
            yield shown


def _sent_name(call: ir.Call) -> str:
    """The name of what a call sends, or shows anew: `message` of `message.send()`."""
    match call.function:
        case ir.Attribute(base=ir.Name(id=name), attribute="send" | "update"):
            return name
    return ""


def _is_content(base: ir.Expression, attribute: str, name: str) -> bool:
    return attribute == "content" and isinstance(base, ir.Name) and base.id == name


def _first(base: ir.Expression) -> ir.Expression:
    while isinstance(base, ir.Subscript):
        base = base.base
    return base


def _is_in_loop(step: ir.Yield, scope: ir.Scope) -> bool:
    assert step.value is not None
    names = {part.id for part in ir.walk(step.value) if isinstance(part, ir.Name)}
    return any(
        loop.body_start <= step.start < loop.end and names & {scope.bindings[index].name for index in loop.targets}
        for loop in scope.loops
        if loop.body_start >= 0
    )
