"""Whether what a host calls runs for many clients, or for the one who has started it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from streamlint.knowledge.signs import MANY_CLIENTS
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.domain import Constant

if TYPE_CHECKING:
    from streamlint.values import Evaluator

_ONE_CLIENT = Constant("stdio")


class Hosted(Protocol):
    """What a framework calls."""

    @property
    def framework(self) -> str: ...


class Hosts:
    """Looks for the calls that serve a host, of which the table tells where there is a choice: tool servers."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self._known: dict[str, bool] = {}

    def is_served(self, entry: Hosted) -> bool:
        """Whether the host of an entry point is served to many; others are always."""
        if entry.framework not in self._known:
            self._known[entry.framework] = self._is_served(entry.framework)
        return self._known[entry.framework]

    def _is_served(self, name: str) -> bool:
        framework = self.evaluator.knowledge.frameworks.framework(name)
        calls_of = self.evaluator.callers.calls_of
        if not framework.served_by or any(map(calls_of, framework.served_by)):
            return True
        chosen = ((row, keyword) for word, keyword in framework.served_with for row in calls_of(word))
        return any(self._is_over_network(*row, keyword) for row, keyword in chosen)

    def _is_over_network(self, module: Module, scope: ir.Scope, call: ir.Call, keyword: str) -> bool:
        """Whether a call that runs a server is told another transport than its standard input and output."""
        told, first = call.argument(None, keyword), call.argument(0, None)
        if told is None:
            return isinstance(first, ir.Constant) and first.value in MANY_CLIENTS
        return any(one != _ONE_CLIENT for one in self.evaluator.value(told, self.evaluator.any_call(module, scope)))
