"""Answers that were complete before anything was sent, and are sent in pieces as if they were streams."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlint.knowledge.token_streams import FINISHED
from streamlint.model import syntax as ir
from streamlint.streams.drained import names_in
from streamlint.streams.put_together import parts
from streamlint.streams.sent import Sending, Sent, certain
from streamlint.streams.sockets import Sockets, sendings
from streamlint.values.domain import UNKNOWN, Collection, Constant, Iterated, Origin, Token, Value
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values import Values
    from streamlint.values.activations import Frame

_OF_TEXT = frozenset(("strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "replace"))
_BUFFERS = frozenset(("io.StringIO", "io.BytesIO"))


@dataclass(frozen=True)
class Pieces:
    """What is sent piece by piece, and the call that gave the whole."""

    expression: ir.Expression
    origin: Origin


class Finished:
    """Judges loops of sent generators, and bodies; silent where anything else may be sent."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self._sent, self._cutting = project.ask(Sent), project.knowledge.token_streams.cutting
        self._sockets = project.ask(Sockets)
        self._appending = project.knowledge.names("cumulative", "appending")
        self._appending_words = frozenset(name.rpartition(".")[2] for name in self._appending)

    def of_loop(self, loop: ir.Loop, frame: Frame) -> Pieces | None:
        """A loop that yields the pieces of an answer in a generator that is sent, or gives them to a WebSocket or a message."""
        scope = frame.scope
        if isinstance(loop.iterable, ir.Sequence):
            return None
        if scope.is_generator:
            is_sent = _yields_pieces(loop, scope) and self._is_shown_or_sent(frame)
        else:
            is_of_socket = self._sockets.is_of_socket(frame) and _sends_pieces(loop, scope)
            is_sent = is_of_socket or self._appends_pieces(loop, frame)
        if not is_sent:
            return None
        around = self.evaluator.loop_frame(loop, frame)
        origin = (
            self._of_pieces(self.evaluator.iterated(loop, frame))
            or self._of_range(loop.iterable, around)
            or self._beside_excuses(loop.iterable, around)
            or self._among_others(loop.iterable, around)
        )
        return Pieces(loop.iterable, origin) if origin is not None else None

    def _appends_pieces(self, loop: ir.Loop, frame: Frame) -> bool:
        """Whether a loop puts them behind what is shown already: `await message.stream_token(piece)` of Chainlit."""
        scope, pieces = frame.scope, _names_of_pieces(loop, frame.scope)
        inside = (call for call in scope.calls if loop.body_start <= call.start < loop.end)
        inside = (call for call in inside if last_word(call.function) in self._appending_words)
        return any(
            names_in(given) & pieces and self.evaluator.names(call.function, frame) & self._appending
            for call in inside
            for given in (*call.arguments, *(value for _, value in call.keywords))
        )

    def _is_shown_or_sent(self, frame: Frame) -> bool:
        """Whether a generator ends up in a response, or a framework shows what it yields: a callback of Gradio."""
        if self._sent.generator(frame.module.path, frame.scope):
            return True
        entry = self._sent.reach.entry(frame.module, frame.scope)
        return entry is not None and bool(self.evaluator.knowledge.frameworks.framework(entry.framework).shows)

    def of_sending(self, sending: Sending) -> Pieces | None:
        """A body that is the text itself, of which characters are sent, or a file in memory, of which lines are."""
        response, content, frame = sending.response, sending.content, sending.frame
        is_cut = isinstance(content, ir.Call) and last_word(content.function) in self._cutting
        if not response.streaming or (response.takes_text and not is_cut) or response.frames_sse:
            return None
        read = self._of_pieces if is_cut else self._of_text
        origin = read(self.evaluator.value(content, frame)) or self._in_a_file(content, frame)
        return Pieces(content, origin) if origin is not None else None

    def _in_a_file(self, content: ir.Expression, frame: Frame) -> Origin | None:
        """Of a file in memory around the text, or its bytes: `io.BytesIO(answer.encode())`, where it stands or under a name."""
        made = frame.scope.assignment(content)
        if made is not None and made.value is not None and not made.path:
            content = made.value
        if not isinstance(content, ir.Call) or not content.arguments:
            return None
        if not self.evaluator.names(content.function, frame) & _BUFFERS:
            return None
        match content.arguments[0]:
            case ir.Call(function=ir.Attribute(base=text, attribute="encode")) | text:
                return self._of_text(self.evaluator.value(text, frame))

    def _of_text(self, values: Values) -> Origin | None:
        found = [_answer(value) for value in certain(values) if not _is_written(value)]
        return found[0] if found and all(one is not None for one in found) else None

    def _of_pieces(self, values: Values) -> Origin | None:
        """Of a list of pieces, of pairs with them, or of the text itself, whose characters are the pieces."""
        found = [self._of_iterated(value) for value in certain(values)]
        return found[0] if found and all(one is not None for one in found) else None

    def _of_iterated(self, value: Value) -> Origin | None:
        match value:
            case Collection(kind="list", items=((None, values),)):
                return self._of_text(values)
            case Iterated():
                return self._of_pieces(value.over)
        return _answer(value)

    def _beside_excuses(self, iterable: ir.Expression, frame: Frame) -> Origin | None:
        """Of a name that is a complete answer, or else a text that is written here: `answer = f"Sorry: {error}"`."""
        if not isinstance(iterable, ir.Name) or not iterable.bindings:
            return None
        given = [one.value for one in _assigned(iterable.bindings, frame.scope) if not _is_text(one, iterable.id)]
        if not given:
            return None
        values = self.evaluator.union(self.evaluator.value(one, frame) if one is not None else UNKNOWN for one in given)
        return self._of_pieces(values)

    def _among_others(self, iterable: ir.Expression, frame: Frame) -> Origin | None:
        """Of a text that a complete answer is a part of, and of several texts, of which one is such an answer."""
        text = self._measured(iterable, frame) or _cut(iterable)
        found = self._of_text(self.evaluator.value(text, frame)) if text is not None else None
        if found is not None:
            return found
        for part, around in parts(text or iterable, frame):
            found = found or self._of_text(self.evaluator.value(part, around))
        return found

    def _of_range(self, iterable: ir.Expression, frame: Frame) -> Origin | None:
        text = self._measured(iterable, frame)
        return self._of_text(self.evaluator.value(text, frame)) if text is not None else None

    def _measured(self, iterable: ir.Expression, frame: Frame) -> ir.Expression | None:
        """The text of `range(0, len(text), 20)`."""
        if not isinstance(iterable, ir.Call) or self.evaluator.names(iterable.function, frame) != {"builtins.range"}:
            return None
        for argument in iterable.arguments:
            if isinstance(argument, ir.Call) and self.evaluator.names(argument.function, frame) == {"builtins.len"}:
                return argument.argument(0, None)
        return None


