"""What the project stores under a name or a key, on what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from streamlint.model import syntax as ir
from streamlint.model.forms import Form
from streamlint.values.declared import Declared
from streamlint.values.domain import NOTHING, Values
from streamlint.values.said import Said, Stored
from streamlint.values.tested import outside_tests
from streamlint.values.whole import Whole

Held = Mapping[object, tuple[int, ...]]
"""By what holds it: the numbers of the rows that store something there."""


class Stores:
    """Words lead to the places that store; each is evaluated once and then known by what it stores on."""

    def __init__(self, evaluator: Whole, declared: Declared, standing: Callable[[str, Form], Iterable[Said]]) -> None:
        self.evaluator = evaluator
        self._declared = declared
        self._standing = standing
        self._stores: dict[str, list[Stored]] = {}
        self._items: dict[str, list[Stored]] = {}
        self._keyed: dict[str, list[Stored]] = {}
        self._changed: dict[tuple[str, bool], list[Stored]] = {}

    def of(self, member: str) -> list[Stored]:
        """The places that store under an attribute of this name."""
        if member not in self._stores:
            self._stores[member] = [
                row for said in self._standing(member, Form.STORED) for row in said.stores.get(member, ())
            ]
        return self._stores[member]

    def items(self, key: str) -> list[Stored]:
        """The places that store under this key, where it is constant."""
        if key not in self._items:
            self._items[key] = [row for said in self._standing(key, Form.ITEM) for row in said.items.get(key, ())]
        return self._items[key]

    def values(self, member: str, holder: object, *, is_attribute: bool) -> Values:
        """What the project stores under this name on what `holder` identifies, as in `Attributes.identity`."""
        rows = (self.of(member) if is_attribute else self.items(member)) if member else []
        return self._put_on(("stores" if is_attribute else "items", member), rows, holder) if rows else NOTHING

    def later(self, member: str, holder: object) -> Values:
        """What is stored under this name on what `holder` identifies, by others than its own methods, or changed in place."""
        rows = [row for row in self.of(member) if not _is_on_own(row)]
        stored = self._put_on(("outside", member), rows, holder) if rows else NOTHING
        return self.evaluator.union((stored, self.changed(member, holder, is_attribute=True)))

    def changed(self, member: str, holder: object, *, is_attribute: bool) -> Values:
        """Unknown where an attribute or constant key of this name is changed in place on what `holder` identifies."""
        wanted = (member, is_attribute)
        if wanted not in self._changed:
            rows = (row for said in self._standing(member, Form.CHANGED) for row in said.changed.get(member, ()))
            self._changed[wanted] = [row for row in rows if row[2].is_attribute is is_attribute]
        rows_of = self._changed[wanted]
        kind = "changed" if is_attribute else "changed item"
        return self._put_on((kind, member), rows_of, holder) if rows_of else NOTHING

    def under(self, word: str, key: str, holder: object) -> Values:
        """What the project stores under this key, which is written as a name that ends in `word`: `app[ENGINE] = ...`."""
        if word not in self._keyed:
            self._keyed[word] = [row for said in self._standing(word, Form.KEY) for row in said.keyed.get(word, ())]
        rows = self._keyed[word]
        return self._put_on(("keyed", word), rows, holder, key) if rows else NOTHING

    def _has_key(self, row: Stored, key: str) -> bool:
        module, scope, store = row
        keys = self.evaluator.keys(store.key, self.evaluator.any_call(module, scope)) if store.key is not None else ()
        return key in keys

    def _put_on(self, of: tuple[str, ...], rows: list[Stored], holder: object, key: str | None = None) -> Values:
        """What some rows put into `holder`, under a key where one is given; `of` tells these rows from others."""
        evaluator = self.evaluator
        held: Held = evaluator.solver.ask(of, lambda: self._held(rows), {}, {})
        numbers = held.get(holder)
        if numbers is None:
            return NOTHING
        # the numbers belong to the question: they may be others when the circle has come to rest
        return evaluator.found(("put", *of, key, numbers), lambda: self._values([rows[one] for one in numbers], key))

    def _values(self, rows: list[Stored], key: str | None) -> Values:
        evaluator = self.evaluator
        return evaluator.union(
            evaluator.at(evaluator.value(row[2].value, evaluator.any_call(row[0], row[1])), row[2].path)
            for row in outside_tests(rows, lambda row: row[0])
            if key is None or self._has_key(row, key)
        )

    def _held(self, rows: list[Stored]) -> Held:
        """By what holds it: the numbers of the rows that store something there."""
        evaluator, found = self.evaluator, dict[object, list[int]]()
        for number, (module, scope, store) in enumerate(rows):
            declared = self._declared.exact(store.base, module, scope)
            known = evaluator.value(store.base, evaluator.any_call(module, scope)) if declared is None else (declared,)
            for value in known:
                numbers = found.setdefault(evaluator.attributes.identity(value), [])
                if numbers[-1:] != [number]:
                    numbers.append(number)
        return {holder: tuple(numbers) for holder, numbers in found.items()}


def _is_on_own(row: Stored) -> bool:
    """Whether a method stores on its first parameter."""
    module, scope, store = row
    is_method = scope.parent >= 0 and module.scopes[scope.parent].kind == "class" and bool(scope.parameters)
    return is_method and isinstance(store.base, ir.Name) and store.base.id == scope.parameters[0].name
