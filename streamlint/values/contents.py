"""What the project puts into a container after it was made: lists, dicts, queues, context variables, sessions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from streamlint.model import syntax as ir
from streamlint.model.forms import Form
from streamlint.model.modules import Module
from streamlint.values.activations import Frame
from streamlint.values.alternatives import alternatives
from streamlint.values.domain import NOTHING, UNKNOWN, Collection, External, Instance, Origin, Value, Values
from streamlint.values.puts import PUTTING, Named, Put, Puts, name_of
from streamlint.values.truths import keys
from streamlint.values.whole import Whole

Held = Mapping[object, tuple[int, ...]]
Kept = tuple[Path, Named]


_TELLING = (ir.Name, ir.Attribute, ir.Call, ir.Await, ir.Closure)
"""What is followed into a local list or dict: most of them hold records that nobody calls."""


class Contents:
    """Names lead to the places that put; each is known by the container that it means, and read for each of its known callers."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator
        self._puts: dict[Module, Puts] = {}
        self._rows: dict[Kept, tuple[Put, ...]] = {}
        self._named_at: dict[Origin, tuple[Kept, ...]] = {}

    def of(self, container: Value, key: str | None = None, read_as: Kept | None = None) -> Values:
        """What is put under a key, or anywhere where that is None; nothing where nobody is seen to put anything.

        `read_as` is the name by which it is read, for a container that has none where it was made.
        """
        holder = _identity(container)
        if holder is None:
            return NOTHING
        if key is None and isinstance(container, Collection):
            key = container.under
        names = self._names(container) or ((read_as,) if read_as is not None else ())
        found = [self._named(holder, kept, key) for kept in names]
        if isinstance(container, Instance) and f"{container.name}.{PUTTING[0]}" in self._handing:
            found.append(self._from(self._handed_over, holder, ("handed over",), key))
        return self.evaluator.union(found)

    @cached_property
    def _handing(self) -> frozenset[str]:
        return self.evaluator.knowledge.names("computing", "hand-overs")

    @cached_property
    def _handed_over(self) -> tuple[Put, ...]:
        """What the project puts into queues, under whatever names those are handed around."""
        modules = (self.evaluator.modules.standing(word, Form.CALLED, Form.PASSED) for word in PUTTING)
        found = dict.fromkeys(module for some in modules for module in some)
        return tuple(put for module in found for put in self.of_module(module).handed_over)

    def is_added_to(self, container: Collection, key: str | None = None) -> bool:
        """Whether something is put into a local list, or under this key of a local dict, that is not followed."""
        return any(
            not isinstance(put.value, _TELLING) and _may_add(put, container, key)
            for path, named in self._names(container)
            if named[0]
            for put in self._put_under(path, named)
        )

    def is_named(self, container: Value) -> bool:
        """Whether a container has a name where it was made."""
        return bool(self._names(container))

    def name_of(self, expression: ir.Expression, frame: Frame) -> Kept:
        """Under which name an expression reads a container."""
        return frame.module.path, name_of(expression, frame.module, frame.scope)

    def _named(self, holder: object, kept: Kept, key: str | None) -> Values:
        return self._from(self._rows_of(kept), holder, kept, key)

    def _from(self, rows: tuple[Put, ...], holder: object, of: tuple[object, ...], key: str | None) -> Values:
        """What some rows put into one container; `of` tells these rows from others."""
        evaluator = self.evaluator
        if not rows:
            return NOTHING
        held: Held = evaluator.solver.ask(("containers", *of), lambda: self._held(rows), {}, {})
        numbers = held.get(holder)
        if numbers is None:
            return NOTHING
        puts = [rows[number] for number in numbers]
        # the numbers belong to the question: they may be others when the circle has come to rest
        return evaluator.found(("contents", numbers, *of, key), lambda: evaluator.union(self._values(puts, key)))

    def of_module(self, module: Module) -> Puts:
        """What one module puts into containers."""
        if module not in self._puts:
            self._puts[module] = Puts(module)
        return self._puts[module]

    # Names

    def _names(self, container: Value) -> tuple[Kept, ...]:
        """The names under which a container is kept where it was made."""
        if isinstance(container, External):
            return ((self.evaluator.modules.root, (None, container.name.rpartition(".")[2])),)
        origin = container.origin if isinstance(container, (Collection, Instance)) else None
        if origin is None:
            return ()
        known = self._named_at.get(origin)
        if known is None:
            known = self._named_at[origin] = tuple(self._names_at(origin))
        return known

    def _names_at(self, origin: Origin) -> Iterator[Kept]:
        module = self.evaluator.modules.load(origin.path)
        if module is not None:
            names = self.of_module(module).names.get((origin.start, origin.end), ())
            yield from ((module.path, named) for named in dict.fromkeys(names))

    def _rows_of(self, kept: Kept) -> tuple[Put, ...]:
        if kept not in self._rows:
            self._rows[kept] = tuple(self._find(*kept))
        return self._rows[kept]

    def _find(self, path: Path, named: Named) -> Iterator[Put]:
        return (put for put in self._put_under(path, named) if not named[0] or isinstance(put.value, _TELLING))

    def _put_under(self, path: Path, named: Named) -> Iterator[Put]:
        owner, word = named
        if owner:  # the variable of a function: nobody else sees it
            module = self.evaluator.modules.load(path)
            said = [self.of_module(module)] if module is not None else []
        else:
            said = [self.of_module(module) for module in self.evaluator.modules.standing(word, Form.FILLED)]
        for puts in said:
            yield from (put for put in puts.by_word.get(word, ()) if _may_mean(put.named[0], owner))

    def _held(self, rows: tuple[Put, ...]) -> Held:
        evaluator, found = self.evaluator, dict[object, list[int]]()
        for number, put in enumerate(rows):
            for value in evaluator.value(put.base, evaluator.any_call(put.module, put.scope)):
                holder = _identity(value)
                if holder is not None:
                    found.setdefault(holder, []).append(number)
        return {holder: tuple(dict.fromkeys(numbers)) for holder, numbers in found.items()}

    # Values

    def _values(self, puts: Iterable[Put], key: str | None) -> Iterator[Values]:
        for put in puts:
            for frame in self._frames(put):
                yield from self._in(put, key, frame)

    def _in(self, put: Put, key: str | None, frame: Frame) -> Iterator[Values]:
        evaluator = self.evaluator
        pairs = self._pairs(put, frame) if put.how == "keyed" and key is not None else None
        if pairs is not None:
            yield from (values for keys, values in pairs if _meets(keys, key or ""))
            return
        values = evaluator.at(evaluator.value(put.value, frame), put.path)
        if put.how == "merged":
            displays = [value for value in values if isinstance(value, Collection) and value.kind == "dict"]
            yield from (held for one in displays for name, held in one.items if key in (None, name) or name is None)
            if len(displays) < len(values):
                yield UNKNOWN
        elif put.key is None or key is None or _meets(evaluator.keys(put.key, frame), key):
            yield evaluator.element(values) if put.how == "each" else read_under(values, key)

    def _pairs(self, put: Put, frame: Frame) -> list[tuple[tuple[str | None, ...], Values]] | None:
        """What a loop over a display puts under which keys, step by step: `for name, make in (("a", one), ("b", other)): ...`."""
        key, value = (_loop_of(part, put.scope) for part in (put.key, put.value))
        if key is None or value is None or key.value is not value.value or key.value is None:
            return None
        evaluator = self.evaluator
        over = [one for one in evaluator.value(key.value, frame) if isinstance(one, Collection) and one.kind != "dict"]
        if len(over) != 1 or not over[0].is_whole or evaluator.attributes.added(over[0]):
            return None
        return [(keys(evaluator.at(item, key.path)), evaluator.at(item, value.path)) for _, item in over[0].items]

    def _frames(self, put: Put) -> tuple[Frame, ...]:
        """The calls of the function that puts, told apart where what it puts is what it was given."""
        evaluator = self.evaluator
        parts = (put.value,) if put.key is None else (put.value, put.key)
        if not put.scope.is_function or not any(_is_given(part, put) for part in parts):
            return (evaluator.any_call(put.module, put.scope),)
        return evaluator.callers.frames(put.module, put.scope)


