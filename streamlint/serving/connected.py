"""Which files of a project an edit, or a function that is served, can concern: those that imports connect with it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamlint.model.modules import Modules

_BY_NAME = "import_module"
_QUOTED = re.compile(rb"""["']([\w.\x80-\xff]+)["']""")


def connected(modules: Modules, files: Collection[Path]) -> frozenset[Path]:
    """These files, and all that an import leads to from them, or to them, over any number of files.

    A function is judged by what it calls and by who calls it, so a change can travel along imports both ways, and what runs for
    requests is connected with a file that serves them.
    """
    importing = modules.members.intersection(modules.texts.saying((_BY_NAME,)))
    named = {path: tuple(_named(modules, path)) for path in importing}
    neighbours: dict[Path, set[Path]] = {}
    for path in modules.around({*modules.members, *(each for found in named.values() for each in found)}):
        for imported in (*modules.imported_by(path), *named.get(path, ())):
            neighbours.setdefault(path, set()).add(imported)
            neighbours.setdefault(imported, set()).add(path)
    found: set[Path] = set()
    pending = list(files)
    while pending:
        path = pending.pop()
        if path not in found:
            found.add(path)
            pending += neighbours.get(path, ())
    return frozenset(found)


def _named(modules: Modules, path: Path) -> Iterator[Path]:
    """The files that a file may import by names in quotes."""
    for name in map(bytes.decode, dict.fromkeys(_QUOTED.findall(modules.texts.content(path)))):
        found = modules.resolve(path, name) if not name.startswith(".") else None
        if found is not None and found in modules.files:
            yield found
