"""What a module or package of the project has under a name: its own, a submodule, or what its `__getattr__` gives (PEP 562)."""

from __future__ import annotations

from pathlib import Path

from streamlint.values.domain import NOTHING, Constant, Function, ProjectModule, Values
from streamlint.values.whole import Whole

ASKED = "__getattr__"


class Members:
    """Looks names up in modules."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator

    def of(self, path: Path, name: str) -> Values:
        """A member of a module or package; empty where there is none."""
        found = self._defined(path, name)
        function = None if found else self._asked(path, name)
        if function is None:
            return found
        given = (frozenset((Constant(name),)),)
        return self.evaluator.calls.results(frozenset((function,)), given, {}, None)

    def fallback(self, path: Path, name: str) -> Function | None:
        """The function that Python asks for a name which a module does not have; None where it has it."""
        return None if self._defined(path, name) else self._asked(path, name)

    def put(self, path: Path, name: str) -> Values:
        """What other modules assign to an attribute of this one: `state.engine = ...`."""
        return self.evaluator.callers.stored(
            name, self.evaluator.attributes.identity(ProjectModule(path)), is_attribute=True
        )

    def _defined(self, path: Path, name: str) -> Values:
        evaluator = self.evaluator
        module = evaluator.modules.load(path) if path in evaluator.modules.files else None
        submodule = evaluator.modules.member(path, name) if module is None or module.is_package else None
        inside: Values = frozenset((ProjectModule(submodule),)) if submodule is not None else NOTHING
        if module is None or (inside and name not in module.summary.module.by_name and not module.summary.star_imports):
            return inside  # nobody need be asked who else puts something there
        return evaluator.named(module, name) or inside

    def _asked(self, path: Path, name: str) -> Function | None:
        modules = self.evaluator.modules
        module = modules.load(path) if path in modules.files and not name.startswith("__") else None
        if module is None:
            return None
        scope = module.summary.module
        bindings = (scope.bindings[index] for index in reversed(scope.by_name.get(ASKED, ())))
        return next((Function(path, one.target) for one in bindings if one.kind == "function"), None)
