"""What every format comes down to: values by their keys, each with the place at which it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cached_property

from streamlint.immutable import immutable
from streamlint.source import Span

Keys = tuple[str | int, ...]
"""Names of tables and numbers of list entries, from the outermost in."""


@immutable(slots=True)
class Setting:
    """One value that holds no others. `value` is what a text says, and for all else what is written; `span` is all of it."""

    keys: Keys
    value: str
    span: Span
    inside: Span | None = None
    """Where the characters of `value` stand one by one; None where the file writes them otherwise."""
    is_text: bool = True


@immutable(slots=True)
class Fault:
    """Where a file is not what its format asks for; what stands behind it may be missing."""

    offset: int
    message: str


@immutable
class Document:
    """The settings of one file in their order, as far as it can be read."""

    settings: tuple[Setting, ...] = ()
    faults: tuple[Fault, ...] = ()
    places: Mapping[Keys, Span] = field(default_factory=dict)
    """Where the keys themselves stand, by the way to them; only of formats whose reader says so."""

    def under(self, *keys: str | int) -> Iterator[Setting]:
        """The settings in a table or list, however deep."""
        return iter(self._of_length(len(keys)).get(keys, ()) if keys else self.settings)

    def get(self, *keys: str | int) -> Setting | None:
        """The one value at these keys."""
        return next((each for each in self.under(*keys) if each.keys == keys), None)

    def _of_length(self, length: int) -> dict[Keys, list[Setting]]:
        """The settings by so many of their first keys: a table of ten thousand names is asked for each of them."""
        if length not in self._indexes:
            found: dict[Keys, list[Setting]] = {}
            for setting in self.settings:
                if len(setting.keys) >= length:
                    found.setdefault(setting.keys[:length], []).append(setting)
            self._indexes[length] = found
        return self._indexes[length]

    @cached_property
    def _indexes(self) -> dict[int, dict[Keys, list[Setting]]]:
        return {}

    def has(self, *keys: str | int) -> bool:
        return next(self.under(*keys), None) is not None

    def names(self, *keys: str | int) -> tuple[str | int, ...]:
        """The names of what stands in a table, in their order."""
        deeper = (each.keys[len(keys)] for each in self.under(*keys) if len(each.keys) > len(keys))
        return tuple(dict.fromkeys(deeper))