def _cut(iterable: ir.Expression) -> ir.Expression | None:
    """The text of `text.split()`."""
    match iterable:
        case ir.Call(function=ir.Attribute(base=text, attribute="split" | "splitlines" | "rsplit")):
            return text
    return None


def _yields_pieces(loop: ir.Loop, scope: ir.Scope) -> bool:
    """Whether a loop yields what it runs over, or what is made of it, and not what something else gives for it."""
    names = _names_of_pieces(loop, scope)
    inside = (item for item in scope.yields if loop.body_start <= item.start < loop.end)
    return any(item.value is not None and names_in(item.value) & names for item in inside)


def _sends_pieces(loop: ir.Loop, scope: ir.Scope) -> bool:
    """Whether a loop sends these: `await socket.send_text(piece)`."""
    names = _names_of_pieces(loop, scope)
    return any(names_in(given) & names for call in sendings(loop, scope) for given in call.arguments)


def _names_of_pieces(loop: ir.Loop, scope: ir.Scope) -> set[str]:
    """What holds one piece at a time: what the loop assigns, and what is made of that in it."""
    names = {scope.bindings[index].name for index in loop.targets}
    for one in scope.bindings:
        if one.kind in ("assign", "augmented") and one.value is not None and loop.body_start <= one.start < loop.end:
            names |= {one.name} if names_in(one.value) & names else set()
    return names


def _assigned(indices: Iterable[int], scope: ir.Scope) -> list[ir.Binding]:
    """What gave a name its value, where ways that meet are taken apart."""
    found: dict[int, ir.Binding] = {}
    pending = list(indices)
    while pending:
        index = pending.pop()
        if index not in found:
            found[index] = scope.bindings[index]
            pending += found[index].sources
    return [one for one in found.values() if one.kind != "merge"]


def _is_text(binding: ir.Binding, name: str) -> bool:
    """Whether a name is given a text that is put together there, or a part of the text that it has."""
    match binding.value:
        case ir.FormattedString() | ir.Constant(value=str()) | ir.Call(function=ir.Name(id="str", bindings=None)):
            return True
        case ir.Call(function=ir.Attribute(base=ir.Name(id=own), attribute=word)):
            return own == name and word in _OF_TEXT
    return False


def _is_written(value: Value) -> bool:
    """Whether it is a text in the place of an answer: `reply.content or ""`."""
    return isinstance(value, Constant) and isinstance(value.value, str)


def _answer(value: Value) -> Origin | None:
    return value.origin if isinstance(value, Token) and value.items == FINISHED else None
