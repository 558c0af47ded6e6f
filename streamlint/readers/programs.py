"""The files in Python that may ask the project's server, and what they ask: its own, its tests, those of its repository."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint import disk
from streamlint.project import Project
from streamlint.readers.calls import Calls
from streamlint.readers.repository import files_around
from streamlint.source import SIZE_LIMIT

if TYPE_CHECKING:
    from streamlint.discovery import Patterns
    from streamlint.model.modules import Module
    from streamlint.readers.asking import Ask


class Programs:
    """Each file is read once, and followed only where it holds a word of the route or imports a file that does."""

    def __init__(self, project: Project, exclude: Patterns) -> None:
        self._project = project
        self._exclude = exclude
        self._asks: dict[Path, tuple[Ask, ...]] = {}

    def asking(self, word: str) -> Iterator[Ask]:
        """The requests of those files that may hold an address with this word."""
        for project in (self._project, self._others):
            calls = Calls(project)
            for module in self._modules(project, word):
                if module.path not in self._asks:
                    self._asks[module.path] = calls.of(module)
                yield from self._asks[module.path]

    def _modules(self, project: Project, word: str) -> Iterator[Module]:
        modules = project.modules
        saying = set(modules.texts.saying((word,)))
        for path in modules.texts.saying(("json", "get_json", "data")):
            if path in saying or not saying.isdisjoint(modules.imported_by(path)):
                module = modules.load(path)
                if module is not None:
                    yield module

    @cached_property
    def _others(self) -> Project:
        """Those files of the repository that ask somebody and are no part of the project."""
        root = self._project.root
        own = self._project.modules.files
        found = [path for path in files_around(root, self._exclude) if path not in own and _asks_somebody(path)]
        return Project(root, found, knowledge=self._project.knowledge)


def _asks_somebody(path: Path) -> bool:
    try:
        content = disk.read_bytes(path, SIZE_LIMIT)
    except OSError:
        return False
    return b"json" in content and any(
        word in content for word in (b"requests", b"httpx", b"aiohttp", b"client", b"Client")
    )
