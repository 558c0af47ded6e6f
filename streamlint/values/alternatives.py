"""Several things that an expression may be, as one answer: in an order, and without what says the same twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import islice

from streamlint.values.activations import Frame
from streamlint.values.domain import (
    GAVE_UP,
    NOTHING,
    PENDING,
    UNKNOWN,
    Bound,
    Collection,
    Constant,
    Coroutine,
    Function,
    Future,
    Generated,
    Iterated,
    OffLoop,
    Partial,
    Unknown,
    Value,
    Values,
)

MOST_ALTERNATIVES = 16
"""A crowd is nobody."""
_DETAILS = 8
_LEVELS = 3
_NUMBER = re.compile(r"\d+")
_DIGITS = 7
"""Of places in files that are read."""
_HOLDERS = (Bound, Function, Future, Partial, OffLoop, Generated, Iterated, Collection, Coroutine)
"""The values that hold others."""
_DISPLAYED = (Bound, Collection)
"""The values that one display may make several of."""


def alternatives(found: Iterable[Value]) -> Values:
    """These values as one answer; all that hold more than one value are made here, so that they have an order.

    Of the two ways to know nothing, "gave up" is the one that is told, and what one display may hold at one time or another is
    one value: a loop that puts a display into itself would make more and more of them.
    """
    made = found if isinstance(found, (set, frozenset)) else frozenset(found)
    if isinstance(made, InOrder):
        return made
    if len(made) > 1 and not made.isdisjoint(PENDING):
        made = made - PENDING
    if len(made) > 1 and not made.isdisjoint(GAVE_UP):
        made = made - UNKNOWN
    if len(made) < 2:
        return frozenset(made)
    held = [value for value in made if type(value) in _DISPLAYED]
    sources = [source for source in map(_source, held) if source is not None] if len(held) > 1 else []
    if len(sources) > 1 and len(set(sources)) < len(sources):
        displays = [value for value in held if _source(value) is not None]
        made = made.difference(displays) | _one_of_each(displays)
    return frozenset(made) if len(made) < 2 else InOrder(made)


class InOrder(frozenset[Value]):
    """Several alternatives, in an order that no hash seed and no order of questions changes."""

    __slots__ = ("_order",)

    def __iter__(self) -> Iterator[Value]:
        order: tuple[Value, ...] | None = getattr(self, "_order", None)
        if order is None:
            order = tuple(_sorted(list(super().__iter__())))
            self._order = order
        return iter(order)


def _sorted(values: list[Value]) -> list[Value]:
    places = {value: _place(value) for value in values}
    sharing = Counter(places.values())
    return sorted(values, key=lambda value: (places[value], _ordered(value) if sharing[places[value]] > 1 else ""))


def _ordered(value: Value) -> str:
    """What tells it from others of its place; a place further on comes later, however many digits it has."""
    return _NUMBER.sub(lambda number: number[0].zfill(_DIGITS), _spelled(value, _LEVELS))


def _source(value: Value) -> object:
    """What two values have in common that the same display made, or that are the same method of such; None for others."""
    match value:
        case Collection() if value.origin is not None:
            return value.kind, value.origin
        case Bound(receiver=Collection()):
            return _source(value.receiver) and (value.name, _source(value.receiver))
    return None


def _one_of_each(values: Iterable[Value]) -> set[Value]:
    found: dict[object, Value] = {}
    for value in values:
        known = found.get(_source(value))
        found[_source(value)] = value if known is None else _either(known, value)
    return set(found.values())


def _either(one: Value, other: Value) -> Value:
    if isinstance(one, Collection) and isinstance(other, Collection):
        return _both(one, other)
    assert isinstance(one, Bound)
    assert isinstance(other, Bound)
    return Bound(_either(one.receiver, other.receiver), one.name)


def _both(one: Collection, other: Collection) -> Collection:
    """What either of two values of the same display may hold; nothing is known of the whole where a limit has emptied one."""
    if not (one.items and other.items):
        is_known = one.is_whole and other.is_whole
        return Collection(one.kind, one.items or other.items if is_known else (), one.origin, is_known)
    return Collection(one.kind, _both_items(one, other), one.origin, one.is_whole and other.is_whole)


def _both_items(one: Collection, other: Collection) -> tuple[tuple[str | None, Values], ...]:
    if one.kind != "dict" and len(one.items) == len(other.items):
        pairs = zip(one.items, other.items, strict=True)
        return tuple((None, _pooled((first, second))) for (_, first), (_, second) in pairs)
    if one.kind != "dict":
        return ((None, _pooled(values for _, values in (*one.items, *other.items))),)
    merged: dict[str | None, Values] = {}
    for key, values in (*one.items, *other.items):
        merged[key] = _pooled((merged.get(key, NOTHING), values))
    return tuple(sorted(merged.items(), key=lambda item: (item[0] is None, item[0] or "")))


def _pooled(answers: Iterable[Values]) -> Values:
    found = alternatives(value for values in answers for value in frozenset.__iter__(values))
    return found if len(found) <= MOST_ALTERNATIVES else GAVE_UP


def _place(value: Value) -> tuple[str, str, str, int, int]:
    """What kind of value it is, what it is called, and where it was made; of a method, where its receiver was."""
    if isinstance(value, Unknown):
        return "Unknown", type(value).__name__, "", 0, 0
    name = str(getattr(value, "name", "") or getattr(value, "kind", "") or getattr(value, "items", ""))
    made = value.receiver if isinstance(value, Bound) else value
    origin = getattr(made, "origin", None)
    if origin is not None:
        return type(value).__name__, name, str(origin.path), origin.start, origin.end
    return type(value).__name__, name, str(getattr(made, "path", "")), getattr(made, "scope", 0), 0


def _spelled(part: object, left: int) -> str:
    """What tells two values of the same place apart: what is in them, some levels down."""
    if isinstance(part, Constant):
        return f"Constant(value={part.value!r})"  # as it would spell itself, in a tenth of the time
    if isinstance(part, (frozenset, tuple)):
        return f"{len(part)}[{','.join(_spelled(one, left) for one in islice(part, _DETAILS))}]"
    if not isinstance(part, _HOLDERS):
        return str(part)
    if not left:
        return str(_place(part))
    inner = [getattr(part, one.name) for one in fields(part) if one.compare and one.name != "frame"]
    held = _spelled_frame(part.frame, left - 1) if isinstance(part, (Function, Generated)) else ""
    return f"{_place(part)}{held}{[_spelled(one, left - 1) for one in inner]}"


def _spelled_frame(frame: Frame | None, left: int) -> str:
    spelled = ""
    while frame is not None:
        given = sorted((frame.arguments or {}).items())
        spelled += f"{frame.scope.index} {frame.depth} {[(name, _spelled(values, left)) for name, values in given]}"
        frame = frame.parent
    return spelled
