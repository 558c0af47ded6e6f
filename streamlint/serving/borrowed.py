"""Which names that a file imports are read through it by other files: `from app import time`, `patch("app.time.sleep")`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamlint.project import Project

_WORD = re.compile(r"[^\W\d]\w*")


class Borrowed:
    """Of one project; a file is known to others by its last name alone, so that rather too much than too little is kept."""

    def __init__(self, project: Project) -> None:
        self._texts = project.modules.texts
        self._known: dict[tuple[Path, str], bool] = {}

    def of(self, path: Path, code: Iterable[str]) -> frozenset[str]:
        """Those of the names in some code of a file that it imports, and that others read through it."""
        words = {word for each in code for word in _WORD.findall(each)}
        imported = {one.name for one in self._texts.imports(path)} & words
        return frozenset(name for name in imported if self._is_read(path, name))

    def _is_read(self, path: Path, name: str) -> bool:
        if (path, name) not in self._known:
            self._known[path, name] = any(True for _ in self._readers(path, name))
        return self._known[path, name]

    def _readers(self, path: Path, name: str) -> Iterator[Path]:
        is_package = path.stem == "__init__"
        module = path.parent.name if is_package else path.stem
        for one, borrowed in self._texts.importing(name):
            if one != path and borrowed.module.rpartition(".")[2] in ((module, "") if is_package else (module,)):
                yield one
        for one in self._texts.saying((module,)):
            if one != path and self._texts.matches(one, self._read_as(one, module, name)):
                yield one

    def _read_as(self, reader: Path, module: str, name: str) -> re.Pattern[bytes]:
        """`app.time`, and `service.time` where the reader says `import app as service`; in texts too."""
        known = (one for one in self._texts.imports(reader) if module in (one.member, one.module.rpartition(".")[2]))
        names = {module, *(one.name for one in known)}
        return re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(names)))})\.{re.escape(name)}\b".encode())
