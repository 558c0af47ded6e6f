"""Which tests ask for the system that the program runs on: behind `if sys.platform == "win32":` no server comes."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.knowledge.platforms import platforms
from streamlint.model import syntax as ir
from streamlint.values.domain import Constant
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.model.modules import Module
    from streamlint.project import Project
    from streamlint.values.activations import Frame


class Platforms:
    """Knows a test by what it names: the platform itself, or a function or constant of the project that is made of it."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator

    def holds(self, test: ir.Expression, frame: Frame) -> bool | None:
        """Whether such a test holds on a server; None where it is another one, or open."""
        if isinstance(test, ir.Operation) and test.operator == "Not":
            held = self.holds(test.operands[0], frame)
            return None if held is None else not held
        is_call = isinstance(test, ir.Call) and not test.arguments and not test.keywords
        named = test.function if isinstance(test, ir.Call) and is_call else test
        if isinstance(named, ir.Name | ir.Attribute):
            if last_word(named) not in self._named:
                return None
            values = {one.value if isinstance(one, Constant) else None for one in self.evaluator.value(test, frame)}
            return values == {True} if values in ({True}, {False}) else None
        return self.evaluator.truth(test, frame) if isinstance(test, ir.Operation | ir.Call) and _asks(test) else None

    @cached_property
    def _named(self) -> frozenset[str]:
        """The names of functions and constants that are made of the platform."""
        texts, modules = self.evaluator.modules.texts, self.evaluator.modules
        saying = texts.saying(name.rpartition(".")[2] for name in platforms().names)
        paths = (path for path in saying if any(texts.holds(path, name) for name in platforms().names))
        return frozenset(name for module in modules.among(paths) for name in _names(module))


def _names(module: Module) -> set[str]:
    returning = (one for one in module.scopes if one.kind == "function" and one.returns)
    functions = {one.name for one in returning if all(item.value and _asks(item.value) for item in one.returns)}
    constants = {
        one.name for one in module.summary.module.bindings if one.kind == "assign" and one.value and _asks(one.value)
    }
    return functions | constants


def _asks(expression: ir.Expression) -> bool:
    """Whether an expression names the platform, and nothing else that is no constant."""
    parts = tuple(ir.walk(expression))
    names = sum(ir.dotted(one) in platforms().names for one in parts if isinstance(one, ir.Attribute))
    return names > 0 and names == sum(isinstance(one, ir.Name) for one in parts)
