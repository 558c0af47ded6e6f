"""What awaiting the run of a project's own workflow gives: what its steps say to `StopEvent(result=...)`."""

from __future__ import annotations

from collections.abc import Iterator

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.domain import NOTHING, UNKNOWN, Class, Object, Origin, Values
from streamlint.values.said import last_word
from streamlint.values.whole import Whole

_RESULT = "result"


class RunResults:
    """Knows a run by the call that began it; which of the steps ends it, nobody can tell."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator
        self._stops = evaluator.knowledge.names("llama_index_words", "stop-events")
        self._words = frozenset(name.rpartition(".")[2] for name in self._stops)

    def of(self, begun: Origin | None) -> Values:
        if begun is None:
            return UNKNOWN
        return self.evaluator.found(("run-result", begun), lambda: self._of(begun)) or UNKNOWN

    def _of(self, begun: Origin) -> Values:
        """Only where it is a stream, or something else that is known, tells it more than a name would."""
        found = [
            self.evaluator.value(given, self.evaluator.any_call(module, scope))
            for module, scope, given in self.given(begun)
        ]
        return self.evaluator.union(found) if found else NOTHING

    def given(self, begun: Origin) -> Iterator[tuple[Module, ir.Scope, ir.Expression]]:
        """What the steps of a run say that it gives, each with the step."""
        for owner in self._workflows(begun):
            located = self.evaluator.scope_of(owner)
            for method in located[0].inner(located[1]) if located is not None else ():
                for call in method.calls:
                    given = call.argument(None, _RESULT)
                    if located is not None and given is not None and self._is_stop(call, located[0], method):
                        yield located[0], method, given

    def _is_stop(self, call: ir.Call, module: Module, scope: ir.Scope) -> bool:
        if last_word(call.function) not in self._words:
            return False
        return not self._stops.isdisjoint(self.evaluator.names(call.function, self.evaluator.any_call(module, scope)))

    def _workflows(self, begun: Origin) -> Iterator[Class]:
        """The classes of which objects may be run there, and those that they inherit from."""
        module = self.evaluator.modules.load(begun.path)
        for scope in module.around(begun) if module is not None else ():
            for call in scope.calls:
                if (call.start, call.end) == (begun.start, begun.end) and isinstance(call.function, ir.Attribute):
                    assert module is not None
                    values = self.evaluator.value(call.function.base, self.evaluator.any_call(module, scope))
                    for value in values:
                        lineage = self.evaluator.attributes.lineage(value) if isinstance(value, Object) else ()
                        yield from (one for one in lineage if isinstance(one, Class))
                    return
