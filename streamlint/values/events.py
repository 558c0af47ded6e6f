"""What the fields of a program's own events hold: `ctx.write_event_to_stream(Progress(msg=part.delta))`."""

from __future__ import annotations

from collections.abc import Iterator

from streamlint.knowledge.token_streams import TEXT
from streamlint.model.forms import Form
from streamlint.values.domain import NOTHING, Class, Object, Token, Values
from streamlint.values.whole import Whole


class Events:
    """Knows a field by its name: which of the events comes, nobody can tell."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator
        self._bases = evaluator.knowledge.names("llama_index_words", "events")

    def field(self, name: str) -> Values:
        """A piece of text where an event of the program is given one under this name; nothing where none is."""
        return self.evaluator.found(("event-field", name), lambda: self._field(name))

    def _field(self, name: str) -> Values:
        given = self.evaluator.union(self.evaluator.callers.field_values(one, name) for one in self._with(name))
        return (
            frozenset((Token(TEXT),)) if any(isinstance(one, Token) and one.items == TEXT for one in given) else NOTHING
        )

    def _with(self, name: str) -> Iterator[Object]:
        """The events that declare a field of this name."""
        for module in self.evaluator.modules.standing("Event", Form.BASE):
            for scope in module.scopes:
                if scope.kind != "class" or name not in scope.by_name:
                    continue
                if not self._bases.isdisjoint(self.evaluator.attributes.outside_bases(Class(module.path, scope.index))):
                    yield Object(module.path, scope.index)
