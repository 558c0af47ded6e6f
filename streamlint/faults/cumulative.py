"""Where text that repeats everything before it is sent as if it were the next token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from streamlint.knowledge.token_streams import WHOLE
from streamlint.model import syntax as ir
from streamlint.model.branches import arms
from streamlint.streams.mismatches import Mismatches
from streamlint.streams.sent import certain
from streamlint.streams.stepped import Steps
from streamlint.values.call_sites import argument_of
from streamlint.values.domain import UNKNOWN, Constant, External, Function, Generated, Partial, Text, Token
from streamlint.values.getters import read_by
from streamlint.values.puts import GETTING, name_of

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.streams.sent import Sending
    from streamlint.values.activations import Frame

_WHOLE_PARTS = ("text", "message.content")
"""Parts of a chunk that repeat everything before them."""
_PIECES = frozenset(("token", "delta", "chunk"))
"""What a record calls something that is put behind what came before it."""


@dataclass(frozen=True)
class Cumulative:
    """An expression that repeats what came before; `start` and `end` span what `replacement` would take the place of.

    `asks` is the call that gives the pieces instead; "" where `delta` does. Without a `start` there is nothing to replace.
    """

    expression: ir.Expression
    start: int
    end: int
    replacement: str
    asks: str = ""
    may_be_nothing: bool = False
    """Whether the piece may be None, as that of a chunk."""


class Cumulatives:
    """Judges what is yielded or sent in a loop over tokens."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self._facts, self._mismatches = project.knowledge.token_streams, project.ask(Mismatches)
        self._token_events = project.knowledge.names("llama_index_words", "token-events")
        self._writing = project.knowledge.names("cumulative", "writing")
        self._appending = project.knowledge.names("cumulative", "appending")
        self._messages = project.knowledge.names("cumulative", "messages") | self._appending
        self._events = project.knowledge.names("cumulative", "events")
        self._contents = project.knowledge.names("cumulative", "contents")
        self._steps = project.ask(Steps)

    def of_yield(self, item: ir.Yield, frame: Frame) -> Cumulative | None:
        if item.value is None or item.is_from:
            return None
        return self._in_loop(item.value, item.branch, frame) or self._handed_over(item.value, item.branch, frame)

    def of_sending(self, sending: Sending) -> Cumulative | None:
        """The element of a generator expression that is the body of a response, or what `map` reads of each chunk for it."""
        mapped = self._mapped(sending)
        if mapped is not None:
            return mapped
        for value in self.evaluator.value(sending.content, sending.frame):
            if isinstance(value, Generated) and value.frame.scope.kind == "generator-expression":
                item = value.frame.scope.yields[0].value
                is_here = sending.content.start <= value.frame.scope.start < sending.content.end
                return self._of(item, -1, value.frame) if item is not None and is_here else None
        return None

    def _mapped(self, sending: Sending) -> Cumulative | None:
        """`map(attrgetter("text"), chunks)`, where it is given to a response."""
        match sending.content:
            case ir.Call(arguments=(function, over), keywords=()) as call:
                if self.evaluator.names(call.function, sending.frame) != {"builtins.map"}:
                    return None
                chunks = certain(self.evaluator.element(self.evaluator.value(over, sending.frame)))
                if chunks and all(isinstance(one, Token) and one.items == "chunk" for one in chunks):
                    return Cumulative(call, -1, -1, "") if self._reads_whole(function, sending.frame) else None
        return None

    def _reads_whole(self, function: ir.Expression, frame: Frame) -> bool:
        """Whether a getter, or a lambda that is one, reads what repeats everything before it."""
        (value, *others) = self.evaluator.value(function, frame) or UNKNOWN
        if others:
            return False
        if isinstance(value, Partial):
            return read_by(value) in _WHOLE_PARTS
        located = self.evaluator.scope_of(value) if isinstance(value, Function) else None
        if located is None or len(located[1].returns) != 1 or len(located[1].parameters) != 1:
            return False
        read = located[1].returns[0].value
        base, _, part = ir.dotted(read).partition(".") if isinstance(read, ir.Attribute) else ("", "", "")
        return base == located[1].parameters[0].name and part in _WHOLE_PARTS

    def of_call(self, call: ir.Call, frame: Frame) -> Cumulative | None:
        """What `send_text`, `stream_token` and their like are given."""
        names = self.evaluator.names(call.function, frame)
        position = 0 if names <= self._messages else 1 if names <= self._events else None
        if not names or position is None:
            return None
        named = (value for keyword, value in call.keywords if keyword in self._contents)
        content = call.argument(position, None) or next(named, None)
        return self._in_loop(content, call.branch, frame) if content is not None else None

    def of_write(self, written: Sending) -> Cumulative | None:
        """What a handler writes by hand to its answer."""
        return self._in_loop(written.content, written.call.branch, written.frame)

    def appends(self, call: ir.Call, frame: Frame) -> bool:
        """Whether what is sent is put behind what was sent before, whoever the client is."""
        names = self.evaluator.names(call.function, frame)
        return bool(names) and names <= self._appending

    # Queues

    def _handed_over(self, sent: ir.Expression, branch: int, frame: Frame) -> Cumulative | None:
        """What another function of the module puts into the queue from which this is taken: `await queue.put(event.response)`."""
        start = self._item_start(sent, frame)
        for name in (part for part in ir.walk(sent) if isinstance(part, ir.Name)) if start is not None else ():
            queue = _taken_from(frame.scope.assignment(name))
            is_as_it_is = self._passes_on(sent, name, frame)
            if queue is None or not is_as_it_is or not self._each_time(_of_name(name), branch, start or 0, frame):
                continue
            named = name_of(queue, frame.module, frame.scope)
            for put in self.evaluator.contents.of_module(frame.module).handed_over:
                around = next((one for one in put.scope.calls if put.value in one.children()), None)
                if put.named == named and around is not None:
                    found = self._in_loop(put.value, around.branch, self.evaluator.any_call(frame.module, put.scope))
                    if found is not None:
                        return found
        return None

    def _passes_on(self, sent: ir.Expression, name: ir.Name, frame: Frame) -> bool:
        """Whether a name is sent as it is, framed or not."""
        match sent:
            case ir.Name():
                return sent is name
            case ir.FormattedString(values=parts) | ir.Operation(operator="Add", operands=parts):
                return any(self._passes_on(part, name, frame) for part in parts)
            case ir.Call(function=ir.Attribute(attribute="encode", base=base)):
                return self._passes_on(base, name, frame)
            case ir.Call(arguments=(base, *_)) if self.evaluator.names(sent.function, frame) & self._writing:
                return self._passes_on(base, name, frame)
            case ir.Mapping():
                return any(self._passes_on(part, name, frame) for part in _pieces(sent))
        return False

    # Loops

    def _in_loop(self, expression: ir.Expression, branch: int, frame: Frame) -> Cumulative | None:
        start = self._item_start(expression, frame)
        found = self._of(expression, branch, frame) if start is not None else None
        return found if found is not None and self._each_time(found, branch, start or 0, frame) else None

    def _item_start(self, expression: ir.Expression, frame: Frame) -> int | None:
        """Where the innermost loop around an expression has taken the next item; None where there is no loop around it."""
        loops = frame.scope.loops
        starts = [one.body_start for one in loops if 0 <= one.body_start <= expression.start < one.end]
        steps = [one.call.end for one in self._steps.of(frame) if one.call.end <= expression.start < one.loop.end]
        return max((*starts, *steps), default=None)

    @staticmethod
    def _each_time(found: Cumulative, branch: int, start: int, frame: Frame) -> bool:
        """Whether it is sent for every token, and not only for one that some condition picks out."""
        own = {part.id for part in _names(found.expression, frame)}
        for row in arms(frame.scope, branch):
            if row.test is not None and row.test.start >= start:
                asked = {part.id for part in ir.walk(row.test) if isinstance(part, ir.Name)}
                if not asked & own or not (_is_type_test(row.test) or _is_presence_test(row.test)):
                    return False
        return True

    # Expressions

    def _of(self, expression: ir.Expression, branch: int, frame: Frame) -> Cumulative | None:
        match expression:
            case ir.FormattedString(values=parts):
                return next((found for part in parts if (found := self._of(part, branch, frame))), None)
            case ir.Operation(operator="Add", operands=parts):
                return next((found for part in parts if (found := self._of(part, branch, frame))), None)
            case ir.Call(function=ir.Attribute(attribute="encode", base=base)):
                return self._of(base, branch, frame)
            case ir.Call(arguments=(base, *_)) if self.evaluator.names(expression.function, frame) & self._writing:
                return self._of(base, branch, frame)
            case ir.Mapping():
                pieces = _pieces(expression)
                return next((found for part in pieces if (found := self._of(part, branch, frame))), None)
            case ir.Attribute(attribute="text", base=base) if self._is(base, "chunk", frame):
                return replace(_attribute(expression, base), may_be_nothing=True)
            case ir.Attribute(attribute="content", base=ir.Attribute(attribute="message", base=base)):
                is_chunk = self._is(base, "chunk", frame)
                return replace(_attribute(expression, base), may_be_nothing=True) if is_chunk else None
            case ir.Attribute(attribute="response", base=base) if self._is(base, "event", frame):
                return _attribute(expression, base) if self._is_agent_stream(base, branch, frame) else None
            case ir.Call(arguments=(base,), keywords=()) if self._is_str(expression, frame):
                if self._is(base, "chunk", frame) and isinstance(base, ir.Name):
                    start, end = expression.start, expression.end
                    return Cumulative(expression, start, end, f"{base.id}.delta", may_be_nothing=True)
            case ir.Call():
                return self._read_by(expression, branch, frame)
            case ir.Name():
                return self._whole(expression, frame) or self._named(expression, branch, frame)
        return None

    def _named(self, name: ir.Name, branch: int, frame: Frame) -> Cumulative | None:
        """What was read of this very item before it is sent: `text = chunk.text`, `case AgentStream(response=text):`."""
        binding = frame.scope.assignment(name)
        start = self._item_start(name, frame)
        if binding is None or binding.path or not isinstance(binding.value, ir.Attribute) or start is None:
            return None
        if binding.start < start:
            return None
        found = self._of(binding.value, branch, frame)
        return replace(found, expression=name, start=-1, end=-1) if found is not None else None

    def _read_by(self, call: ir.Call, branch: int, frame: Frame) -> Cumulative | None:
        """A helper that only reads the part of what it is given: `def text_of(event): return event.response`."""
        (function, *others) = self.evaluator.value(call.function, frame) or UNKNOWN
        if isinstance(function, Partial) and not others and len(call.arguments) == 1:
            is_whole = read_by(function) in _WHOLE_PARTS and self._is(call.arguments[0], "chunk", frame)
            return Cumulative(call, -1, -1, "") if is_whole else None
        located = self.evaluator.scope_of(function) if isinstance(function, Function) and not others else None
        if located is None or not isinstance(function, Function) or len(located[1].returns) != 1:
            return None
        scope, read = located[1], located[1].returns[0].value
        bound = [one.name for one in scope.bindings]
        kept = (one for one in scope.parameters if bound.count(one.name) == 1)
        given = {one.name: argument_of(call, scope, one, function.receiver is not None) for one in kept}
        part = _of_given(read, given) if isinstance(read, ir.Attribute) and not scope.is_generator else None
        found = self._of(part, branch, frame) if part is not None else None
        return Cumulative(call, -1, -1, "") if found is not None else None

    def _whole(self, name: ir.Name, frame: Frame) -> Cumulative | None:
        """An item of a stream that can be asked for pieces: `result.stream_text()`."""
        texts = certain(self.evaluator.value(name, frame))
        tokens = [one for one in texts if not isinstance(one, Text | Constant)]  # beside the words for a failure
        value = tokens[0] if len(tokens) == 1 else None
        is_whole = isinstance(value, Token) and value.items == WHOLE
        found = self._mismatches.call_at(value.origin) if isinstance(value, Token) and is_whole else None
        if found is None:
            return None
        module, scope, call = found
        where = self.evaluator.any_call(module, scope)
        names = self.evaluator.names(call.function, where)
        keyword = next(filter(None, (self._facts.pieces(one) for one in names)), "")
        asks = f"{ir.dotted(call.function).rpartition('.')[2]}({keyword}=True)"
        is_here = module is frame.module and sum(one.id == name.id for one in frame.scope.names) == 1
        if not keyword or not is_here or call.keywords or call.arguments:
            return Cumulative(name, -1, -1, "", asks) if keyword else None
        return Cumulative(name, call.end - 1, call.end - 1, f"{keyword}=True", asks)

    def _is(self, base: ir.Expression, items: str, frame: Frame) -> bool:
        values = certain(self.evaluator.value(base, frame))
        return bool(values) and all(isinstance(value, Token) and value.items == items for value in values)

    def _is_str(self, call: ir.Call, frame: Frame) -> bool:
        return self.evaluator.names(call.function, frame) == {"builtins.str"}

    def _is_agent_stream(self, base: ir.Expression, branch: int, frame: Frame) -> bool:
        """Whether an `isinstance` test around it says that an event holds tokens."""
        for row in arms(frame.scope, branch):
            match row.test:
                case ir.Call(arguments=(ir.Name(id=name), kind)) if isinstance(base, ir.Name) and name == base.id:
                    if not row.arm.startswith("else"):
                        kinds = self.evaluator.value(kind, frame)
                        return all(
                            isinstance(one, External) and one.name.rpartition(".")[2] in self._token_events
                            for one in kinds
                        )
        return False


