"""What the calls of a word mean, by the definition: those of one word are resolved together, and each once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.declared import Declared
from streamlint.values.domain import UNKNOWN, Class, Function, Values
from streamlint.values.said import Row
from streamlint.values.shapes import Shaped
from streamlint.values.whole import Whole

Definition = tuple[Path, int]
Meant = Mapping[Definition, tuple[tuple[int, bool], ...]]
"""By the scope of a function or class: the numbers of the rows that mean it, and whether they bring its first argument."""

_FEW = 32


class Meanings:
    """Resolves what is called: by what is declared of its receiver where that tells, else by its value."""

    def __init__(self, evaluator: Whole, declared: Declared) -> None:
        self.evaluator = evaluator
        self._declared = declared
        self._shaped: dict[str, Shaped] = {}

    def of(self, rows: list[Row], key: tuple[object, ...]) -> Meant:
        """What these calls mean; the key names them."""
        return self.evaluator.solver.ask(key, lambda: self._resolved(rows, key), {}, {}) if rows else {}

    def of_function(self, word: str, rows: list[Row], module: Module, scope: ir.Scope) -> list[tuple[int, bool]]:
        """Which of all calls of a word mean this function; those that it cannot take are not looked at."""
        if word not in self._shaped:
            self._shaped[word] = Shaped(rows)
        meant: list[tuple[int, bool]] = []
        for shape, alike, numbers in self._shaped[word].fitting(module, scope):
            found = self.of(alike, ("calls", word, shape)).get((module.path, scope.index), ())
            meant += [(numbers[number], is_bound) for number, is_bound in found]
        return sorted(meant)

    def _resolved(self, rows: list[Row], key: tuple[object, ...]) -> Meant:
        """A few calls at a time: what comes back to itself is resolved again, and that word may stand in thousands of calls."""
        if len(rows) <= _FEW:
            return self._resolved_at(rows, 0)
        found: dict[Definition, tuple[tuple[int, bool], ...]] = {}
        for start in range(0, len(rows), _FEW):
            resolve = partial(self._resolved_at, rows, start)
            some: Meant = self.evaluator.solver.ask((*key, start), resolve, {}, {})
            for definition, meant in some.items():
                found[definition] = found.get(definition, ()) + meant
        return found

    def _resolved_at(self, rows: list[Row], start: int) -> Meant:
        return by_definition((self._meaning(*row) for row in rows[start : start + _FEW]), start)

    def _meaning(self, module: Module, scope: ir.Scope, call: ir.Call) -> Values:
        method = self._declared.method(call.function, module, scope)
        if method is not None:
            return frozenset((method,))
        return self.evaluator.value(call.function, self.evaluator.any_call(module, scope))


def by_definition(rows: Iterable[Values], first: int = 0) -> Meant:
    """The functions and classes among the values of each row; the rows are numbered from `first`."""
    found: dict[Definition, list[tuple[int, bool]]] = {}
    for number, values in enumerate(rows, first):
        if values is UNKNOWN:
            continue
        for value in values:
            if isinstance(value, (Function, Class)):
                is_bound = isinstance(value, Function) and value.receiver is not None
                meant = found.setdefault((value.path, value.scope), [])
                if (number, is_bound) not in meant[-2:]:
                    meant.append((number, is_bound))
    return {definition: tuple(meant) for definition, meant in found.items()}