def read_under(values: Values, key: str | None) -> Values:
    """Lists and sets of a dict, told apart by the key under which they are read, where they begin with nothing."""
    if key is None or not any(map(_is_fresh, values)):
        return values
    return alternatives(
        replace(one, under=key) if isinstance(one, Collection) and _is_fresh(one) else one for one in values
    )


def _is_fresh(value: Value) -> bool:
    return isinstance(value, Collection) and value.kind != "dict" and not value.items


def _loop_of(part: ir.Expression | None, scope: ir.Scope) -> ir.Binding | None:
    """The loop that gives a name its value, where nothing else does."""
    if not isinstance(part, ir.Name) or part.bindings is None or len(part.bindings) != 1:
        return None
    binding = scope.bindings[part.bindings[0]]
    return binding if binding.kind == "loop" else None


def _is_given(expression: ir.Expression, put: Put) -> bool:
    """Whether an expression is what its function, or one around it, was given."""
    if not isinstance(expression, ir.Name):
        return False
    owner = put.module.uses.owner(expression.id, put.scope)
    return owner is not None and any(parameter.name == expression.id for parameter in owner.parameters)


def _may_add(put: Put, container: Collection, key: str | None) -> bool:
    """Whether a local list or dict may have what is put there, for a dict under this key."""
    if container.kind != "dict":
        return True
    if not isinstance(put.base, ir.Name) or (key is not None and put.is_stored and isinstance(put.key, ir.Constant)):
        return False
    if put.how == "merged" and isinstance(put.value, ir.Mapping):
        return key is None or any(_may_be(name, key) for name, _ in put.value.items)
    return put.how in ("keyed", "merged") and (key is None or _may_be(put.key, key))


def _may_be(name: ir.Expression | None, key: str) -> bool:
    return not isinstance(name, ir.Constant) or str(name.value) == key


def _may_mean(owner: int | None, wanted: int | None) -> bool:
    """Whether a name of this owner may be the variable, or attribute, of the wanted one: other modules have it as theirs."""
    return owner == wanted or (not wanted and not owner)


def _meets(keys: tuple[str | None, ...], key: str) -> bool:
    return None in keys or key in keys


def _identity(value: Value) -> object:
    match value:
        case Collection(origin=origin) | Instance(origin=origin):
            return origin
        case External():
            return value
    return None
