"""How the arguments of a call meet the parameters of the function that it calls."""

from __future__ import annotations

from streamlint.immutable import immutable
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.activations import Frame
from streamlint.values.domain import Class


@immutable(slots=True)
class CallSite:
    """A call of a known function: where it stands, and how its arguments meet the parameters."""

    module: Module
    scope: ir.Scope
    call: ir.Call
    frame: Frame
    is_bound: bool
    made: Class | None = None
    """The class that a constructor call makes; None for `super().__init__()` and all other calls."""


def argument_of(call: ir.Call, scope: ir.Scope, parameter: ir.Parameter, is_bound: bool) -> ir.Expression | None:
    """The expression that a call gives for a parameter; None where it gives none, or hides it behind `*`."""
    return call.argument(position_of(scope, parameter, is_bound), parameter.name)


def may_hide(
    call: ir.Call, scope: ir.Scope, parameter: ir.Parameter, is_bound: bool, *, sees_keywords: bool = False
) -> bool:
    """Whether a call that names no argument for a parameter may give it one through `*`, or `**` that cannot be seen."""
    position = position_of(scope, parameter, is_bound)
    if position is None and parameter.kind == "positional":
        return False
    if call.hides_keywords and not sees_keywords:
        return True
    return position is not None and call.placed <= position and call.placed < len(call.arguments)


def position_of(scope: ir.Scope, parameter: ir.Parameter, is_bound: bool) -> int | None:
    """Where a call gives a parameter by position; None for what it can only name, or is bound to already."""
    positional = [p.name for p in scope.parameters if p.kind == "positional"]
    if parameter.kind != "positional":
        return None
    position = positional.index(parameter.name) - (1 if is_bound else 0)
    return position if position >= 0 else None
