"""Where a local name is used, in its own function and in those inside it, and what each use is part of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from streamlint.immutable import immutable
from streamlint.model import syntax as ir


@immutable
class Use:
    """One place at which a name is read."""

    scope: ir.Scope
    name: ir.Name
    parent: ir.Expression | None
    """The expression around the name; None where the name stands alone, as in `return name` or `other = name`."""


class Uses:
    """The names of one module."""

    def __init__(self, scopes: Sequence[ir.Scope]) -> None:
        self.scopes = scopes

    def of(self, name: ir.Name, scope: ir.Scope) -> tuple[Use, ...]:
        """Every use of the variable that `name` means in `scope`, this one included."""
        owner = self.owner(name.id, scope)
        if owner is None:
            return ()
        return tuple(use for use in self._by_word.get(name.id, ()) if self.owner(name.id, use.scope) is owner)

    def owner(self, word: str, scope: ir.Scope) -> ir.Scope | None:
        """The scope whose variable a name is; None for builtins and star imports."""
        current, is_own = scope, True
        while True:
            if word in current.by_name and (is_own or current.kind != "class"):
                return current
            if current.parent < 0:
                return None
            current, is_own = self.scopes[current.parent], False

    def parent(self, expression: ir.Expression) -> ir.Expression | None:
        return self._parents.get(expression)

    def bindings(self, name: ir.Name, scope: ir.Scope) -> list[ir.Binding]:
        """All that give the variable a value."""
        owner = self.owner(name.id, scope)
        found = [owner.bindings[index] for index in owner.by_name[name.id]] if owner is not None else []
        return [binding for binding in found if binding.kind != "merge"]

    @cached_property
    def _by_word(self) -> dict[str, list[Use]]:
        found: dict[str, list[Use]] = {}
        for scope in self.scopes:
            for name in {id(name): name for name in scope.names}.values():
                found.setdefault(name.id, []).append(Use(scope, name, self._parents.get(name)))
        return found

    @cached_property
    def _parents(self) -> dict[ir.Expression, ir.Expression]:
        found: dict[ir.Expression, ir.Expression] = {}
        for scope in self.scopes:
            for expression in (*scope.expressions(), *scope.yields):
                found.update((child, expression) for child in expression.children())
        return found