def _names(expression: ir.Expression, frame: Frame) -> Iterator[ir.Name]:
    """The names in an expression, and those in what they were read of."""
    for part in ir.walk(expression):
        if isinstance(part, ir.Name):
            yield part
            read = frame.scope.assignment(part)
            if read is not None and isinstance(read.value, ir.Attribute):
                yield from (one for one in ir.walk(read.value) if isinstance(one, ir.Name))


def _of_name(name: ir.Name) -> Cumulative:
    return Cumulative(name, -1, -1, "")


def _taken_from(binding: ir.Binding | None) -> ir.Expression | None:
    """The queue of `item = await queue.get()`."""
    made = binding.value if binding is not None and not binding.path else None
    made = made.value if isinstance(made, ir.Await) else made
    match made:
        case ir.Call(function=ir.Attribute(base=ir.Name() as queue, attribute=word)) if word in GETTING:
            return queue
    return None


def _attribute(expression: ir.Expression, base: ir.Expression) -> Cumulative:
    return Cumulative(expression, base.end, expression.end, ".delta")


def _of_given(read: ir.Expression, given: Mapping[str, ir.Expression | None]) -> ir.Expression | None:
    """The part that a helper reads of a parameter, as its caller would have written it."""
    match read:
        case ir.Name(id=name):
            return given.get(name)
        case ir.Attribute(base=base):
            held = _of_given(base, given)
            return replace(read, base=held) if held is not None else None
    return None


def _pieces(record: ir.Mapping) -> list[ir.Expression]:
    """What a record calls a piece: under such a key, or else beside a word that says so, `{"event": "token", "text": text}`."""
    named = [value for key, value in record.items if isinstance(key, ir.Constant) and key.value in _PIECES]
    said = any(isinstance(value, ir.Constant) and value.value in _PIECES for _, value in record.items)
    return named if named or not said else [value for _, value in record.items]


def _is_type_test(test: ir.Expression) -> bool:
    return isinstance(test, ir.Call) and ir.dotted(test.function) == "isinstance"


def _is_presence_test(test: ir.Expression) -> bool:
    """`if chunk.text:`, `if chunk.delta is not None:`."""
    match test:
        case ir.Attribute() | ir.Name():
            return True
        case ir.Operation(operands=(ir.Attribute() | ir.Name(), ir.Constant())):
            return True
    return False
