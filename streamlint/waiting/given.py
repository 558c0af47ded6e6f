"""What of the arguments of a call may decide whether a helper waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.model.deciding import Deciding
from streamlint.values import Values
from streamlint.values.arguments import left_out
from streamlint.values.call_sites import argument_of
from streamlint.values.domain import (
    Bound,
    Collection,
    Constant,
    External,
    Function,
    Instance,
    Llama,
    Member,
    Object,
    Partial,
    Value,
)

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame


class Given:
    """Reads calls of functions of the project."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self._deciding = Deciding()

    def of(self, function: Function, call: ir.Call, frame: Frame) -> dict[str, Values]:
        """The arguments of a call, where they may decide what blocks: callables, and constants that are asked for there."""
        located = self.evaluator.scope_of(function)
        if located is None:
            return {}
        given = self.evaluator.calls.arguments(function, call, frame)
        asked = self._deciding.asked(*located)
        absent = left_out(located[1], given)
        told = {name: values for name, values in absent.items() if name in asked}
        if told or any(self._tells(name in asked, values) for name, values in given.items()):
            return given | told
        if not call.is_plain:
            return {}
        is_bound = function.receiver is not None
        optional = (p for p in located[1].parameters if p.name in given and _is_nothing(p.default))
        filled = ((p.name, argument_of(call, located[1], p, is_bound)) for p in optional)
        return {name: given[name] for name, one in filled if one is not None and not _may_be_left_out(one, frame)}

    @staticmethod
    def _tells(is_asked: bool, values: Values) -> bool:
        return any(
            _is_callable(value) or _is_options(value) or (is_asked and (_is_constant(value) or _are_constants(value)))
            for value in values
        )


def _is_nothing(default: ir.Expression | None) -> bool:
    return isinstance(default, ir.Constant) and default.value is None


def _may_be_left_out(given: ir.Expression, frame: Frame) -> bool:
    """Whether a call hands on a parameter of the function around it that may have been left out there."""
    bindings = [frame.scope.bindings[index] for index in given.bindings or ()] if isinstance(given, ir.Name) else []
    names = {one.name for one in bindings if one.kind == "parameter"} - set(frame.arguments or ())
    return any(p.name in names and _is_nothing(p.default) for p in frame.scope.parameters)


def _is_options(value: Value) -> bool:
    """Whether a value is `*given` or `**options` with constants in it, or with nothing."""
    if not isinstance(value, Collection) or value.origin is not None:
        return False
    return not value.items or any(isinstance(one, Constant) for _, held in value.items for one in held)


def _is_constant(value: Value) -> bool:
    return isinstance(value, Constant | Member)


def _are_constants(value: Value) -> bool:
    """Constants over which a loop may go: `("slow", "quick")`."""
    if not isinstance(value, Collection) or value.kind == "dict" or not value.is_whole:
        return False
    return bool(value.items) and all(_is_constant(one) for _, held in value.items for one in held)


def _is_callable(value: Value) -> bool:
    return isinstance(value, Function | Partial | Object | Llama | External | Instance | Bound)
