"""What frameworks call or make with what a request says, whoever else does: routes, and what `Depends(...)` names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.domain import Bound, Class, External, Function, Instance
from streamlint.values.said import last_word
from streamlint.values.whole import Whole


class Requested:
    """Looks at the decorators of a function, and at the calls that name a dependency where its name stands too."""

    def __init__(self, evaluator: Whole, spellings: Callable[[str], list[str]]) -> None:
        self.evaluator = evaluator
        self._spellings = spellings
        self._dependencies = evaluator.knowledge.objects.dependencies
        self._words = frozenset(name.rpartition(".")[2] for name in self._dependencies)

    def is_called(self, made: Class | Function) -> bool:
        """Whether a request may come to a function, or to the constructor of a class, by no call of the project."""
        key = ("requested", made.path, made.scope)
        return self.evaluator.solver.ask(key, lambda: self._is_called(made), False, False)

    def _is_called(self, made: Class | Function) -> bool:
        located = self.evaluator.scope_of(made)
        if located is None:
            return False
        return self._is_registered(*located) or self._is_dependency(made, self._spellings(located[1].name))

    def _is_registered(self, module: Module, scope: ir.Scope) -> bool:
        frame = self.evaluator.any_call(module, module.scopes[scope.parent])
        frameworks = self.evaluator.knowledge.frameworks
        for decorator in scope.decorators:
            named = decorator.function if isinstance(decorator, ir.Call) else decorator
            for value in self.evaluator.value(named, frame):
                match value:
                    case Bound(receiver=Instance(name=owner), name=method) if frameworks.decorator(owner, method):
                        return True
                    case External(name=name) if frameworks.call(name):
                        return True
        return False

    def _is_dependency(self, made: Class | Function, words: list[str]) -> bool:
        """Whether a call that names a dependency by one of these words means this one."""
        for module, scope, call, given in (row for word in words for row in self._told.get(word, ())):
            frame = self.evaluator.any_call(module, scope)
            if not self._dependencies.isdisjoint(self.evaluator.names(call.function, frame)) and any(
                isinstance(one, Class | Function) and (one.path, one.scope) == (made.path, made.scope)
                for one in self.evaluator.value(given, frame)
            ):
                return True
        return False

    @cached_property
    def _told(self) -> dict[str, list[tuple[Module, ir.Scope, ir.Call, ir.Expression]]]:
        """The calls that may name a dependency, by the last word of what they name."""
        found: dict[str, list[tuple[Module, ir.Scope, ir.Call, ir.Expression]]] = {}
        for module in self.evaluator.modules.saying(*self._words):
            for scope in module.scopes:
                for call, beside in self._calls(module, scope):
                    given = call.argument(0, "dependency") or beside
                    if given is not None:
                        found.setdefault(last_word(given), []).append((module, scope, call, given))
        return found

    def _calls(self, module: Module, scope: ir.Scope) -> Iterator[tuple[ir.Call, ir.Expression | None]]:
        """Those of a scope, with the type for which `Depends()` stands where it names none."""
        parameters = [one for inner in module.inner(scope) for one in inner.parameters]
        types = {one.default: one.annotation for one in parameters if one.default is not None}
        for call in scope.calls:
            if last_word(call.function) in self._words:
                yield call, types.get(call)
        for annotation in (*(one.annotation for one in parameters), *(one.value for one in scope.bindings)):
            if isinstance(annotation, ir.Subscript) and isinstance(annotation.key, ir.Sequence):
                for one in annotation.key.items[1:]:
                    if isinstance(one, ir.Call) and last_word(one.function) in self._words:
                        yield one, annotation.key.items[0]
