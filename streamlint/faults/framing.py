"""How what a generator yields is framed as server-sent events: not at all, by half, once, or twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.streams.buffers import Buffers
from streamlint.streams.sent import Sending, Sent, SentGenerator, certain, items_of
from streamlint.streams.written import Writings, Written, only_read
from streamlint.streams.written_pieces import WrittenPieces, as_item
from streamlint.values import Values
from streamlint.values.domain import Constant, Function, Generated, Token, Tokens, Value

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame

SSE = "text/event-stream"
_FIELDS = ("data:", "event:", "id:", "retry:")
_FIELD = re.compile("|".join(_FIELDS))
_BARE_LINE = re.compile(r"\{[^{}]*\}(\\n)+")
_DOCUMENT = re.compile(r"\{.*\}(\\r|\\n)*")
_ESCAPED = re.compile(r"(?<!\\)(?:\\\\[rn])+$")
_ONLY_HOLE = re.compile(r"\{[^{}]*\}")
_TEXT = ("text", "cumulative")
_REPLACING = ("replace", "translate")
_DEEPEST = 3
"""Through so many helpers it is looked for what rewrites a token."""


class Fault(StrEnum):
    RAW = "raw"
    HALF = "half"
    ESCAPED = "escaped"
    TWICE = "twice"
    LINES = "lines"


class Framed(StrEnum):
    """How one item is framed: raw tokens, a bare constant without fields, an event without one or both of its line breaks.

    `ESCAPED` is one whose line breaks are written as a backslash and a letter, `DOCUMENT` a line of JSON without a field, and
    `TOLD` one that holds a token; `BLANK` is nothing but line breaks.
    """

    RAW = "raw"
    BARE = "bare"
    HALF = "half"
    OPEN = "open"
    ESCAPED = "escaped"
    WHOLE = "whole"
    DOCUMENT = "document"
    TOLD = "told"
    BLANK = "blank"
    UNKNOWN = "unknown"


_NO_EVENTS = {Framed.TOLD, Framed.DOCUMENT, Framed.BARE, Framed.BLANK}


@dataclass(frozen=True)
class Unframed:
    """An expression that is sent, and what is wrong with its frame.

    `is_async` is the kind of the iterator that it is, if any (None: cannot be seen); `scope` the generator that yields it, with
    the kinds of all its `items`.
    """

    fault: Fault
    expression: ir.Expression
    is_iterator: bool = False
    is_async: bool | None = False
    scope: ir.Scope | None = None
    items: tuple[tuple[ir.Yield, Framed], ...] = ()


@dataclass(frozen=True)
class RawToken:
    """A token in the data of an event, as it is written; the expression where that stands in the item itself."""

    text: str
    expression: ir.Expression | None


class Framing:
    """Judges bodies that go out as `text/event-stream`; silent where one item is framed elsewhere or unknown."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self._writings, self._sent = project.ask(Writings), project.ask(Sent)
        self._pieces, self._buffers = project.ask(WrittenPieces), project.ask(Buffers)
        self._events = project.knowledge.names("events", "event-classes")
        self._writing = project.knowledge.names("cumulative", "writing")

    def of_sending(self, sending: Sending) -> Unframed | None:
        """A token iterator that is itself the body."""
        if sending.media_type != SSE or sending.response.frames_sse:
            return None
        values = certain(self.evaluator.value(sending.content, sending.frame))
        if not values or not all(self._is_raw_iterator(frozenset((value,))) for value in values):
            return None
        tokens = self.evaluator.tokens(self.evaluator.union(frozenset((value,)) for value in values))
        return Unframed(Fault.RAW, sending.content, True, tokens.is_async) if tokens is not None else None

    def of_mapped(self, sending: Sending) -> Unframed | None:
        """What `map(frame, tokens)` makes of each token, where that is the body."""
        mapped = self._sent.mapped(sending)
        items = items_of(mapped.frame.scope) if mapped is not None else ()
        fault = self._of_yield(items[0], mapped) if mapped is not None and len(items) == 1 else None
        if mapped is None and self._of_mapped_text(sending) in (Framed.HALF, Framed.OPEN):
            return Unframed(Fault.HALF, sending.content)
        if mapped is None or fault is None:
            return None
        is_here = items[0].value is not None and sending.content.contains(items[0].value)
        if not is_here or items[0].value is None:
            return Unframed(fault, sending.content)
        return Unframed(fault, items[0].value, scope=mapped.frame.scope, items=self._kinds(mapped.frame))

    def _of_mapped_text(self, sending: Sending) -> Framed:
        """The kind of the events that `map("data: {}\\n\\n".format, tokens)` makes as a body."""
        match sending.content:
            case ir.Call(
                function=ir.Name(id="map", bindings=None), arguments=(ir.Attribute(attribute="format", base=pattern), _)
            ):
                text = self._writings.pattern(pattern, sending.frame) or ""
                is_event = sending.media_type == SSE and not sending.response.frames_sse and _FIELD.match(text)
                return _of_event(text) if is_event else Framed.UNKNOWN
        return Framed.UNKNOWN

    def broken_by_map(self, sending: Sending) -> ir.Expression | None:
        """The raw tokens that `map("data: {}\\n\\n".format, tokens)` puts into whole events."""
        if self._of_mapped_text(sending) is not Framed.WHOLE or not isinstance(sending.content, ir.Call):
            return None
        over = sending.content.arguments[1]
        items = self.evaluator.element(self.evaluator.value(over, sending.frame))
        return over if _is_token(certain(items)) else None

    def of_yield(self, item: ir.Yield, generators: tuple[SentGenerator, ...]) -> Unframed | None:
        """An item of a generator; all responses of events that send it, and all its other items, have a say."""
        events = [one for one in generators if one.sending.media_type == SSE]
        found = {self._of_yield(item, generator) for generator in events}
        fault = found.pop() if len(found) == 1 else None
        if fault is None or item.value is None:
            return None
        frame = events[0].frame
        sent = unencoded(as_given(item.value, frame.scope)) if fault is Fault.RAW else item.value
        if len(events) < len(generators):
            return Unframed(fault, sent)
        return Unframed(fault, sent, item.is_from, scope=frame.scope, items=self._kinds(frame))

    def _kinds(self, frame: Frame) -> tuple[tuple[ir.Yield, Framed], ...]:
        return tuple((item, self._kind(item, frame)) for item in items_of(frame.scope))

    def _of_yield(self, item: ir.Yield, generator: SentGenerator) -> Fault | None:
        assert item.value is not None
        frame, sending = generator.frame, generator.sending
        if sending.response.frames_sse:
            written = self._writings.of(self._data(item.value, frame), frame)
            return Fault.TWICE if written is not None and _is_event(written.text) else None
        if sending.media_type != SSE:
            return None
        return _judged(self._kind(item, frame), {kind for _, kind in self._kinds(frame)})

    def of_write(self, call: ir.Call, frame: Frame) -> Unframed | None:
        """A piece that a handler writes by hand to an answer of events; all that its function writes has a say."""
        written = self._pieces.of(call, frame)
        if written is None or written.sending.media_type != SSE:
            return None
        kinds = {self._kind(item, frame) for item, _ in self._pieces.all_in(frame)}
        fault = _judged(self._kind(as_item(written), frame), kinds)
        return Unframed(fault, written.sending.content) if fault is not None else None

    def _kind(self, item: ir.Yield, frame: Frame) -> Framed:
        if item.value is None:
            return Framed.UNKNOWN
        values = self.evaluator.value(item.value, frame)
        if item.is_from:
            return Framed.RAW if self._is_raw_iterator(values) else Framed.UNKNOWN
        written = self._writings.of(item.value, frame)
        document = self._document(item.value, written, frame)
        if document is not None:
            return document
        if written is None:
            given = unencoded(as_given(item.value, frame.scope))
            is_token = _is_token(certain(values)) or _is_token(certain(self.evaluator.value(given, frame)))
            return Framed.RAW if is_token or self._buffers.is_one(given, frame) else Framed.UNKNOWN
        text = written.text
        if not text.replace("\\n", "").replace("\\r", "").strip() and not written.holes:
            return Framed.BLANK
        if _ONLY_HOLE.fullmatch(text) and len(written.holes) == 1:
            hole, where = written.holes[0]
            return Framed.RAW if _is_token(certain(self.evaluator.value(hole, where))) else Framed.UNKNOWN
        if not _FIELD.match(text):
            if self._is_bare_token(written):
                return Framed.RAW
            return Framed.BARE if _is_plain(text) else Framed.UNKNOWN
        kind = _of_event(text, is_constant=written.is_constant)
        return Framed.UNKNOWN if kind is Framed.HALF and self._ends_in_a_line(written) else kind

    def _document(self, item: ir.Expression, written: Written | None, frame: Frame) -> Framed | None:
        """Whether an item is a line of JSON and nothing else, and whether a token is in it."""
        if written is None:
            hole, where = unencoded(item), frame
        elif len(written.holes) == 1 and not written.is_constant and _DOCUMENT.fullmatch(written.text):
            hole, where = written.holes[0]
        else:
            return None
        assigned = where.scope.assignment(hole)
        call = assigned.value if assigned is not None else hole
        if not isinstance(call, ir.Call) or not self.evaluator.names(call.function, where) & self._writing:
            return None
        given = call.argument(0, "obj")
        kept = where.scope.assignment(given) if given is not None else None
        parts = (
            ir.walk(kept.value if kept is not None and kept.value is not None else given) if given is not None else ()
        )
        read = (part for part in parts if isinstance(part, ir.Name | ir.Attribute | ir.Subscript))
        return Framed.TOLD if any(_may_be_token(self.evaluator.value(one, where)) for one in read) else Framed.DOCUMENT

    def _ends_in_a_line(self, written: Written) -> bool:
        """Whether the last hole is an item of a generator that writes whole lines, so that two line breaks end the event."""
        if not written.holes or not written.text.endswith("}\\n"):
            return False
        hole, where = written.holes[-1]
        loops = (one for one in where.scope.sources(hole) if one.kind == "loop")
        sources = (one.value for one in loops if one.value is not None)
        return any(
            isinstance(value, Generated) and self._writes_lines(value.frame)
            for source in sources
            for value in self.evaluator.value(source, where)
        )

    def _writes_lines(self, frame: Frame) -> bool:
        written = (self._writings.of(item.value, frame) for item in items_of(frame.scope) if item.value is not None)
        return any(one is not None and one.text.endswith("\\n") for one in written)

    def _is_bare_token(self, written: Written) -> bool:
        """Whether a text without fields is a token and its line break: no parser of events reads it."""
        values = [self.evaluator.value(hole, where) for hole, where in written.holes]
        return _BARE_LINE.fullmatch(written.text) is not None and len(values) == 1 and _is_token(certain(values[0]))

    def _data(self, item: ir.Expression, frame: Frame) -> ir.Expression:
        """The text that becomes the data of an event which the response frames: of an event object or a dict, its `data`."""
        if isinstance(item, ir.Mapping):
            return next(
                (value for key, value in item.items if isinstance(key, ir.Constant) and key.value == "data"), item
            )
        if isinstance(item, ir.Call) and self.evaluator.names(item.function, frame) & self._events:
            return item.argument(0, "data") or item
        return item

    def broken_lines(self, item: ir.Yield, generators: tuple[SentGenerator, ...]) -> tuple[RawToken, ...]:
        """The raw tokens in the data of a whole event: a line break in one of them ends the line, and with it the data."""
        found = {tuple(self._broken_lines(item, generator)) for generator in generators}
        return found.pop() if len(found) == 1 else ()

    def broken_by_write(self, call: ir.Call, frame: Frame) -> tuple[RawToken, ...]:
        """The raw tokens in the data of a whole event that a handler writes by hand."""
        written = self._pieces.of(call, frame)
        return tuple(self._broken_lines(as_item(written), written)) if written is not None else ()

    def _broken_lines(self, item: ir.Yield, generator: SentGenerator) -> Iterator[RawToken]:
        frame, sending = generator.frame, generator.sending
        if item.value is None or item.is_from or sending.media_type != SSE or sending.response.frames_sse:
            return
        written = self._writings.of(item.value, frame)
        if written is None or not _FIELD.match(written.text) or _of_event(written.text) is not Framed.WHOLE:
            return
        for hole, where in written.holes:
            values = self.evaluator.value(hole, where)
            if _may_be_token(values) and not self._is_rewritten(hole, where):
                is_inside = where.module is frame.module and item.value.contains(hole)
                yield RawToken(where.module.text(hole), hole if is_inside and _is_token(certain(values)) else None)

    def _is_rewritten(self, hole: ir.Expression, frame: Frame, depth: int = 0) -> bool:
        """Whether something that the text does not show is replaced in a token: line breaks, by a loop over a table of them."""
        if isinstance(hole, ir.Call) and depth < _DEEPEST:
            functions = self.evaluator.value(hole.function, frame)
            located = [self.evaluator.scope_of(value) for value in functions if isinstance(value, Function)]
            return any(
                self._is_rewritten(one.value, self.evaluator.any_call(*place), depth + 1)
                for place in located
                if place is not None
                for one in place[1].returns
                if one.value is not None
            )
        made = [one.value for one in frame.scope.sources(hole) if isinstance(one.value, ir.Call)]
        return any(
            isinstance(one.function, ir.Attribute)
            and one.function.attribute in _REPLACING
            and isinstance(one.function.base, ir.Name)
            and isinstance(hole, ir.Name)
            and one.function.base.id == hole.id
            and not _may_be_token(self.evaluator.value(one, frame))
            for one in made
        )

    def _is_raw_iterator(self, values: Values) -> bool:
        alternatives = certain(values)
        for value in alternatives:
            if isinstance(value, Tokens) and value.items == "text":
                continue
            if isinstance(value, Generated) and value.frame.scope.kind == "generator-expression":
                items = certain(self.evaluator.generated(value))
                if items and all(isinstance(one, Token) and one.items in _TEXT for one in items):
                    continue
            return False
        return bool(alternatives)


