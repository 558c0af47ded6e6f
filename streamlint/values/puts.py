"""Where the text of a module puts something into a container, and under which names it makes containers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

from streamlint.model import syntax as ir
from streamlint.model.modules import Module

How = Literal["item", "each", "keyed", "merged"]
Named = tuple[int | None, str]
"""A variable by the scope that has it, or an attribute of whatever object (None); and its name."""

_ADDING: dict[str, int] = {"append": 0, "add": 0, "appendleft": 0, "put": 0, "put_nowait": 0, "insert": 1}
PUTTING = ("put", "put_nowait")
"""Methods that hand something over: of queues, whoever asks for it has another name for the queue."""
GETTING = frozenset(("get", "get_nowait"))
"""Methods that give what was handed over, the next of it."""
_JOINING = frozenset(("extend", "extendleft"))
_PASSING = frozenset(("setdefault", "get"))
"""Methods that give what stands in a container: `registry.setdefault(kind, []).append(function)`."""
_MADE = (ir.Sequence, ir.Mapping, ir.Comprehension, ir.Call)


@dataclass(frozen=True, eq=False)
class Put:
    """One place that puts a value into what `base` is: as an item, each item of it, under a key, or all its keys.

    The key of an item is that of the dict in which its list stands.
    """

    module: Module
    scope: ir.Scope
    base: ir.Expression
    how: How
    value: ir.Expression
    key: ir.Expression | None = None
    path: tuple[int, ...] = ()
    hands_over: bool = False
    is_stored: bool = False
    """Whether it is `base[key] = value`, which is also known by its key where that is constant."""

    @cached_property
    def named(self) -> Named:
        return name_of(self.base, self.module, self.scope)


class Puts:
    """What one module puts into containers, by the name of each; and the names of the containers that it makes."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.by_word: dict[str, list[Put]] = {}
        for scope in module.scopes:
            for put in self.of_scope(scope):
                self.by_word.setdefault(root_word(put.base), []).append(put)

    def of_scope(self, scope: ir.Scope) -> Iterator[Put]:
        """What one scope puts, wherever."""
        yield from self._called(scope)
        yield from self._stored(scope)
        yield from self._joined(scope)

    @cached_property
    def handed_over(self) -> tuple[Put, ...]:
        """What is put with the methods of queues, whatever the queue is called here."""
        return tuple(put for puts in self.by_word.values() for put in puts if put.hands_over)

    def _stored(self, scope: ir.Scope) -> Iterator[Put]:
        for store in scope.stores:
            if not store.is_attribute and store.key is not None:
                yield Put(self.module, scope, store.base, "keyed", store.value, store.key, store.path, is_stored=True)

    def _joined(self, scope: ir.Scope) -> Iterator[Put]:
        """`hooks += [audit]`, `self.tools |= {"fetch": fetch}`."""
        changes = [(change.target, change.value) for change in scope.changes if change.is_augmented]
        grown = (one for one in scope.bindings if one.kind == "augmented")
        changes += [(ir.Name(one.start, one.end, one.name, one.sources or None), one.value) for one in grown]
        for base, value in changes:
            if isinstance(value, ir.Sequence | ir.Mapping):
                how: How = "each" if isinstance(value, ir.Sequence) else "merged"
                yield Put(self.module, scope, base, how, value, _key_of(base) if how == "each" else None)

    def _called(self, scope: ir.Scope) -> Iterator[Put]:
        """Also `loop.call_soon_threadsafe(queue.put_nowait, token)`."""
        for call in scope.calls:
            if isinstance(call.function, ir.Attribute) and call.placed == len(call.arguments):
                yield from self._method(call, call.function, scope)
            for method, value in pairwise(call.arguments):
                if isinstance(method, ir.Attribute) and method.attribute in PUTTING:
                    yield Put(self.module, scope, method.base, "item", value, hands_over=True)

    def _method(self, call: ir.Call, function: ir.Attribute, scope: ir.Scope) -> Iterator[Put]:
        name, given, base = function.attribute, call.arguments, function.base
        position = _ADDING.get(name, 0 if name == "set" and len(given) == 1 else None)
        if position is not None and position < len(given):
            is_handed = name in PUTTING
            yield Put(self.module, scope, base, "item", given[position], _key_of(base), hands_over=is_handed)
        elif name in _JOINING and given:
            yield Put(self.module, scope, base, "each", given[0], _key_of(base))
        elif name in ("setdefault", "set") and len(given) == 2:
            yield Put(self.module, scope, base, "keyed", given[1], given[0])
        elif name == "update":
            yield from (Put(self.module, scope, base, "merged", one) for one in given[:1])
            for keyword, value in call.keywords:
                if keyword is not None:
                    key = ir.Constant(value.start, value.end, keyword)
                    yield Put(self.module, scope, base, "keyed", value, key)

    @cached_property
    def names(self) -> dict[tuple[int, int], list[Named]]:
        """By start and end of the expression that makes a container: under which names it is kept."""
        found: dict[tuple[int, int], list[Named]] = {}
        for named, value in self._kept():
            for part in ir.walk(value):
                if isinstance(part, _MADE):
                    found.setdefault((part.start, part.end), []).append(named)
        for names in found.values():
            names += [other for named in names for other in self._also.get(named, ())]
        return found

    @cached_property
    def _also(self) -> dict[Named, list[Named]]:
        """Other names of what has a name: `listeners = subscribers`."""
        found: dict[Named, list[Named]] = {}
        for scope in self.module.scopes:
            for binding in scope.bindings:
                value = binding.value if binding.kind == "assign" and not binding.path else None
                if isinstance(value, ir.Name | ir.Attribute) and root_word(value) != binding.name:
                    owner = self._owner(binding.name, self.module.scopes[binding.scope])
                    other = (None if scope.kind == "class" else owner, binding.name)
                    found.setdefault(name_of(value, self.module, scope), []).append(other)
            for store in scope.stores:
                if store.is_attribute and isinstance(store.value, ir.Name | ir.Attribute) and not store.path:
                    found.setdefault(name_of(store.value, self.module, scope), []).append((None, store.member))
        return found

    def _kept(self) -> Iterator[tuple[Named, ir.Expression]]:
        for scope in self.module.scopes:
            for binding in scope.bindings:
                if binding.kind == "assign" and binding.value is not None:
                    owner = self.module.scopes[binding.scope]
                    yield (
                        (None if scope.kind == "class" else self._owner(binding.name, owner), binding.name),
                        binding.value,
                    )
            for store in scope.stores:
                yield (
                    (None, store.member) if store.is_attribute else name_of(store.base, self.module, scope),
                    store.value,
                )
        for puts in self.by_word.values():
            yield from ((put.named, put.value) for put in puts)

    def _owner(self, name: str, scope: ir.Scope) -> int | None:
        owner = self.module.uses.owner(name, scope)
        return owner.index if owner is not None else None


def _key_of(container: ir.Expression) -> ir.Expression | None:
    """Under which key of another one a container is kept that is named by it: `kind` of `kinds.setdefault(kind, [])`."""
    match container:
        case ir.Subscript(key=key):
            return key
        case ir.Call(function=ir.Attribute(attribute=method), arguments=(key, *_)) if method in _PASSING:
            return key
    return None


def root_word(expression: ir.Expression) -> str:
    """The name of the container in which something stands: `kinds` of `self.kinds[name]` and `kinds.setdefault(name, [])`."""
    root = _root(expression)
    if isinstance(root, ir.Attribute):
        return root.attribute
    return root.id if isinstance(root, ir.Name) else ""


def _root(expression: ir.Expression) -> ir.Expression:
    while True:
        match expression:
            case ir.Subscript(base=base):
                expression = base
            case ir.Call(function=ir.Attribute(base=base, attribute=method)) if method in _PASSING:
                expression = base
            case _:
                return expression


def name_of(expression: ir.Expression, module: Module, scope: ir.Scope) -> Named:
    root = _root(expression)
    if not isinstance(root, ir.Name):
        return None, root_word(root)
    owner = module.uses.owner(root.id, scope)
    return (owner.index if owner is not None else 0), root.id
