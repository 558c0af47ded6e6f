"""Which methods of the project's workflows run when one of them is run: its steps, and those of the workflows that it was given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import Class, External, Function, Object, Values
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.values import Evaluator

_RUN = "run"


class RunSteps:
    """Asks for workflows by what is run, and for those that it takes in by `add_workflows`, wherever that is called."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        names = evaluator.knowledge.names
        self._marks, self._taking_in = names("llama_index_words", "steps"), names("llama_index_words", "taking-in")
        self._known: dict[Class, tuple[Function, ...]] = {}

    def begun_by(self, call: ir.Call, frame: Frame) -> Iterator[Function]:
        """The steps that a call of `run` begins, on the loop where it stands."""
        function = call.function
        if not isinstance(function, ir.Attribute) or function.attribute != _RUN:
            return
        pending = [*self._workflows(self.evaluator.value(function.base, frame))]
        seen = set(pending)
        while pending:
            made = pending.pop()
            yield from self._steps(made)
            further = [one for one in self._taken_in(made) if one not in seen]
            seen.update(further)
            pending.extend(further)

    def _workflows(self, values: Values) -> Iterator[Class]:
        """The classes of the project of which objects are workflows."""
        for value in values:
            made = Class(value.path, value.scope) if isinstance(value, Object) else None
            if made is not None and any(map(self._is_workflow, self.evaluator.attributes.lineage(made))):
                yield made

    def _is_workflow(self, base: object) -> bool:
        return isinstance(base, External) and self.evaluator.knowledge.llama.role(base.name) is Role.WORKFLOW

    def _steps(self, made: Class) -> tuple[Function, ...]:
        """The methods of a class that are marked as steps, those that it inherits too."""
        if made not in self._known:
            self._known[made] = tuple(self._marked(made))
        return self._known[made]

    def _marked(self, made: Class) -> Iterator[Function]:
        named = set[str]()
        for owner in self.evaluator.attributes.lineage(made):
            located = self.evaluator.scope_of(owner) if isinstance(owner, Class) else None
            if located is None:
                continue
            module, scope = located
            for method in module.inner(scope):
                if method.kind == "function" and method.name not in named:
                    named.add(method.name)
                    if any(map(self._is_mark, method.decorators)):
                        yield Function(module.path, method.index)

    def _is_mark(self, decorator: ir.Expression) -> bool:
        return last_word(decorator.function if isinstance(decorator, ir.Call) else decorator) in self._marks

    def _taken_in(self, made: Class) -> Iterator[Class]:
        """The workflows that a workflow hands to its steps by name."""
        above = set(self.evaluator.attributes.lineage(made))
        for word in sorted(self._taking_in):
            for module, scope, call in self.evaluator.callers.calls_of(word):
                if not isinstance(call.function, ir.Attribute):
                    continue
                frame = self.evaluator.any_call(module, scope)
                taking = self._workflows(self.evaluator.value(call.function.base, frame))
                if not above.isdisjoint(taking):
                    for _, given in call.keywords:
                        yield from self._workflows(self.evaluator.value(given, frame))
