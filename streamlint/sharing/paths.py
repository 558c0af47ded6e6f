"""Which expression of a call names a file or a folder, and whether only this request knows of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.model.modules import Module

if TYPE_CHECKING:
    from streamlint.project import Project

_PATH = "pathlib.Path."


class Paths:
    """Answers for the calls of `[[file]]` in the table of shared state."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.facts = project.knowledge.shared_state

    def named(self, call: ir.Call, names: Collection[str]) -> ir.Expression:
        """What says which file it is: the object of a method of `pathlib`, an argument of a function."""
        if isinstance(call.function, ir.Attribute) and any(name.startswith(_PATH) for name in names):
            return call.function.base
        position = 0 if self.facts.file_second.isdisjoint(names) else 1
        return call.argument(position, None) or call.function

    def is_own(self, path: ir.Expression, module: Module, scope: ir.Scope) -> bool:
        """Whether a part of it is made anew for each request: a temporary folder, a random name."""
        pending, seen = [(path, scope)], set[int]()
        while pending:
            current, around = pending.pop()
            if id(current) in seen:
                continue
            seen.add(id(current))
            frame = self.evaluator.any_call(module, around)
            if isinstance(current, ir.Call) and self.evaluator.names(current.function, frame) & self.facts.file_makers:
                return True
            pending += [(part, around) for part in current.children()]
            if isinstance(current, ir.Name):
                bound = (around.bindings[index] for index in current.bindings or ())
                pending += [(one.value, module.scopes[one.scope]) for one in bound if one.value is not None]
        return False
