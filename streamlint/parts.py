"""The part of a file in which a place lies: the outermost function around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamlint.model import syntax as ir
    from streamlint.model.modules import Module

OUTSIDE = ""
"""The part of a file that is in no function: what is changed there may show everywhere."""


def part_of(module: Module | None, place: int) -> str:
    """The name of the outermost function around a place; its decorators belong to it."""
    if module is None:
        return OUTSIDE
    around = (scope for scope in module.scopes if scope.kind == "function" and _start(scope) <= place < scope.end)
    return next((module.qualified_name(scope) for scope in around), OUTSIDE)


def parts_of(module: Module | None) -> frozenset[str]:
    """The names of all functions of a file."""
    scopes = module.scopes if module is not None else ()
    return frozenset(module.qualified_name(scope) for scope in scopes if module and scope.kind == "function")


def _start(scope: ir.Scope) -> int:
    return min((decorator.start for decorator in scope.decorators), default=scope.start)
