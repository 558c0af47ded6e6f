"""What is deployed together as one thing that can be asked: the files around the code, and the projects whose code it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from streamlint.deployment.limits import Failure
from streamlint.source import Source, UnreadableFile
from streamlint.surroundings.names import LARGEST

if TYPE_CHECKING:
    from streamlint.knowledge import Knowledge
    from streamlint.project import Project

Analysis = TypeVar("Analysis")


@dataclass(frozen=True)
class Expected:
    """What the project's owners say about its streams."""

    longest_silence: float = 300.0
    """Seconds between two tokens, at most."""
    longest_stream: float = 600.0
    """Seconds from the request to the last token, at most."""
    streaming_paths: tuple[str, ...] = ()
    """Paths that stream although no Python file here says so; `*` at the end stands for whatever follows."""

    def longest(self, failure: Failure) -> float:
        """How long a hop must let a stream go on that it may fail in this way."""
        return self.longest_stream if failure is Failure.TOTAL else self.longest_silence


class Deployment:
    """Read-only. `files` are those around the code, below `root`; `texts` stand in for files on the disk, and may grow.

    `owner` gives the project that a file of code belongs to; without it each project owns all its files.
    """

    def __init__(
        self,
        root: Path,
        knowledge: Knowledge,
        files: Callable[[], Iterable[Path]] = tuple,
        projects: Callable[[], Sequence[Project]] = tuple,
        *,
        texts: Mapping[Path, Source] | None = None,
        expected: Expected | None = None,
        owner: Callable[[Path], Project] | None = None,
    ) -> None:
        self.root = root
        self.knowledge = knowledge
        self.expected = expected or Expected()
        self._find_files = files
        self._find_projects = projects
        self._owner = owner
        self._texts = {} if texts is None else texts
        self._read: dict[Path, Source | None] = {}
        self._analyses: dict[Callable[[Deployment], Any], Any] = {}

    def ask(self, kind: Callable[[Deployment], Analysis]) -> Analysis:
        """The one analysis of this kind, made when somebody first asks for it: `deployment.ask(Commands).rows`."""
        if kind not in self._analyses:
            self._analyses[kind] = kind(self)
        answer: Analysis = self._analyses[kind]
        return answer

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The files whose names say that they may matter, in a fixed order."""
        return tuple(self._find_files())

    @cached_property
    def projects(self) -> tuple[Project, ...]:
        """The projects whose code is deployed."""
        return tuple(self._find_projects())

    def owns_any(self, project: Project, paths: Iterable[Path]) -> bool:
        """Whether a project has one of these files for itself: what it only sees, the project says to which it belongs."""
        if self._owner is None:
            return True
        owners = map(self._owner, paths)
        return any(owner is project or owner not in self.projects for owner in owners)

    def source(self, path: Path) -> Source | None:
        """The text of a file; None where it cannot be had."""
        if path in self._texts:
            return self._texts[path]
        if path not in self._read:
            try:
                self._read[path] = Source.read_any(path, LARGEST)
            except UnreadableFile:
                self._read[path] = None
        return self._read[path]
