"""Which files of a project an edit can concern: those that imports connect with it, in either direction."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamlint.model.modules import Modules


def connected(modules: Modules, edited: Collection[Path]) -> frozenset[Path]:
    """The edited files, and all that an import leads to from them, or to them, over any number of files.

    A function is judged by what it calls and by who calls it, so a change can travel along imports both ways.
    """
    neighbours: dict[Path, set[Path]] = {}
    for path in modules.members:
        for imported in modules.imported_by(path):
            neighbours.setdefault(path, set()).add(imported)
            neighbours.setdefault(imported, set()).add(path)
    found: set[Path] = set()
    pending = list(edited)
    while pending:
        path = pending.pop()
        if path not in found:
            found.add(path)
            pending += neighbours.get(path, ())
    return frozenset(found)
