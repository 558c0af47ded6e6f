"""What frameworks call or make with what a request says, whoever else does: routes, and what `Depends(...)` names."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.activations import Frame
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
        return self._is_registered(*located) or any(self._named(made, frozenset(self._spellings(located[1].name))))

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

    def _named(self, made: Class | Function, words: frozenset[str]) -> Iterator[bool]:
        """For each call that names a dependency of this name whether it means this one."""
        modules = self.evaluator.modules
        near = {module.path for module in modules.saying(*words)}
        for module in modules.saying(*self._words):
            for scope in module.scopes if module.path in near else ():
                frame = self.evaluator.any_call(module, scope)
                for call, beside in self._told(module, scope):
                    given = call.argument(0, "dependency") or beside
                    if given is not None and last_word(given) in words and self._is_told(call, frame):
                        yield any(
                            isinstance(one, Class | Function) and (one.path, one.scope) == (made.path, made.scope)
                            for one in self.evaluator.value(given, frame)
                        )

    def _is_told(self, call: ir.Call, frame: Frame) -> bool:
        return not self._dependencies.isdisjoint(self.evaluator.names(call.function, frame))

    def _told(self, module: Module, scope: ir.Scope) -> Iterator[tuple[ir.Call, ir.Expression | None]]:
        """The calls that may name a dependency, with the type for which `Depends()` stands where it names none."""
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