def _judged(kind: Framed, kinds: set[Framed]) -> Fault | None:
    """What is wrong with an item, by its kind and those of all items that are sent with it."""
    if Framed.UNKNOWN in kinds:
        return None
    match kind:
        case Framed.RAW:
            return Fault.RAW if not kinds & {Framed.HALF, Framed.OPEN} else None
        case Framed.BARE:
            return Fault.RAW if Framed.RAW not in kinds and not kinds <= {Framed.BARE, Framed.BLANK} else None
        case Framed.HALF | Framed.OPEN:
            return Fault.HALF if not kinds & {Framed.RAW, Framed.BLANK} else None
        case Framed.ESCAPED:
            return Fault.ESCAPED
        case Framed.TOLD:
            return Fault.LINES if kinds <= _NO_EVENTS else None
        case Framed.DOCUMENT:
            return Fault.LINES if kinds <= _NO_EVENTS - {Framed.TOLD} else None
    return None


def as_given(item: ir.Expression, scope: ir.Scope) -> ir.Expression:
    """An item, or what the local name is given that is only read to send it: `payload = token.encode()`."""
    made = only_read(item, scope) if isinstance(item, ir.Name) else None
    return made if isinstance(made, ir.Call) and unencoded(made) is not made else item


def unencoded(expression: ir.Expression) -> ir.Expression:
    """The text whose bytes this is: of `token.encode()` the token."""
    match expression:
        case ir.Call(function=ir.Attribute(base=text, attribute="encode")):
            return text
    return expression


