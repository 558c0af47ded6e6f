"""How a knowledge table is read: TOML rows with typed access, parsed once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from streamlint.immutable import immutable


@immutable
class Row:
    """One table of a TOML file; a key that is absent gives the empty value of the type that is asked for."""

    values: Mapping[str, object]

    def text(self, key: str, default: str = "") -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str):
            raise TypeError(f"`{key}` is not a text: {value!r}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key, ())
        if not isinstance(value, list | tuple):
            raise TypeError(f"`{key}` is not a list: {value!r}")
        return tuple(str(item) for item in value)

    def flag(self, key: str, default: bool = False) -> bool:
        """True or false; the texts "true" and "false" count, since user rows hold texts only."""
        value = self.values.get(key, default)
        return value.lower() == "true" if isinstance(value, str) else bool(value)

    def number(self, key: str) -> int | None:
        """A whole number, or None; a text of digits counts, since user rows hold texts only."""
        value = self.values.get(key)
        if isinstance(value, str) and value.isdecimal():
            return int(value)
        if value is not None and not isinstance(value, int):
            raise TypeError(f"`{key}` is not a number: {value!r}")
        return value

    def real(self, key: str) -> float | None:
        """Any number, or None."""
        value = self.values.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise TypeError(f"`{key}` is not a number: {value!r}")
        return None if value is None else float(value)

    def mapping(self, key: str) -> dict[str, str]:
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise TypeError(f"`{key}` is not a table: {value!r}")
        return {str(name): str(item) for name, item in value.items()}

    def rows(self, key: str) -> Iterator[Row]:
        value = self.values.get(key, ())
        if not isinstance(value, list | tuple):
            raise TypeError(f"`{key}` is not a list of tables: {value!r}")
        for item in value:
            yield Row(item)


@cache
def read(name: str) -> Row:
    """The table `name`.toml beside this module."""
    return Row(tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text("utf-8")))
