"""What is wrong with a body: why a response or a framework cannot send it piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from streamlint.knowledge.llama_index import Role
from streamlint.knowledge.responses import Fate
from streamlint.model import syntax as ir
from streamlint.streams.answers import Answers
from streamlint.streams.objects import is_object
from streamlint.streams.sent import Sending, SentGenerator, certain
from streamlint.values import Values
from streamlint.values.domain import (
    Bound,
    Class,
    Collection,
    Coroutine,
    Function,
    Generated,
    Llama,
    Partial,
    Token,
    Tokens,
    Unknown,
    Value,
)
from streamlint.values.llama import STREAM_ROLES

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.serving import Entry
    from streamlint.values import Evaluator
    from streamlint.values.activations import Frame


class Fault(StrEnum):
    STREAM_OBJECT = "a stream object"
    ANSWER_OBJECT = "a finished answer object"
    UNCALLED = "a method that is not called"
    FUNCTION = "a function that is not called"
    COROUTINE = "a coroutine that is not awaited"
    PIECES = "an iterator of objects that are no text"
    ITERATOR = "an iterator"
    KEYS = "a dict"


@dataclass(frozen=True)
class WrongBody:
    """What a body is instead of an iterator of text; `value` is one of the alternatives."""

    what: Fault
    value: Value
    is_part: bool = False
    """Whether it is only a part of what is sent: a field of a JSON document."""


class Bodies:
    """Judges bodies; silent where one alternative is unknown or right."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self._answers = project.ask(Answers)
        self._models = project.knowledge.names("untouched", "models")
        self._frameworks = project.knowledge.frameworks
        self._uncalled = project.knowledge.names("llama_index_words", "uncalled")

    def of_sending(self, sending: Sending) -> WrongBody | None:
        """The fault of a body that is given to a response."""
        response = sending.response
        framework = self._frameworks.framework(response.framework)
        if framework.shows or response.by_hand:
            return None
        values = certain(self.evaluator.value(sending.content, sending.frame))
        is_iterated = response.streaming and not response.frames_sse and not response.as_view
        if is_iterated and (framework.encodes_items or response.takes_text):
            keys = self._same([self._of_dict(value) for value in values])
            if keys is not None:
                return keys
        found = self._same([self._of_body(value) for value in values])
        if found is not None:
            return None if framework.takes_functions and found.what in (Fault.FUNCTION, Fault.UNCALLED) else found
        if framework.encodes_items and response.streaming and not response.frames_sse:
            found = self._same([self._of_items(value) for value in values])
            if found is not None:
                return found
        return self._same([self._refused(sending, value) for value in values])

    def of_return(self, expression: ir.Expression, frame: Frame, entry: Entry) -> WrongBody | None:
        """The fault of a value that a handler returns."""
        values = certain(self.evaluator.value(expression, frame))
        found = self._same([self._of_returned(value, entry) for value in values])
        if found is None and frame.scope.is_async:
            found = self._same([self._of_coroutine(value) for value in values])
        if found is not None:
            return found
        parts: Iterable[WrongBody | None] = ()
        if isinstance(expression, ir.Mapping):
            parts = (self.of_return(part, frame, entry) or self._of_field(part, frame) for _, part in expression.items)
        else:
            parts = (self._of_field(part, frame) for part in self._written(expression, frame))
        part = next((one for one in parts if one is not None), None)
        return replace(part, is_part=True) if part is not None else None

    def _written(self, expression: ir.Expression, frame: Frame) -> Iterator[ir.Expression]:
        """What a call writes as JSON, with the parts of that: `jsonify(answer=...), 201`, `Answer(text=...)`."""
        if isinstance(expression, ir.Sequence) and expression.kind == "tuple":  # Flask: body, status, headers
            expression = expression.items[0] if expression.items else expression
        if not isinstance(expression, ir.Call):
            return
        if self._answers.is_json(expression, frame) or self._is_model(expression, frame):
            pending = [*expression.arguments, *(value for _, value in expression.keywords)]
            while pending:
                part = pending.pop(0)
                yield part
                pending += [item for _, item in part.items] if isinstance(part, ir.Mapping) else []

    def _is_model(self, call: ir.Call, frame: Frame) -> bool:
        """Whether a call makes an object of a class that is written as JSON."""
        classes = self.evaluator.value(call.function, frame)
        bases = [self.evaluator.attributes.outside_bases(one) for one in classes if isinstance(one, Class)]
        return bool(bases) and all(not self._models.isdisjoint(one) for one in bases)

    def _of_field(self, expression: ir.Expression, frame: Frame) -> WrongBody | None:
        """The fault of a part of what is written as JSON: nobody awaits it there."""
        return self._same([self._of_coroutine(value) for value in certain(self.evaluator.value(expression, frame))])

    def _of_coroutine(self, value: Value) -> WrongBody | None:
        found = self._of_body(value) if isinstance(value, Coroutine) else None
        return found if found is not None and found.what is Fault.COROUTINE else None

    def of_yield(self, item: ir.Yield, generator: SentGenerator) -> WrongBody | None:
        """The fault of an item that a generator yields to a response."""
        response = generator.sending.response
        if (
            not self._frameworks.framework(response.framework).encodes_items
            or not response.streaming
            or response.frames_sse
            or item.value is None
        ):
            return None
        values = certain(self.evaluator.value(item.value, generator.frame))
        if item.is_from:
            return self._same([self._of_items(value) for value in values])
        return self._same([self._of_item(value) for value in values])

    def _same(self, found: list[WrongBody | None]) -> WrongBody | None:
        """The fault that all alternatives share."""
        if not found or any(one is None or found[0] is None or one.what is not found[0].what for one in found):
            return None
        return found[0]

    def _of_body(self, value: Value) -> WrongBody | None:
        match value:
            case Llama(role=role) if role in STREAM_ROLES:
                return WrongBody(Fault.STREAM_OBJECT, value)
            case Llama(role=Role.RESPONSE):
                return WrongBody(Fault.ANSWER_OBJECT, value)
            case Bound(receiver=Llama() | Unknown(), name=name) if name in self._uncalled:
                return WrongBody(Fault.UNCALLED, value)
            case Function() if self._is_plain(value):
                return WrongBody(Fault.FUNCTION, value)
            case Partial(function=functions) if functions and all(map(self._is_plain_function, functions)):
                return WrongBody(Fault.FUNCTION, value)
            case Coroutine(function=None, result=result) if any(isinstance(one, Llama | Tokens) for one in result):
                return WrongBody(Fault.COROUTINE, value)
            case Coroutine(function=Function() as function) if self._is_plain(function):
                return WrongBody(Fault.COROUTINE, value)
        return None

    @staticmethod
    def _of_dict(value: Value) -> WrongBody | None:
        """A dict with keys that can be seen; what is iterated over is its keys."""
        is_dict = isinstance(value, Collection) and value.kind == "dict"
        return WrongBody(Fault.KEYS, value) if is_dict else None

    def _is_plain_function(self, value: Value) -> bool:
        return isinstance(value, Function) and self._is_plain(value)

    def _is_plain(self, function: Function) -> bool:
        located = self.evaluator.scope_of(function)
        return located is not None and located[1].kind in ("function", "lambda") and not located[1].decorators

    def _of_items(self, value: Value) -> WrongBody | None:
        if isinstance(value, Tokens) and is_object(value, self.evaluator):
            return WrongBody(Fault.PIECES, value)
        if isinstance(value, Generated) and value.frame.scope.kind == "generator-expression":
            found = self._same([self._of_item(one) for one in certain(self.evaluator.generated(value))])
            return WrongBody(Fault.PIECES, value) if found is not None else None
        return None

    def _of_item(self, value: Value) -> WrongBody | None:
        return WrongBody(Fault.PIECES, value) if isinstance(value, Token) and is_object(value, self.evaluator) else None

    def _refused(self, sending: Sending, value: Value) -> WrongBody | None:
        """A token iterator that this response class does not take, or reads to the end."""
        tokens = self.evaluator.tokens(frozenset((value,)))
        if tokens is None or tokens.is_async is None or tokens.items == "event":
            return None
        response = sending.response
        fates = (
            (response.async_iterator, response.async_iterator_wsgi)
            if tokens.is_async
            else (response.sync_iterator, response.sync_iterator_wsgi)
        )
        bad = all(fate in (Fate.REFUSED, Fate.DRAINED) for fate in fates)
        return WrongBody(Fault.ITERATOR, value) if bad and not response.streaming else None

    def _of_returned(self, value: Value, entry: Entry) -> WrongBody | None:
        found = self._of_body(value)
        if found is not None:
            is_llama = found.what in (Fault.STREAM_OBJECT, Fault.UNCALLED)
            waits = isinstance(value, Coroutine) and any(isinstance(one, Llama | Tokens) for one in value.result)
            return found if is_llama or (waits and isinstance(value, Coroutine) and value.function is None) else None
        if not self._frameworks.framework(entry.framework).returns_no_iterator or isinstance(value, Partial):
            return None
        tokens = self.evaluator.tokens(frozenset((value,)))
        if tokens is None or tokens.items == "event" or tokens.is_async is None:
            return None
        return WrongBody(Fault.ITERATOR, value)


def texts(evaluator: Evaluator, values: Values) -> bool:
    """Whether iterating over one of these gives text."""
    return any(isinstance(one, Token) and one.items == "text" for one in evaluator.element(values))
