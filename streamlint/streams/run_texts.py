"""Whether a loop over the events of a run is there for their text: it may as well look for the tools that were called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.knowledge.token_streams import TEXT
from streamlint.model import syntax as ir
from streamlint.values.domain import Token, Tokens, Values

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_Read = tuple[ir.Expression | None, "Frame"]


class RunTexts:
    """Asks the loop, and where that keeps all events, the function around it."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator

    def are_read(self, tokens: Tokens, loop: ir.Loop, frame: Frame) -> bool:
        """Whether the text of items is read that a loop takes, or all items hold some."""
        items = self.evaluator.knowledge.token_streams.items(tokens.items)
        if items is None or not items.are_of_runs:
            return True
        taken = self.evaluator.element(self.evaluator.iterated(loop, frame))
        if _are_text(taken, tokens) or any(self._is_text(*row, tokens) for row in _read_in(loop, frame)):
            return True
        if not _keeps_all(loop, frame.scope):
            return False
        later = (*self._read_later(loop, frame), *self._read_elsewhere(frozenset(items.parts), frame))
        return any(self._is_text(*row, tokens) for row in later)

    def _read_elsewhere(self, parts: frozenset[str], frame: Frame) -> Iterator[_Read]:
        """What other functions of the module read under the names of texts: those that take out what a loop puts into a queue."""
        words = {part.rpartition(".")[2] for part in parts}
        for scope in frame.module.scopes:
            if scope is not frame.scope and any(one.attribute in words for one in scope.attributes):
                where = self.evaluator.any_call(frame.module, scope)
                yield from ((one, where) for one in scope.attributes if one.attribute in words)

    def _is_text(self, part: ir.Expression | None, frame: Frame, tokens: Tokens) -> bool:
        is_asked = isinstance(part, ir.Call) and ir.dotted(part.function) == "getattr"
        if part is None or not (is_asked or isinstance(part, ir.Attribute | ir.Subscript)):
            return False
        return _are_text(self.evaluator.value(part, frame), tokens)

    def _read_later(self, loop: ir.Loop, frame: Frame) -> Iterator[_Read]:
        """What stands behind a loop, in generator expressions too."""
        yield from ((one, frame) for one in frame.scope.expressions() if one.start >= loop.end)
        for inner in frame.module.inner(frame.scope):
            if inner.kind == "generator-expression" and inner.start >= loop.end:
                within = self.evaluator.any_call(frame.module, inner)
                yield from ((one, within) for one in inner.expressions())


def _are_text(values: Values, tokens: Tokens) -> bool:
    """Whether something is the text of one of these events, as a generator around them may give it."""
    return any(isinstance(one, Token) and one.items == TEXT and one.origin == tokens.origin for one in values)


def _read_in(loop: ir.Loop, frame: Frame) -> Iterator[_Read]:
    captured = (one.value for one in frame.scope.bindings)  # what patterns give names
    for one in (*frame.scope.expressions(), *captured):
        if one is not None and max(loop.body_start, 0) <= one.start < loop.end:
            yield one, frame


def _keeps_all(loop: ir.Loop, scope: ir.Scope) -> bool:
    """Whether a loop puts each item as it is into something: `[event async for event in events]`, `events.append(event)`."""
    names = {scope.bindings[index].name for index in loop.targets}
    if loop.body_start < 0:
        made = (one for one in scope.expressions() if isinstance(one, ir.Comprehension) and loop in one.loops)
        return any(isinstance(one.element, ir.Name) and one.element.id in names for one in made)
    inside = (call for call in scope.calls if loop.body_start <= call.start < loop.end and len(call.arguments) == 1)
    given = (call.arguments[0] for call in inside if isinstance(call.function, ir.Attribute))
    return any(isinstance(one, ir.Name) and one.id in names for one in given)
