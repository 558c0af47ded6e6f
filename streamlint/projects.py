"""What a run is asked for, and the projects that its files belong to, made when the first file needs them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field
from functools import cache as cached
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from streamlint import discovery, disk, intake, rule
from streamlint.boundaries import Boundaries, Boundary
from streamlint.finding import Finding, Severity
from streamlint.fix import Level
from streamlint.immutable import immutable
from streamlint.links import real_path
from streamlint.precedence import kin
from streamlint.surroundings.names import is_deployment_file
from streamlint.timings import IMPORTING, phase, watch

if TYPE_CHECKING:
    from streamlint.answers import Answers
    from streamlint.baseline import Baseline
    from streamlint.config import Config, Selection
    from streamlint.deployment import Deployment
    from streamlint.knowledge import Knowledge
    from streamlint.model.modules import Module
    from streamlint.project import Project
    from streamlint.settings import Nearest
    from streamlint.source import Source


class Earlier(Protocol):
    """What earlier runs found in files, where the disk is as it was; and where later ones look."""

    found: dict[Path, list[Finding]]
    read: dict[Finding, Finding]
    """Findings with those who depend on the answers that their fixes change."""

    streaming: dict[Path, bool]
    """Of files that say how a program is served, whether something streams that is deployed with them."""

    serving: dict[Path, bool]
    """Of files, whether a framework calls something in their project."""

    def of(self, path: Path) -> list[Finding] | None: ...

    def serves(self, path: Path) -> bool | None: ...

    def streams(self, path: Path) -> bool | None: ...

    def read_as(self, finding: Finding) -> Finding | None: ...


@immutable
class Request:
    """What a run is asked for. `level` limits what `fix` applies; `text` stands in for the file of its path.

    `insists`: the level was asked for by name, so that also those answers are changed that something is seen to read.
    """

    paths: tuple[Path, ...]
    config: Config
    selection: Selection
    level: Level = Level.RESPONSE
    fix: bool = False
    text: Source | None = None
    reason: str = ""
    """What comments say that take all findings back; without it none are written."""
    root: Path | None = None
    insists: bool = False
    baseline: Baseline | None = None
    """Findings that are known, and neither reported nor fixed."""
    targets: Mapping[str, str] = field(default_factory=dict)
    """Versions or ranges of packages that hold whatever the configuration and the files say."""

    tracks: Callable[[Path], bool] | None = None
    """Whether a file is looked at, where not all are."""

    nearest: Nearest | None = None
    """Knows files whose own settings are others than those of the run."""

    earlier: Earlier | None = None
    jobs: int | None = None
    """How many processes look at the files; None: as many as pay."""

    @property
    def changes(self) -> bool:
        """Whether the run makes other texts of its files."""
        return self.fix or bool(self.reason)

    def settings(self, path: Path) -> Config:
        """The settings that hold for a file."""
        return self.nearest.of(path) if self.nearest is not None else self.config

    def chosen(self, path: Path) -> Selection:
        """Which rules are asked for in a file."""
        return self.settings(path).selection if self.nearest is not None else self.selection

    def registering(self, path: Path) -> tuple[str, ...]:
        """The dotted names of functions that register others, as the settings of a file have them."""
        return self.settings(path).registering

    def selects(self, path: Path, code: str) -> bool:
        return self.chosen(path).selects(code) and not self.settings(path).ignored_in(path, code)


class Excluded(discovery.Patterns):
    """What the settings leave out: all of it, or only what the user wrote; in each folder by the settings there."""

    def __init__(self, request: Request, config: Config, *, own: bool = False, real: bool = False) -> None:
        root = Path(disk.real(config.root)) if real else config.root
        super().__init__(root, config.own_exclude if own else (*config.exclude, *config.extend_exclude))
        self._request, self._config, self._is_own, self._is_real = request, config, own, real

    def within(self, folder: Path) -> discovery.Patterns:
        config = self._request.settings(folder / "any")
        if config is self._config:
            return self
        return Excluded(self._request, config, own=self._is_own, real=self._is_real)


class Projects:
    """The projects that the files of a run belong to, and the rules, made when the first file needs them."""

    def __init__(
        self, request: Request, texts: intake.Texts, overlay: Mapping[Path, Source], earlier: Projects | None = None
    ) -> None:
        self._earlier = earlier._made if earlier is not None else {}
        self._request = request
        self.texts = texts
        self._texts = {**texts.matter, **overlay}
        self._is_repaired = bool(overlay)
        self._exclude = Excluded(request, request.config, real=True)
        self._boundaries = Boundaries(self._exclude)
        self._folders: dict[Path, Path] = {}
        self._made: dict[Boundary, Project] = {}
        self._parsed: dict[Path, Module] = {}
        self._on_disk: dict[Path, Source | None] = {}
        self._answers: dict[Boundary, Answers] = {}
        self._deployments: dict[Path, Deployment] = {}
        self._tables: dict[Path, Knowledge] = {}
        self._asked_by: dict[tuple[int, rule.Language], list[rule.Rule]] = {}

    @cached_property
    def _codes(self) -> tuple[str, ...]:
        """The codes of the selected rules; none of them is imported for that."""
        each_file = (self._request.chosen(path) for path in self._texts)  # most files have the same one
        chosen = {id(one): one for one in (self._request.selection, *each_file)}.values()
        return tuple(row.code for row in rule.catalogue() if any(each.selects(row.code) for each in chosen))

    @cached_property
    def _rules(self) -> tuple[rule.Rule, ...]:
        with phase(IMPORTING):
            return rule.discover(kin(self._codes))

    def selects_any(self, path: Path) -> bool:
        return any(self.selects(path, code) for code in self._codes)

    def rules_for(
        self, path: Path, source: Source, language: rule.Language = rule.Language.PYTHON, *, beyond: bool = False
    ) -> list[rule.Rule]:
        """The rules that can fire in this file, or see what another one reports there; `beyond` requests, or anywhere."""
        asked, text = self._asked(path, language), source.text
        if beyond:
            asked = [each for each in asked if each.looks_beyond(text)]
        said = {word for word in {word for each in asked for word in each.words} if word in text}
        return [each for each in asked if not each.words or not said.isdisjoint(each.words)]

    def _asked(self, path: Path, language: rule.Language) -> list[rule.Rule]:
        """The rules of a language that are asked about a file; the same for all files with the same settings."""
        settings = self._request.settings(path)
        key = (id(settings), language)
        if settings.per_file_ignores or key not in self._asked_by:
            rules = [each for each in self._rules if each.language is language]
            asked = kin(each.code for each in rules if self._wants(path, each))
            self._asked_by[key] = [each for each in rules if each.code in asked]
        return self._asked_by[key]

    def selects(self, path: Path, code: str) -> bool:
        return self._request.selects(path, code)

    def _wants(self, path: Path, asked: rule.Rule) -> bool:
        """Whether a rule can report something in a file."""
        chosen, settings = self._request.chosen(path), self._request.settings(path)
        is_named = chosen.names(asked.code) or settings.severity(asked.code, Severity.ADVICE) is not Severity.ADVICE
        return self.selects(path, asked.code) and (is_named or not asked.only_named)

    def judges(self, path: Path, code: str) -> bool:
        """Whether a rule was asked about a file, so that a comment that it does not need is one too many."""
        unasked = (each.code == code and not self._wants(path, each) for each in self._rules)
        return self.selects(path, code) and not any(unasked)

    @property
    def all(self) -> list[Project]:
        code = (path for path, source in self.texts.matter.items() if source.is_python or path in self.texts.declaring)
        return list({id(project): project for project in map(self.of, code)}.values())

    def of(self, path: Path) -> Project:
        boundary = self._boundary(path)
        if boundary not in self._made:
            self._made[boundary] = self._make(boundary)
        return self._made[boundary]

    def deployment(self, path: Path) -> Deployment:
        """What is deployed together with a file."""
        root = self._request.root
        together = self._boundaries.together(self.real(path)) if root is None else Path(disk.real(root))
        if together not in self._deployments:
            self._deployments[together] = self._deployed(together)
        return self._deployments[together]

    @cached_property
    def _around(self) -> dict[Path, Source]:
        """The texts of files around the code, which are not read again; grows with what is admitted."""
        return {self.real(path): source for path, source in self._texts.items() if is_deployment_file(str(path))}

    def _deployed(self, root: Path) -> Deployment:
        from streamlint.deployment import Deployment, Expected

        config = self._request.settings(root / "any")
        expected = Expected(config.longest_silence, config.longest_stream, config.streaming_paths)
        found = cached(partial(discovery.everything, root, self._exclude))
        return Deployment(
            root,
            self._knowledge(config),
            lambda: dict.fromkeys((*found().deploying, *(path for path in self._around if path.is_relative_to(root)))),
            lambda: self._within(found().files),
            texts=self._around,
            expected=expected,
            owner=self.of,
        )

    def _within(self, paths: Iterable[Path]) -> list[Project]:
        """The projects that some files belong to; files in which nothing can matter make none."""
        passed = set(map(self.real, self.texts.passed))
        return list(
            {id(project): project for project in map(self.of, (each for each in paths if each not in passed))}.values()
        )

    def admit(self, found: discovery.Found) -> None:
        """Read what says how the program is served: what was named, and all of it where something streams."""
        streaming = [path for path in found.deploying if path in found.named or self._streams(path)]
        intake.read_deploying(streaming, self.texts, self._request.text)
        admitted = {path: self.texts.matter[path] for path in streaming if path in self.texts.deploying}
        self._texts |= admitted
        self._around |= {self.real(path): source for path, source in admitted.items()}

    def _streams(self, path: Path) -> bool:
        """Whether something that is deployed with a file streams."""
        earlier = self._earlier_findings
        known = earlier.streams(path) if earlier is not None else None
        if known is not None:
            return known
        from streamlint.deployment.streaming_routes import StreamingRoutes

        found = bool(self.deployment(path).ask(StreamingRoutes))
        if earlier is not None:
            earlier.streaming[path] = found
        return found

    def concerned(self, edited: Collection[Path]) -> list[Path]:
        """The files of the run that may be judged otherwise when these are edited."""
        from streamlint.serving.connected import connected

        found: set[tuple[Boundary, Path]] = set()
        around = {self.deployment(path).root for path in edited} if self.texts.deploying else set()
        served = [path for path in self.texts.deploying if self.deployment(path).root in around]
        code = [path for path in edited if path not in self.texts.deploying]
        for boundary in {self._boundary(path) for path in code}:
            own = [path for path in code if self._boundary(path) == boundary]
            beside = {path for path in self._texts if path in self.texts.declaring and self._boundary(path) == boundary}
            found |= {(boundary, self.real(path)) for path in beside}
            if beside.isdisjoint(own):
                python = [self.real(path) for path in own]
                found |= {(boundary, path) for path in connected(self._made[boundary].modules, python)}
            else:  # another release may change what every file of the project means
                found |= {(boundary, self.real(path)) for path in self._texts if self._boundary(path) == boundary}
        return [path for path in self._texts if path in served or (self._boundary(path), self.real(path)) in found]

    def real(self, path: Path) -> Path:
        """The file in the folder that it really lies in; asked often, so it is kept."""
        folder = path.parent
        if folder not in self._folders:
            self._folders[folder] = real_path(path).parent
        return self._folders[folder] / path.name

    def module(self, path: Path) -> Module | None:
        """The Summary of a file that a round repaired."""
        if path in self.texts.deploying:
            return None
        project, real = self.of(path), self.real(path)
        return project.module(real) if real in project.modules.files else None

    @property
    def _earlier_findings(self) -> Earlier | None:
        """What is kept of earlier runs, where the texts are those of the disk."""
        return self._request.earlier if not self._is_repaired and self._request.text is None else None

    def known(self, paths: Iterable[Path]) -> dict[Path, list[Finding]]:
        """What an earlier run found in files that can be nothing else by now."""
        earlier = self._earlier_findings
        if earlier is None:
            return {}
        return {path: found for path in paths if (found := earlier.of(path)) is not None}

    def note(self, path: Path, found: list[Finding]) -> None:
        """Let later runs know what was found."""
        if (earlier := self._earlier_findings) is not None:
            earlier.found[path] = found

    def read(self, finding: Finding) -> Finding:
        """The finding with those who depend on the answer that its fix changes."""
        if finding.fix is None or finding.fix.level is not Level.RESPONSE:
            return finding
        earlier = self._earlier_findings if not self._request.insists else None
        if earlier is None:
            return self.answers(finding.path).read(finding, self._request.insists)
        read = earlier.read_as(finding)
        if read is None:
            read = earlier.read[finding] = self.answers(finding.path).read(finding, insists=False)
        return read

    def answers(self, path: Path) -> Answers:
        """What repairs of this file change of the answers that its project gives."""
        boundary = self._boundary(path)
        if boundary not in self._answers:
            from streamlint.answers import Answers

            self._answers[boundary] = Answers(self.of(path), self.real, self.texts.pages(self._exclude), self._exclude)
        return self._answers[boundary]

    @property
    def are_unserved(self) -> bool:
        """Whether the run looks at all of a project that has coroutine functions, and knows no function that a framework calls."""
        first, named = self.texts.coroutine, self._request.paths
        whole = [disk.real(path) for path in named if path not in self.texts.interesting and path != first]
        is_asked = first is not None and self._request.text is None and bool(whole)
        if first is None or not is_asked or any(map(self._serves, sorted(self.texts.interesting))):
            return False
        return any(map(self._boundary(first).root.is_relative_to, whole))

    def _serves(self, path: Path) -> bool:
        """Whether the project of a file has an entry point, or each coroutine counts as one."""
        earlier = self._earlier_findings
        found = earlier.serves(path) if earlier is not None else None
        if found is None:
            found = bool(self.of(path).entries) or self.of(path).knowledge.async_library
            if earlier is not None:
                earlier.serving[path] = found
        return found

    def release(self) -> None:
        """Let go what was answered: nothing is asked any more, and reports need room of their own."""
        for project in self._made.values():
            project.release()

    def _boundary(self, path: Path) -> Boundary:
        root = self._request.root
        return self._boundaries.of(self.real(path)) if root is None else Boundary(Path(disk.real(root)))

    def _make(self, boundary: Boundary) -> Project:
        from streamlint.project import Project

        # what the run has read is not read again: another program may be writing it
        own = {self.real(path): source for path, source in self._texts.items() if self._is_read_for(path, boundary)}
        python = {path: source for path, source in own.items() if source.is_python}
        files = dict.fromkeys((*self._boundaries.files(boundary), *python))
        config = self._request.settings(boundary.root / "any")
        project = Project(
            boundary.root,
            tuple(files),
            overlay=python,
            targets=self._request.targets,
            beside={path: source for path, source in own.items() if not source.is_python or path.name == "setup.py"},
            knowledge=self._knowledge(config),
            configured=config.versions,
            from_environment=config.versions_from_environment,
            earlier=self._earlier.get(boundary),
            deployment=lambda: self.deployment(next(iter(files), boundary.root / "pyproject.toml")),
            parsed=self._parsed,
            on_disk=self._on_disk,
        )
        watch(project.effort)
        return project

    def _is_read_for(self, path: Path, boundary: Boundary) -> bool:
        """Whether a file belongs to a project, or to one beside it whose code that imports."""
        return self._boundary(path) == boundary or (
            path.suffix == ".py" and any(map(self.real(path).is_relative_to, boundary.beside))
        )

    def _knowledge(self, config: Config) -> Knowledge:
        """The tables with the user's rows, read once for all projects with the same settings."""
        if config.root not in self._tables:
            from streamlint.knowledge import Knowledge

            self._tables[config.root] = Knowledge(config.rows, config.names, async_library=config.async_library)
        return self._tables[config.root]
