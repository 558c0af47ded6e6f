"""Where a local name is used, in its own function and in those inside it, and what each use is part of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from streamlint.immutable import immutable
from streamlint.model import syntax as ir


@immutable(slots=True)
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
        self._known: dict[ir.Scope, dict[ir.Expression, ir.Expression]] = {}

    def of(self, name: ir.Name, scope: ir.Scope) -> tuple[Use, ...]:
        """Every use of the variable that `name` means in `scope`, this one included."""
        owner = self.owner(name.id, scope)
        if owner is None:
            return ()
        return tuple(
            Use(where, one, self._parents_in(where).get(one))
            for where, one in self._by_word.get(name.id, ())
            if self.owner(name.id, where) is owner
        )

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
    def _by_word(self) -> dict[str, list[tuple[ir.Scope, ir.Name]]]:
        found: dict[str, list[tuple[ir.Scope, ir.Name]]] = {}
        for scope in self.scopes:
            for name in dict.fromkeys(scope.names):
                found.setdefault(name.id, []).append((scope, name))
        return found

    def _parents_in(self, scope: ir.Scope) -> dict[ir.Expression, ir.Expression]:
        """What each expression of one function is part of: of most functions nobody asks that."""
        known = self._known.get(scope)
        if known is None:
            known = self._known[scope] = {}
            for expression in (*scope.expressions(), *scope.yields):
                known.update((child, expression) for child in expression.children())
        return known

    @cached_property
    def _parents(self) -> dict[ir.Expression, ir.Expression]:
        return {child: parent for scope in self.scopes for child, parent in self._parents_in(scope).items()}
