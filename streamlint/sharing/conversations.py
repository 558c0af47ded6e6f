"""Conversations that a caller finds by a key: whether all requests are given the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.running.memos import Memos
from streamlint.sharing.lifetimes import Lifetimes
from streamlint.streams.mismatches import Mismatches
from streamlint.values import Values
from streamlint.values.activations import Frame
from streamlint.values.domain import UNKNOWN, Collection, Constant, Instance, Origin, known

if TYPE_CHECKING:
    from streamlint.project import Project

_CONFIG, _KEYS = "config", "configurable"
_FINDER = "get_session_history"
_KEEPER = "checkpointer"


class Conversations:
    """Follows LangChain's runnables with a history and LangGraph's graphs with a checkpointer, which `config` tells the key."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self._lifetimes, self._memos = project.ask(Lifetimes), project.ask(Memos)
        self._mismatches = project.ask(Mismatches)
        names = project.knowledge.names
        self._asks = names("conversations", "asks")
        self._by_session, self._histories = names("conversations", "by-session"), names("conversations", "histories")

    def may_be_shared(self, call: ir.Call) -> bool:
        """Whether a call asks something in the way in which such a conversation is asked, by its words."""
        return (
            isinstance(call.function, ir.Attribute)
            and call.function.attribute in self._asks
            and _told(call) is not None
        )

    def shared(self, call: ir.Call, frame: Frame) -> tuple[ir.Expression, Origin] | None:
        """What a call asks, and where it was made, if all requests go on with one conversation of it."""
        if not self.may_be_shared(call) or not isinstance(call.function, ir.Attribute):
            return None
        asked = call.function.base
        origins = [
            value.origin if isinstance(value, Instance) else None for value in known(self.evaluator.value(asked, frame))
        ]
        if not origins or origins[0] is None:
            return None
        names_one = self._names_one(call, frame)
        if all(one is not None and self._is_one(one, names_one) for one in origins):
            return asked, origins[0]
        return None

    def _is_one(self, origin: Origin, names_one: bool) -> bool:
        located = self._mismatches.call_at(origin) if self._lifetimes.is_made_once(origin) else None
        if located is None:
            return False
        made, frame = located[2], self.evaluator.any_call(*located[:2])
        if not self.evaluator.names(made.function, frame) & self._by_session:
            keeper = made.argument(None, _KEEPER)
            return names_one and keeper is not None and not isinstance(keeper, ir.Constant)
        finder = made.argument(1, _FINDER)
        found = self.evaluator.value(finder, frame) if finder is not None else frozenset()
        histories = list(self.evaluator.calls.results(found, (), {}, frame))
        return bool(histories) and all(
            isinstance(one, Instance) and one.name in self._histories and self._is_kept(one.origin, names_one)
            for one in histories
        )

    def _is_kept(self, origin: Origin | None, names_one: bool) -> bool:
        """Whether a history is the same for all requests: it is made once, or kept under the key that all of them name."""
        module = self.evaluator.modules.load(origin.path) if origin is not None else None
        if origin is None or module is None:
            return False
        return self._lifetimes.is_made_once(origin) or (names_one and self._has_key(origin, module))

    def _has_key(self, origin: Origin, module: Module) -> bool:
        scope = next((one for one in module.around(origin) if one.is_function), None)
        if scope is None:
            return False
        return self._memos.key_of(origin.start, origin.end, self.evaluator.any_call(module, scope)) is not None

    def _names_one(self, call: ir.Call, frame: Frame) -> bool:
        """Whether the keys of the conversation that a call names are constants."""
        told = _told(call)
        keys = self._items(self.evaluator.value(told, frame), _KEYS) if told is not None else None
        given = self._items(keys, None) if keys is not None else None
        return bool(given) and given is not None and all(isinstance(one, Constant) for one in given)

    @staticmethod
    def _items(values: Values, key: str | None) -> Values | None:
        """What a dict holds under a key, or under all of them; None where not all of it is known."""
        (value, *others) = values or UNKNOWN
        if others or not isinstance(value, Collection) or value.kind != "dict" or not value.is_whole:
            return None
        return frozenset(one for name, held in value.items if key in (name, None) for one in held)


def _told(call: ir.Call) -> ir.Expression | None:
    return call.argument(1, _CONFIG)
