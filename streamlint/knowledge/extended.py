"""The tables with what the user adds to them: rows for one name each, and names for the lists of names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from streamlint.knowledge.table import Row, read

KINDS = {"resources": "resource", "responses": "response", "contexts": "context"}
"""Tables to which rows of one kind can be added; those of any other table say their `kind`."""
LISTS = ("handed_on", "records", "cumulative", "disconnects", "untouched", "waiting", "pages", "servers")
"""Tables of names that can be made longer."""


def extended(table: str, rows: Iterable[Mapping[str, object]]) -> Row:
    """A shipped table, and behind its rows those of the user, which have a `name` where shipped ones have `names`."""
    shipped = read(table)
    added: dict[str, list[Mapping[str, object]]] = {}
    for row in rows:
        kind = KINDS.get(table) or str(row["kind"])
        added.setdefault(kind, []).append({**row, "names": [row["name"]]})
    behind = {kind: [*(row.values for row in shipped.rows(kind)), *more] for kind, more in added.items()}
    return Row({**shipped.values, **behind})
