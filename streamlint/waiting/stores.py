"""The vector store that an engine, a retriever or an index of LlamaIndex asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.streams.mismatches import Mismatches
from streamlint.values import Values
from streamlint.values.activations import Frame
from streamlint.values.domain import Constant, Llama, Origin, dotted_name

if TYPE_CHECKING:
    from streamlint.project import Project

_LEADING = ("vector_store", "storage_context", "index", "retriever", "query_engine")


class Stores:
    """Goes back from call to call: each says what its object was made of."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self._made_at = project.ask(Mismatches).call_at

    def behind(self, value: Llama) -> Llama | None:
        """The store; None where there is none, where it cannot be told, and where more than one may be meant."""
        seen: set[Origin] = set()
        current: Llama | None = value
        while current is not None and current.role is not Role.VECTOR_STORE:
            if current.origin is None or current.origin in seen:
                return None
            seen.add(current.origin)
            current = self._before(current.origin)
        return current

    def _before(self, origin: Origin) -> Llama | None:
        """What the object made there leads on to."""
        located = self._made_at(origin)
        if located is None:
            return None
        module, scope, call = located
        frame = self.evaluator.any_call(module, scope)
        for keyword in _LEADING:
            given = call.argument(None, keyword)
            if given is not None:
                return _only(self.evaluator.value(given, frame))
        if isinstance(call.function, ir.Attribute):
            base = _only(self.evaluator.value(call.function.base, frame))
            if base is not None:
                return base if call.function.attribute != "as_chat_engine" or self._retrieves(call, frame) else None
        first = call.argument(0, None)
        return _only(self.evaluator.value(first, frame)) if first is not None else None

    def _retrieves(self, call: ir.Call, frame: Frame) -> bool:
        """Whether the chat engine is of a mode that asks the index before the model."""
        mode = call.argument(0, "chat_mode")
        if mode is None:
            return not call.hides_keywords
        values = self.evaluator.value(mode, frame)
        said = {str(one.value) if isinstance(one, Constant) else dotted_name(one).rpartition(".")[2] for one in values}
        retrieving = self.evaluator.knowledge.names("llama_index_words", "retrieving-modes")
        return bool(said) and {one.lower() for one in said} <= retrieving


def _only(values: Values) -> Llama | None:
    """The one object that these may be; of vector stores of one class, whichever is made, any of them."""
    rest = [value for value in values if value != Constant(None)]
    only = rest[0] if rest else None
    if not isinstance(only, Llama):
        return None
    are_alike = all(isinstance(one, Llama) and one.role is Role.VECTOR_STORE and one.name == only.name for one in rest)
    return only if len(rest) == 1 or are_alike else None
