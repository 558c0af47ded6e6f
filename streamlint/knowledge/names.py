"""Tables of which each key holds a list of names, and where these stand; the code that asks for a list says what follows."""

from __future__ import annotations

from functools import cache

from streamlint.knowledge.table import Row, read


@cache
def names(table: str, key: str) -> frozenset[str]:
    """One list; a key that the table does not have is an error."""
    values = read(table).values[key]
    if not isinstance(values, dict):
        raise TypeError(f"`{key}` of `{table}` is not a table: {values!r}")
    return frozenset(Row(values).texts("names"))
