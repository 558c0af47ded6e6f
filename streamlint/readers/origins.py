"""From which call a value comes, through locals, helpers, callers and the fixtures of tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from streamlint.immutable import immutable
from streamlint.model import syntax as ir
from streamlint.values.domain import Function

if TYPE_CHECKING:
    from streamlint.model.modules import Module
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_DEEPEST = 8
_HANDS_ON = ("raise_for_status", "__enter__", "__aenter__")
"""Methods of an answer, or a client, that give it back."""
_RUNS = ("run", "run_until_complete", "wait_for")
"""Calls that give what the coroutine gives which they are given first."""
_FIXTURE = "fixture"


@immutable
class Made:
    """A call, and where it stands."""

    call: ir.Call
    module: Module
    scope: ir.Scope


Wanted = Callable[[ir.Call], bool]


class Origins:
    """Follows a value backward as far as one place after the other says where it comes from."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._evaluator = project.evaluator

    def of(self, value: ir.Expression, module: Module, scope: ir.Scope, wanted: Wanted) -> Iterator[Made]:
        """The calls of the wanted kind that the value may be the answer of."""
        yield from self._of(value, module, scope, wanted, _DEEPEST)

    def _of(self, value: ir.Expression, module: Module, scope: ir.Scope, wanted: Wanted, left: int) -> Iterator[Made]:
        if not left:
            return
        match value:
            case ir.Await(value=inner) | ir.Walrus(value=inner) | ir.Subscript(base=inner):
                yield from self._of(inner, module, scope, wanted, left - 1)
            case ir.Call() if wanted(value):
                yield Made(value, module, scope)
            case ir.Call():
                yield from self._of_call(value, module, scope, wanted, left - 1)
            case ir.Name():
                for binding in _reaching(value, module, scope):
                    yield from self._of_binding(binding, module, wanted, left - 1)

    def _of_call(self, call: ir.Call, module: Module, scope: ir.Scope, wanted: Wanted, left: int) -> Iterator[Made]:
        function = call.function
        if isinstance(function, ir.Attribute) and function.attribute in _HANDS_ON:
            yield from self._of(function.base, module, scope, wanted, left)
            return
        word = function.attribute if isinstance(function, ir.Attribute) else ir.dotted(function)
        if word in _RUNS and call.arguments:
            yield from self._of(call.arguments[0], module, scope, wanted, left)
            return
        for one in self._evaluator.value(function, self._evaluator.any_call(module, scope)):
            located = self._evaluator.scope_of(one) if isinstance(one, Function) else None
            if located is not None:
                yield from self._given(*located, wanted, left)

    def _given(self, module: Module, scope: ir.Scope, wanted: Wanted, left: int) -> Iterator[Made]:
        """What a function returns or yields."""
        for value in (*(item.value for item in scope.returns), *(item.value for item in scope.yields)):
            if value is not None:
                yield from self._of(value, module, scope, wanted, left)

    def _of_binding(self, binding: ir.Binding, module: Module, wanted: Wanted, left: int) -> Iterator[Made]:
        scope = module.scopes[binding.scope]
        if binding.kind == "parameter":
            yield from self._of_parameter(binding.name, module, scope, wanted, left)
        elif binding.kind in ("assign", "with") and binding.value is not None:
            yield from self._of(binding.value, module, scope, wanted, left)

    def _of_parameter(self, name: str, module: Module, scope: ir.Scope, wanted: Wanted, left: int) -> Iterator[Made]:
        for fixture_module, fixture in self._fixtures(name, module):
            yield from self._given(fixture_module, fixture, wanted, left)
        parameters = [each.name for each in scope.parameters]
        for site in self._evaluator.callers.of(Function(module.path, scope.index)):
            position = parameters.index(name) - site.is_bound
            given = site.call.argument(position if position >= 0 else None, name)
            if given is not None:
                yield from self._of(given, site.module, site.scope, wanted, left)

    def _fixtures(self, name: str, module: Module) -> Iterator[tuple[Module, ir.Scope]]:
        """The functions that make what a test is given under a name: in its own file, or in the nearest `conftest.py`."""
        modules = self._evaluator.modules
        around = (folder / "conftest.py" for folder in module.path.parents)
        for path in (module.path, *(path for path in around if path in modules.files)):
            where = modules.load(path)
            found = [scope for scope in (where.scopes if where is not None else ()) if _makes(scope, name)]
            if where is not None and found:
                yield from ((where, scope) for scope in found)
                return

    def frame(self, made: Made) -> Frame:
        return self._evaluator.any_call(made.module, made.scope)


def _makes(scope: ir.Scope, name: str) -> bool:
    if scope.kind != "function" or scope.name != name:
        return False
    words = scope.decorator_words | {
        ir.dotted(one.function).rpartition(".")[2] for one in scope.decorators if isinstance(one, ir.Call)
    }
    return any(word.endswith(_FIXTURE) for word in words)


def _reaching(name: ir.Name, module: Module, scope: ir.Scope) -> list[ir.Binding]:
    """The bindings that a name may have here; of a name from outside only one that is the only one."""
    if name.bindings is None:
        found = module.uses.bindings(name, scope)
        return found if len(found) == 1 else []
    pending, seen = list(name.bindings), set[int]()
    while pending:
        index = pending.pop()
        if index not in seen:
            seen.add(index)
            pending += scope.bindings[index].sources
    return [scope.bindings[index] for index in sorted(seen) if scope.bindings[index].kind != "merge"]
