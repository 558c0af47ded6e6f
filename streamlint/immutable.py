"""Values that nobody changes, whose classes cost little to import, and which cost little to make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform, overload

Made = TypeVar("Made")


@overload
def immutable(cls: type[Made]) -> type[Made]: ...
@overload
def immutable(*, slots: bool = False, order: bool = False) -> Callable[[type[Made]], type[Made]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def immutable(cls: Any = None, *, slots: bool = False, order: bool = False) -> Any:
    """A dataclass whose fields nobody sets again, which the type checker sees to.

    What `dataclass(frozen=True)` compiles for each class takes half a millisecond, as long as the rest of a small module (measured
    with Python 3.11, 2026-11-27); one method of its own is enough, and the others are the same for all.
    """
    return _made(cls, slots, order) if cls is not None else lambda given: _made(given, slots, order)


def _made(cls: Any, slots: bool, order: bool) -> Any:
    if cls.__doc__ is None:
        cls.__doc__ = cls.__name__  # else it is made of the signature, which takes as long again
    given = vars(cls)
    made: Any = dataclass(eq=order, repr=False, slots=slots, order=order)(cls)
    parts = _parts(*(one.name for one in fields(made) if one.compare))

    def equal(self: Any, other: object) -> Any:
        return parts(self) == parts(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: Any) -> int:
        return hash(parts(self))

    for name, method in (("__eq__", equal), ("__hash__", hashed), ("__repr__", _shown)):
        if given.get(name) is None:  # a class with an `__eq__` of its own has None for its hash
            setattr(made, name, method)
    return made


def _parts(*names: str) -> Callable[[Any], Any]:
    return attrgetter(*names) if names else lambda _: ()


def _shown(self: Any) -> str:
    held = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({held})"