def _is_plain(text: str) -> bool:
    """Whether no line of a text may be a field, as none of `[DONE]`, `Error: {error}` and `\\n\\nSources: {names}` is."""
    lines = [line for line in text.replace("\\r", "").split("\\n") if line]
    return bool(lines) and all(map(_is_no_field, lines)) and "data:" not in text


def _is_no_field(line: str) -> bool:
    """Whether a line begins with words that are no field, nor the beginning of one."""
    start = line.partition("{")[0].strip()
    is_open = any(field.startswith(start) for field in _FIELDS)
    return bool(start) and not is_open and not start.startswith((":", *_FIELDS))


def _may_be_token(values: Values) -> bool:
    """Whether one of several texts is a token as it came: its line breaks end the line whatever the others are."""
    return any(isinstance(value, Token) and value.items in _TEXT for value in values)


def _is_token(alternatives: list[Value]) -> bool:
    """Whether these are a token, or a word in its place (`token or ""`, `"[END]"`)."""
    tokens = [one for one in alternatives if not isinstance(one, Constant) or not _is_word(one.value)]
    return bool(tokens) and all(isinstance(one, Token) and one.items in _TEXT for one in tokens)


def _is_word(constant: object) -> bool:
    """Whether a constant is text that frames nothing."""
    return isinstance(constant, str) and "\n" not in constant and not _FIELD.match(constant)


def _is_event(text: str) -> bool:
    """Whether a text is the data of an event, or a whole event with other fields before that."""
    has_data = _FIELD.match(text) is not None and "\\ndata:" in text
    return text.startswith("data:") or (has_data and _of_event(text) is Framed.WHOLE)


def _of_event(text: str, *, is_constant: bool = False) -> Framed:
    """The kind of a text that begins with a field; the text as written, with its escapes."""
    if _ESCAPED.search(text):
        return Framed.ESCAPED
    if text.endswith(("\\n\\n", "\\r\\n\\r\\n", "\\r\\r")):
        return Framed.WHOLE
    *lines, end = text.split("\\n")
    if lines and not end and all(map(_FIELD.match, lines)) and any(line.startswith("data:") for line in lines):
        return Framed.HALF
    if is_constant and end and all(map(_FIELD.match, (*lines, end))) and not end.endswith((":", " ")):
        return Framed.OPEN
    is_one_line = text.startswith("data:") and "\\" not in text and not text.endswith(("}", " "))
    return Framed.OPEN if is_one_line else Framed.UNKNOWN
