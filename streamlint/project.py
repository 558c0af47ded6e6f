"""The linted project as one thing that can be asked: values, entry points, who runs what, what blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from streamlint.knowledge import Knowledge
from streamlint.knowledge.signs import conventions, entrances, hosts, is_worth_a_look
from streamlint.model.words import words_of
from streamlint.timings import ENTRY_POINTS, Effort, GivenUp, phase

if TYPE_CHECKING:
    from packaging.version import Version

    from streamlint.deployment import Deployment
    from streamlint.finding import Place
    from streamlint.model.modules import Module, Modules
    from streamlint.model.texts import Texts
    from streamlint.releases.versions import Versions
    from streamlint.serving import Entry, Reach
    from streamlint.serving.registering import Registering
    from streamlint.source import Source
    from streamlint.values import Evaluator

Analysis = TypeVar("Analysis")


def interesting(content: bytes, names: Iterable[str] = ()) -> bool:
    """Whether a file with this content can matter at all: cheap, and never wrong in the negative.

    `names` are dotted names that register functions, beside those of the frameworks.
    """
    words = words_of(content)
    return is_worth_a_look(words) or any(name.rpartition(".")[2].encode() in words for name in names)


class Project:
    """Read-only; complete before the first question that looks backwards (callers) is answered.

    `root` is the project's folder, `files` are all its Python files, `overlay` holds texts that stand in for files on disk.
    `configured` holds versions by package, `targets` those that beat them; `beside` holds the texts of files that say which
    packages are needed. With `from_environment`, what is installed here counts where the project says nothing.
    `deployment` gives what the project is part of when it runs.
    `earlier` is the same project with other texts; what is the same in both is neither read nor parsed again.
    `parsed` are modules of other projects of the same run, which may have files in common with this one, and `on_disk` the texts.
    """

    def __init__(
        self,
        root: Path,
        files: Sequence[Path],
        *,
        overlay: Mapping[Path, Source] | None = None,
        knowledge: Knowledge | None = None,
        configured: Mapping[str, str] | None = None,
        from_environment: bool = False,
        targets: Mapping[str, str] | None = None,
        beside: Mapping[Path, Source] | None = None,
        earlier: Project | None = None,
        deployment: Callable[[], Deployment] | None = None,
        parsed: dict[Path, Module] | None = None,
        on_disk: dict[Path, Source | None] | None = None,
    ) -> None:
        self.root = root
        self._find_deployment = deployment
        self._earlier = earlier
        self._parsed = parsed
        self._on_disk = on_disk
        self._files = tuple(files)
        self._overlay = dict(overlay or {})
        self.knowledge = knowledge or Knowledge()
        self._configured = configured or {}
        self._from_environment = from_environment
        self._targets = targets or {}
        self._beside = dict(beside or {})
        self._analyses: dict[Callable[[Project], Any], Any] = {}

    def ask(self, kind: Callable[[Project], Analysis]) -> Analysis:
        """The one analysis of this kind, made when somebody first asks for it: `project.ask(Blocking).of_call(call, frame)`."""
        if kind not in self._analyses:
            self._analyses[kind] = kind(self)
        answer: Analysis = self._analyses[kind]
        return answer

    @cached_property
    def deployment(self) -> Deployment:
        """What the project is part of when it runs; of a project that is looked at alone, only its code."""
        from streamlint.deployment import Deployment

        if self._find_deployment is not None:
            return self._find_deployment()
        return Deployment(self.root, self.knowledge, projects=lambda: (self,))

    @cached_property
    def modules(self) -> Modules:
        """The files that may hold an entry point or a stream, and all that they import; each is parsed when it is asked for."""
        from streamlint.model.modules import Modules
        from streamlint.releases.source_folders import source_folders

        knowledge = self.knowledge
        earlier = self._earlier.modules if self._earlier is not None else None
        roots = source_folders(self.root).imports
        named = knowledge.installed, knowledge.told
        return Modules(self.root, self._texts, self._entrances, *named, earlier, roots, self._parsed)

    @cached_property
    def _texts(self) -> Texts:
        from streamlint.model.texts import Texts

        earlier = self._earlier._texts if self._earlier is not None else None
        return Texts(self._files, self._overlay, earlier, self._on_disk)

    @cached_property
    def _entrances(self) -> tuple[Path, ...]:
        """The files whose words say that an entry point or a stream may be there; where there is none, nothing can be found."""
        texts = self._texts
        found = set(texts.saying(name.rpartition(".")[2] for name in self.knowledge.registering))
        for sign in entrances():
            found.update(path for path in texts.saying((sign,)) if "." not in sign or texts.holds(path, sign))
        for host in hosts():
            served = set(texts.saying(host.packages))
            found.update(served if served and texts.tells(host.served_by, host.told) else ())
        for name, methods in conventions():
            found.update(set(texts.saying((name,))).intersection(texts.saying(methods)))
        return tuple(path for path in texts.paths if path in found)

    @cached_property
    def evaluator(self) -> Evaluator:
        from streamlint.values import Evaluator

        return Evaluator(self.modules, self.knowledge)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every function that a framework calls."""
        if not self._entrances:
            return ()
        from streamlint.serving.entry_points import EntryPoints

        with phase(ENTRY_POINTS):
            modules = self.modules.among(self.registrars)
            return EntryPoints(self.evaluator, self.registering).find(modules) if modules else ()

    @cached_property
    def registering(self) -> Registering:
        """Which files may have something of a framework, by what they say."""
        from streamlint.serving.registering import Registering

        return Registering(self.modules, self.knowledge.frameworks, self.knowledge.registering)

    @property
    def registrars(self) -> frozenset[Path]:
        """The files in which a framework may be told of a function."""
        return self.registering.files if self._entrances else frozenset()

    @cached_property
    def reach(self) -> Reach:
        from streamlint.serving import Reach

        return Reach(self.evaluator, self.entries)

    @cached_property
    def versions(self) -> Versions:
        """Which releases of its packages the project uses, as seen from its root."""
        from streamlint.releases.dependency_files import DependencyFiles
        from streamlint.releases.versions import Versions

        if self._earlier is not None and self._earlier._beside == self._beside:
            return self._earlier.versions
        files = DependencyFiles(self._beside)
        return Versions(self.root, self._configured, self._from_environment, targets=self._targets, files=files)

    def version(self, package: str, path: Path | None = None) -> Version | None:
        """The exact version of a package, where it is known; as seen from `path` where that is given."""
        versions = self.versions if path is None else self.versions.near(path)
        return versions.version(package)

    def says(self, words: Iterable[str]) -> bool:
        """Whether the Python files of the project hold one of these texts, as far as the words of each tell."""
        return bool(self._texts.saying(words))

    def module(self, path: Path) -> Module | None:
        return self.modules.load(path)

    def entries_of(self, path: Path) -> tuple[Entry, ...]:
        return self._entries_by_path.get(path, ())

    @cached_property
    def _entries_by_path(self) -> dict[Path, tuple[Entry, ...]]:
        found: dict[Path, list[Entry]] = {}
        for entry in self.reach.entries:
            found.setdefault(entry.module.path, []).append(entry)
        return {path: tuple(entries) for path, entries in found.items()}

    def concerns(self, path: Path) -> bool:
        """Whether code of the file runs for requests, or it cannot be parsed here."""
        if not self._entrances or path not in self.modules.files:
            return False
        if path in self.registering.files and self.modules.load(path) is None:
            return True
        if self.knowledge.async_library and path in self.registering.files:
            return True
        if path not in self._near_entries or not self.entries:
            return False
        return self.reach.touches(path)

    @cached_property
    def _near_entries(self) -> frozenset[Path]:
        """The files that imports connect with one that may register a function: no request can run the code of another."""
        from streamlint.serving.connected import connected

        return connected(self.modules, self.registering.files)

    def speaks_of_llama_index(self, text: str) -> bool:
        """Whether a text may import LlamaIndex from outside: a cheap question before rules are imported."""
        named = any(package in text for package in self.knowledge.names("llama_index_words", "stream-packages"))
        return named and not self.is_llama_index

    @cached_property
    def is_llama_index(self) -> bool:
        """Whether the project is LlamaIndex itself: what it imports of that are its own modules, whatever a release lacks."""
        return self.modules.resolve(self.root / "__main__.py", "llama_index.core") in self.modules.files

    def release(self) -> None:
        """Let go what was answered; what is asked from here on is answered anew."""
        self._analyses.clear()
        if "evaluator" in vars(self):
            self.evaluator.solver.answers.clear()

    def effort(self) -> Effort:
        """What the answers so far took, and which of them a limit ended."""
        if "evaluator" not in vars(self):
            return Effort(0, ())
        given_up = []
        for row in self.evaluator.limits.ended:
            module = self.modules.load(row.path) if row.path in self.modules.files else None
            line = module.source.position(row.start).line if module is not None else 0
            given_up.append(GivenUp(row.path, line, row.limit.value, row.times))
        return Effort(self.evaluator.solver.steps, tuple(given_up))

    def place(self, path: Path, start: int, end: int) -> Place | None:
        """A place in any file of the project, by character offsets."""
        from streamlint.finding import Place
        from streamlint.source import Span

        module = self.modules.load(path)
        if module is None:
            return None
        source = module.source
        first = source.position(start)
        return Place(path, Span(start, end), first, source.position(end), source.line(first.line))
