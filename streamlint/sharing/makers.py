"""Objects that fail in every thread but the one that made them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.streams.mismatches import Mismatches
from streamlint.values import Values
from streamlint.values.domain import Bound, Constant, Instance, Origin
from streamlint.values.limits import Limit

if TYPE_CHECKING:
    from streamlint.project import Project

_MOST_FUNCTIONS = 400
_DEEPEST = 6


class Makers:
    """Answers with such an object as people write it, "" where there is none, and `TOO_MUCH` where a search is cut short."""

    TOO_MUCH = "too much to follow"

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.reach = project.reach
        self.mismatches = project.ask(Mismatches)
        self.makers = project.knowledge.shared_state.makers

    def used_by(self, call: ir.Call, module: Module, scope: ir.Scope) -> str:
        """What a call, or a function of the project behind it, uses and did not make there."""
        below = self._below(call, module, scope)
        if below is None:
            return self.TOO_MUCH
        kept = self._kept_by(call, below, module, scope)
        if kept:
            return kept
        used = [(call, module, scope)] + [(one, there, inner) for there, inner in below for one in inner.calls]
        for one, there, inner in used:
            made = list(self._receivers(one, there, inner))
            if any(self._maker(origin) and not _is_made_in(origin, below) for origin in made):
                function = one.function
                return there.text(function.base if isinstance(function, ir.Attribute) else function)
        return ""

    def _kept_by(self, call: ir.Call, below: list[tuple[Module, ir.Scope]], module: Module, scope: ir.Scope) -> str:
        """What the object that a call makes, or is a method of, keeps of this kind in an attribute, and uses later elsewhere."""
        functions = [function for function, where in self.reach.callees(module, scope) if where is call]
        located = filter(None, map(self.evaluator.scope_of, functions))
        classes = {(there.path, inner.parent) for there, inner in located if there.scopes[inner.parent].kind == "class"}
        for there, inner in below:
            for store in inner.stores if (there.path, inner.parent) in classes else ():
                if store.is_attribute and self.given_by(store.value, there, inner):
                    return f"{there.text(store.base)}.{store.member}"
        return ""

    def given_by(self, expression: ir.Expression, module: Module, scope: ir.Scope) -> bool:
        """Whether an expression gives one."""
        values = self.evaluator.value(expression, self.evaluator.any_call(module, scope))
        return any(self._maker(one) for one in _origins(values))

    def is_read_by_one(self, iterable: ir.Expression, module: Module, scope: ir.Scope) -> bool:
        """Whether what is iterated may only be read by the thread that made it, or what it was got from."""
        made = (one for call in _calls_behind(iterable, scope) for one in self._receivers(call, module, scope))
        return self.given_by(iterable, module, scope) or any(map(self._maker, made))

    def kept_between_steps(self, iterable: ir.Expression, module: Module, scope: ir.Scope) -> bool:
        """Whether a generator of the project makes one, and goes on with it in a later step, which may run in another thread."""
        below = self._below(iterable, module, scope)
        return below is None or any(self.given_by(one, there, inner) for there, inner in below for one in inner.calls)

    def _below(self, call: ir.Expression, module: Module, scope: ir.Scope) -> list[tuple[Module, ir.Scope]] | None:
        """The functions of the project that run in the thread to which a place is moved; None where they are too many."""
        functions = [function for function, where in self.reach.callees(module, scope) if where is call]
        pending = list(filter(None, map(self.evaluator.scope_of, functions)))
        seen: set[tuple[Path, int]] = set()
        found: list[tuple[Module, ir.Scope]] = []
        while pending:
            there, inner = pending.pop()
            if inner.is_async or (there.path, inner.index) in seen:
                continue
            if len(seen) >= _MOST_FUNCTIONS:
                self.evaluator.limits.note(Limit.FUNCTIONS, module.path, call.start)
                return None
            seen.add((there.path, inner.index))
            found.append((there, inner))
            located = (self.evaluator.scope_of(callee) for callee, _ in self.reach.callees(there, inner))
            pending += [one for one in located if one is not None]
        return found

    def _receivers(self, call: ir.Call, module: Module, scope: ir.Scope, depth: int = 0) -> Iterator[Origin]:
        """What a call is made on, and what that was got from: `cursor` and, before it, `connection`."""
        frame = self.evaluator.any_call(module, scope)
        for function in self.evaluator.value(call.function, frame):
            if isinstance(function, Bound):
                yield from _origins(frozenset((function.receiver,)))
        if depth > _DEEPEST:
            self.evaluator.limits.note(Limit.NAMES, module.path, call.start)
            return
        if isinstance(call.function, ir.Attribute):
            for made in _calls_behind(call.function.base, scope):
                yield from self._receivers(made, module, scope, depth + 1)

    def _maker(self, origin: Origin, depth: int = 0) -> bool:
        """Whether the call that made an object, or the one that it was taken from, ties it to its thread."""
        found = self.mismatches.call_at(origin)
        if found is None:
            return False
        module, scope, call = found
        if depth > _DEEPEST:
            self.evaluator.limits.note(Limit.NAMES, module.path, call.start)
            return True
        frame = self.evaluator.any_call(module, scope)
        names = self.evaluator.names(call.function, frame)
        if not names or not names <= self.makers.keys():
            return any(self._maker(one, depth + 1) for one in self._receivers(call, module, scope))
        if call.hides_keywords:
            return False
        said = (call.argument(None, self.makers[name]) for name in names)
        return all(one is None or self.evaluator.value(one, frame) == {Constant(True)} for one in said)


def _calls_behind(expression: ir.Expression, scope: ir.Scope) -> Iterator[ir.Call]:
    """The calls that give the value of an expression, directly or through a local name."""
    if isinstance(expression, ir.Call):
        yield expression
    for binding in scope.sources(expression):
        if binding.kind == "assign" and not binding.path and isinstance(binding.value, ir.Call):
            yield binding.value


def _origins(values: Values) -> Iterator[Origin]:
    for value in values:
        if isinstance(value, Instance) and value.origin is not None:
            yield value.origin


def _is_made_in(origin: Origin, functions: list[tuple[Module, ir.Scope]]) -> bool:
    return any(module.path == origin.path and scope.start <= origin.start < scope.end for module, scope in functions)
