"""How far the walk over a module has come: the scope, the branch, and the bindings that reach this place."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeAlias

from streamlint.model import syntax as ir

Environment: TypeAlias = dict[str, tuple[int, ...]]
ReadExpression: TypeAlias = Callable[[ast.expr], ir.Expression]
ReadBlock: TypeAlias = Callable[[list[ast.stmt]], ir.Block]
_BUILTIN_NAMES = frozenset(dir(builtins))


class Way(NamedTuple):
    """A block that has been read: what holds after it, and whether it never comes to its end."""

    environment: Environment
    dead: bool
    block: ir.Block


class Exits(NamedTuple):
    """What holds where a loop is left, and where a step of it is."""

    breaks: list[Environment]
    continues: list[Environment]


class Walk:
    """What all readers of one module share: where they are, and what is bound there."""

    def __init__(self, length: int) -> None:
        self.scopes: list[ir.Scope] = []
        self.summary = ir.Summary(self.scopes)
        self.environment: Environment = {}
        self.dead = False
        self.branch = -1
        self.elsewhere: dict[str, int] = {}
        """By name that is `global` or `nonlocal`: the scope that it belongs to."""
        self.loop_exits: list[Exits] = []
        self.is_clause = False
        """Whether the target of a comprehension is read, whose names end with it."""
        self._outside: dict[tuple[int, str], int] = {}
        """By scope and name: the binding that stands for what lies around."""
        self._known: dict[tuple[int, ...], tuple[int, ...]] = {}
        self.scope = self.new_scope("module", "", 0, length)

    def new_scope(self, kind: str, name: str, start: int, end: int) -> ir.Scope:
        parent = self.scope.index if self.scopes else -1
        scope = ir.Scope(len(self.scopes), kind, name, parent, start, end)  # type: ignore[arg-type]  # a closed set
        self.scopes.append(scope)
        return scope

    @contextmanager
    def inside(self, scope: ir.Scope) -> Iterator[None]:
        kept = (self.scope, self.environment, self.dead, self.branch, self.elsewhere, self.loop_exits)
        self.scope, self.environment, self.dead, self.branch = scope, {}, False, -1
        self.elsewhere, self.loop_exits = {}, []
        try:
            yield
        finally:
            self.scope, self.environment, self.dead, self.branch, self.elsewhere, self.loop_exits = kept

    def new_branch(self, parent: int, decision: int, arm: str, test: ir.Expression | None = None) -> int:
        self.scope.branches.append(ir.Branch(parent, decision, arm, test))
        return len(self.scope.branches) - 1

    def bind(self, name: str, kind: ir.BindingKind, span: tuple[int, int], **facts: object) -> int:
        binding = ir.Binding(name, kind, self.scope.index, *span, **facts)  # type: ignore[arg-type]  # checked by callers
        index = len(self.scope.bindings)
        self.scope.bindings.append(binding)
        target, alone = self.elsewhere.get(name), (index,)
        if target is None:
            if not self.is_clause:
                self.scope.lent_names.discard(name)
            elif name not in self.scope.by_name:
                self.scope.lent_names.add(name)
            _add(self.scope.by_name, name, alone)
        else:
            _bind_from_inside(self.scopes[target], binding)
        self.environment[name] = alone
        return index

    def merge(self, environments: Iterable[Environment]) -> Environment:
        """What holds where any of these may hold."""
        ways = list(environments)
        merged: Environment = dict(ways[0]) if ways else {}
        for environment in ways[1:]:
            for name, bindings in environment.items():
                known = merged.get(name)
                if known is None:
                    merged[name] = bindings
                elif known is not bindings and known != bindings:
                    merged[name] = self._joined((*known, *bindings))
        if self.scope.kind in ("module", "class"):
            fewer = [environment.keys() for environment in ways if len(environment) < len(merged)]
            for name in sorted(set[str]().union(*(merged.keys() - names for names in fewer))):
                merged[name] = self._joined((*merged[name], *self.outside(name)))
        return merged

    def _joined(self, bindings: tuple[int, ...]) -> tuple[int, ...]:
        """These bindings, each once; the same ones are one object."""
        found = tuple(dict.fromkeys(bindings))
        return self._known.setdefault(found, found)

    def outside(self, name: str) -> tuple[int, ...]:
        """What a name of a module or class means where it is not bound there: perhaps what a star import or Python gives."""
        is_class = self.scope.kind == "class"
        if not is_class and not (self.scope.kind == "module" and (self.summary.star_imports or name in _BUILTIN_NAMES)):
            return ()
        key = (self.scope.index, name)
        if key not in self._outside:
            self._outside[key] = len(self.scope.bindings)
            self.scope.bindings.append(
                ir.Binding(name, "outside", self.scope.index, self.scope.start, self.scope.start)
            )
        return (self._outside[key],)

    def join(self, ways: list[Way]) -> None:
        """Continue with what the ways that do not leave have in common."""
        living = [way.environment for way in ways if not way.dead]
        self.dead = not living
        self.environment = self.merge(living or [way.environment for way in ways])

    def thrown(self, before: Environment, mark: int) -> Environment:
        """What may hold where an error ended a block: what held before it, and what it may have bound since the `mark`."""
        thrown = dict(before)
        for index in range(mark, len(self.scope.bindings)):
            name = self.scope.bindings[index].name
            if self.scope.bindings[index].kind != "outside":
                thrown[name] = self._joined((*(thrown.get(name) or self.outside(name)), index))
        return thrown

    def owner(self, name: str) -> int:
        """The function around this one that a `nonlocal` name belongs to."""
        nearest = index = self.scope.parent
        while index > 0:
            if self.scopes[index].is_function and name in self.scopes[index].by_name:
                return index
            index = self.scopes[index].parent
        return nearest


def _bind_from_inside(outer: ir.Scope, binding: ir.Binding) -> None:
    """Bind a name of an outer scope that an inner one declares `global` or `nonlocal`."""
    alone = (len(outer.bindings),)
    if binding.name not in outer.by_name:
        outer.lent_names.add(binding.name)
    _add(outer.by_name, binding.name, alone)
    _add(outer.from_inside, binding.name, alone)
    outer.bindings.append(binding)


def _add(found: dict[str, ir.Bindings], name: str, alone: tuple[int]) -> None:
    """Add a binding to those of its name, most of which are the only one."""
    known = found.get(name)
    if known is None:
        found[name] = alone
    elif isinstance(known, list):
        known += alone
    else:
        found[name] = [*known, *alone]
