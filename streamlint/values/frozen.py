"""Frozen values that are cheap to make and know their hash: many are made, and each is asked for it many times."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar, dataclass_transform

Made = TypeVar("Made")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[Made]) -> type[Made]:
    """A dataclass whose fields nobody sets again: the type checker sees to that, as at run time it would double the price."""
    made: Any = dataclass(slots=True, unsafe_hash=True)(cls)
    compute = made.__hash__

    def hashed(self: Any) -> int:
        known: int = self.hashed
        if not known:
            known = self.hashed = compute(self)
        return known

    made.__hash__ = hashed
    return made  # type: ignore[no-any-return]  # the class that was given, with slots


@frozen
class Hashed:
    """What has room for its hash; 0 where nobody has asked."""

    hashed: int = field(default=0, init=False, repr=False, compare=False)
