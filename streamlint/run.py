"""The life of a run, from paths to findings and fixed texts."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint import applicable, discovery, intake, judging, rule
from streamlint.boundaries import Boundaries, Boundary
from streamlint.fact import Fact
from streamlint.finding import RULE_CRASHED, UNREADABLE_FILE, Finding, Severity
from streamlint.fix import Level
from streamlint.links import Renaming, real_path
from streamlint.outcome import Applied, Change, Outcome, Skipped
from streamlint.precedence import kin
from streamlint.room import roomy
from streamlint.speaking import speaking
from streamlint.suppress import suppress
from streamlint.timings import IMPORTING, READING, REPAIRS, phase, watch

if TYPE_CHECKING:
    from streamlint.answers import Answers
    from streamlint.config import Config, Selection
    from streamlint.knowledge import Knowledge
    from streamlint.project import Project
    from streamlint.source import Source

ROUNDS = 10
_LLAMA = "llama_index"
"""What the code of a project says, if it uses what the rules about dependencies speak of."""


@dataclass(frozen=True)
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
    root: Path | None = None
    insists: bool = False
    targets: Mapping[str, str] = field(default_factory=dict)
    """Versions or ranges of packages that hold whatever the configuration and the files say."""

    def selects(self, path: Path, code: str) -> bool:
        return self.selection.selects(code) and not self.config.ignored_in(path, code)


@roomy
def run(request: Request) -> Outcome:
    """Lint and, where asked, fix; nothing is written."""
    found = _find(request)
    with phase(READING):
        texts = intake.read(found, request.text, request.config.registering)
    findings, applied, left, overlay = _settle(request, texts)
    held = _held(texts, findings, request.level)
    findings = [_shown_only(finding, texts.held) for finding in findings]
    kept = [finding for finding in (*texts.faults, *findings) if _reported(request, finding)]
    kept.sort(key=lambda finding: finding.sort_key)
    sources = {**texts.matter, **overlay}
    return Outcome(
        findings=tuple(applicable.judge(kept, sources, request.level, request.fix)),
        sources=sources,
        checked=len(found.files) + texts.beside - len(texts.unjudged),
        skipped=tuple(found.skipped),
        applied=tuple(applied),
        left=tuple(left),
        changes=tuple(Change(texts.matter[path], after) for path, after in overlay.items()),
        held=held,
        leftovers=tuple(found.leftovers),
        level=request.level,
    )


def write(request: Request, outcome: Outcome) -> Outcome:
    """Write the fixed texts. Where a file refuses, the outcome is that of what then stands on the disk."""
    if not request.fix:
        return outcome
    from streamlint import fixing, writing

    completed = [path for path in outcome.leftovers if writing.recover(path)]
    if completed:
        outcome = run(request)
    refused: list[Skipped] = []
    for change in outcome.changes:
        try:
            fixing.write(change.before, change.after.text)
        except writing.UnwritableFile as error:
            refused.append(Skipped(change.before.path, str(error)))
    unwritten = (*outcome.held, *refused)
    if not refused:
        return replace(outcome, unwritten=unwritten)
    paths = {skipped.path for skipped in refused}
    applied = tuple(applied for applied in outcome.applied if applied.finding.path not in paths)
    return replace(run(replace(request, fix=False)), applied=applied, unwritten=unwritten)


def opened(request: Request) -> tuple[discovery.Found, Projects]:
    """What a request finds, and its projects; nothing is judged."""
    found = _find(request)
    with phase(READING):
        texts = intake.read(found, request.text, request.config.registering)
    return found, Projects(request, texts, {})


def _find(request: Request) -> discovery.Found:
    own = discovery.Patterns(request.config.root, request.config.own_exclude)
    if request.text is not None:
        return discovery.discover_text(request.text.path, own)
    return discovery.discover(request.paths, _patterns(request.config), own)


def _patterns(config: Config) -> discovery.Patterns:
    return discovery.Patterns(config.root, (*config.exclude, *config.extend_exclude))


def _settle(
    request: Request, texts: intake.Texts
) -> tuple[list[Finding], list[Applied], list[Applied], dict[Path, Source]]:
    """Lint, fix and lint again until no fix is left to apply; what was fixed, and what waits for who names the level."""
    overlay: dict[Path, Source] = {}
    applied: list[Applied] = []
    seen = {(path, source.text) for path, source in texts.matter.items()}
    judged: dict[Path, list[Finding]] = {}
    stale: Collection[Path] = texts.matter
    for round_number in range(ROUNDS + 1):
        projects = Projects(request, texts, overlay)
        sources = {**texts.matter, **overlay}
        judged |= {path: list(_lint(request, projects, path, sources[path])) for path in stale}
        findings = [finding for path in sources for finding in judged[path]]
        if not request.fix or round_number == ROUNDS:
            break
        edited: list[Path] = []
        for path, source in sources.items():
            fixed, done = _fix(source, judged[path], request.level)
            if (path, fixed) in seen or _is_held(texts, path, fixed):
                continue
            seen.add((path, fixed))
            edited.append(path)
            overlay[path] = source.with_text(fixed)
            applied.extend(projects.answers(path).applied(finding) for finding in done)
        if not edited:
            break
        stale = projects.concerned(edited)
    waiting = (each for each in findings if request.fix and each.fix is not None and each.fix.waits(request.level))
    left = [projects.answers(finding.path).applied(finding) for finding in waiting]
    return findings, applied, left, overlay


def _fix(source: Source, findings: Sequence[Finding], level: Level) -> tuple[str, list[Finding]]:
    """The text with the chosen fixes, and the findings that they fix."""
    if not any(finding.fix is not None and finding.fix.within(level) for finding in findings):
        return source.text, []
    from streamlint import fixing

    with phase(REPAIRS):
        chosen = fixing.choose(findings, level, source)
        return fixing.apply(source, chosen), [finding for finding in findings if finding.fix in chosen]


def _is_held(texts: intake.Texts, path: Path, fixed: str) -> bool:
    """Whether the fixed text cannot be written; the reason is kept."""
    from streamlint import fixing, writing

    if path not in texts.held:
        try:
            fixing.encode(texts.matter[path], fixed)
        except writing.UnwritableFile as error:
            texts.held[path] = str(error)
    return path in texts.held


def _held(texts: intake.Texts, findings: Sequence[Finding], level: Level) -> tuple[Skipped, ...]:
    """The files that would be fixed if they could be written."""
    fixable = {finding.path for finding in findings if finding.fix is not None and finding.fix.within(level)}
    return tuple(Skipped(path, reason) for path, reason in texts.held.items() if path in fixable)


def _shown_only(finding: Finding, held: Mapping[Path, str]) -> Finding:
    if finding.fix is None or finding.path not in held:
        return finding
    return replace(finding, fix=replace(finding.fix, level=Level.DISPLAY, reason=f"the file {held[finding.path]}"))


def _lint(request: Request, projects: Projects, path: Path, source: Source) -> Iterator[Finding]:
    findings = list(_check(projects, path, source))
    if any(finding.code == UNREADABLE_FILE.code for finding in findings):
        projects.texts.unjudged.add(path)
    left = suppress(source, findings, rule.codes(), partial(request.selects, path))
    return (projects.read(finding) for finding in left if _reported(request, finding))


def _check(projects: Projects, path: Path, source: Source) -> Iterator[Finding]:
    """The findings of one file; a failure of ours is one of them."""
    if "\0" in source.text and source.is_python:
        yield from intake.syntax_fault(source)
        return
    real = projects.real(path)
    try:
        if path in projects.texts.declaring:
            yield from _check_dependencies(projects, path, source)
        if not source.is_python:
            return
        # the rules are dear to import: first whether anything here matters
        is_asked = path in projects.texts.interesting and projects.selects_any(path)
        rules = _rules(projects, path, source) if is_asked else []
        if not rules:
            yield from projects.texts.check_syntax(source)
        else:
            told = _check_python(rules, projects.of(path), replace(source, path=real), partial(projects.selects, path))
            yield from map(Renaming.of(path).finding, told)
    except rule.BrokenRule:
        raise
    except (RecursionError, MemoryError):
        yield intake.unreadable(intake.place_at(source, 1, 1), "is nested too deeply to be read")
    except Exception as error:  # noqa: BLE001 a failure of our own is reported, and other files go on
        yield rule.crash("the reading of the file", error, rule.file_place(path))


def _rules(projects: Projects, path: Path, source: Source) -> list[rule.Rule]:
    """The rules that may find something in a file; where no request runs its code, those that look beyond that."""
    project = projects.of(path)
    if project.concerns(projects.real(path)):
        return projects.rules_for(path, source)
    if not project.speaks_of_llama_index(source.text) and not project.entries:
        return []
    return [one for one in projects.rules_for(path, source) if one.looks_beyond(source.text)]


def _check_dependencies(projects: Projects, path: Path, source: Source) -> Iterator[Finding]:
    """What is wrong with the packages that a file asks for."""
    rules = projects.rules_for(path, source, rule.Language.DEPENDENCIES)
    if rules and projects.of(path).says((_LLAMA,)):
        told = judging.judge_beside(projects.of(path), replace(source, path=projects.real(path)), rules)
        yield from map(Renaming.of(path).finding, told)


def _check_python(
    rules: Sequence[rule.Rule], project: Project, source: Source, selects: Callable[[str], bool]
) -> Iterator[Finding]:
    from streamlint.tree.python import PythonFile, UnparsableFile

    try:
        file = PythonFile(source, project)
    except UnparsableFile as error:
        fault = intake.unreadable(intake.place_at(source, error.line, error.column), str(error))
        yield from tuple(intake.syntax_fault(source)) or (fault,)
        return
    told = list(judging.judge(file, rules))
    facts = list(speaking((one for one in told if isinstance(one, Fact)), selects))
    yield from (one for one in told if isinstance(one, Finding))
    if facts:
        from streamlint.tree.flagging import flag

        yield from flag(file, facts)


class Projects:
    """The projects that the files of a run belong to, and the rules, made when the first file needs them."""

    def __init__(self, request: Request, texts: intake.Texts, overlay: Mapping[Path, Source]) -> None:
        self._request = request
        self.texts = texts
        self._texts = {**texts.matter, **overlay}
        config = request.config
        self._exclude = _patterns(replace(config, root=Path(os.path.realpath(config.root))))
        self._boundaries = Boundaries(self._exclude)
        self._folders: dict[Path, Path] = {}
        self._made: dict[Boundary, Project] = {}
        self._answers: dict[Boundary, Answers] = {}

    @cached_property
    def _codes(self) -> tuple[str, ...]:
        """The codes of the selected rules; none of them is imported for that."""
        return tuple(row.code for row in rule.catalogue() if self._request.selection.selects(row.code))

    @cached_property
    def _rules(self) -> tuple[rule.Rule, ...]:
        with phase(IMPORTING):
            return rule.discover(kin(self._codes))

    def selects_any(self, path: Path) -> bool:
        return any(not self._request.config.ignored_in(path, code) for code in self._codes)

    def rules_for(self, path: Path, source: Source, language: rule.Language = rule.Language.PYTHON) -> list[rule.Rule]:
        """The rules that can fire in this file, or see what another one reports there."""
        rules = [each for each in self._rules if each.language is language]
        asked = kin(each.code for each in rules if self.selects(path, each.code))
        return [each for each in rules if each.code in asked and each.concerns(source.text)]

    def selects(self, path: Path, code: str) -> bool:
        return self._request.selects(path, code)

    @property
    def all(self) -> list[Project]:
        return list({id(project): project for project in map(self.of, self.texts.matter)}.values())

    def of(self, path: Path) -> Project:
        boundary = self._boundary(path)
        if boundary not in self._made:
            self._made[boundary] = self._make(boundary)
        return self._made[boundary]

    def concerned(self, edited: Collection[Path]) -> list[Path]:
        """The files of the run that may be judged otherwise when these are edited."""
        from streamlint.serving.connected import connected

        found: set[tuple[Boundary, Path]] = set()
        for boundary in {self._boundary(path) for path in edited}:
            own = [path for path in edited if self._boundary(path) == boundary]
            beside = {path for path in self._texts if path in self.texts.declaring and self._boundary(path) == boundary}
            found |= {(boundary, self.real(path)) for path in beside}
            if beside.isdisjoint(own):
                python = [self.real(path) for path in own]
                found |= {(boundary, path) for path in connected(self._made[boundary].modules, python)}
            else:  # another release may change what every file of the project means
                found |= {(boundary, self.real(path)) for path in self._texts if self._boundary(path) == boundary}
        return [path for path in self._texts if (self._boundary(path), self.real(path)) in found]

    def real(self, path: Path) -> Path:
        """The file in the folder that it really lies in; asked often, so it is kept."""
        folder = path.parent
        if folder not in self._folders:
            self._folders[folder] = real_path(path).parent
        return self._folders[folder] / path.name

    def read(self, finding: Finding) -> Finding:
        """The finding with those who depend on the answer that its fix changes."""
        if finding.fix is None or finding.fix.level is not Level.RESPONSE:
            return finding
        return self.answers(finding.path).read(finding, self._request.insists)

    def answers(self, path: Path) -> Answers:
        """What repairs of this file change of the answers that its project gives."""
        boundary = self._boundary(path)
        if boundary not in self._answers:
            from streamlint.answers import Answers

            self._answers[boundary] = Answers(self.of(path), self.real, self.texts.pages(self._exclude), self._exclude)
        return self._answers[boundary]

    def _boundary(self, path: Path) -> Boundary:
        root = self._request.root
        return self._boundaries.of(self.real(path)) if root is None else Boundary(Path(os.path.realpath(root)))

    def _make(self, boundary: Boundary) -> Project:
        from streamlint.project import Project

        # what the run has read is not read again: another program may be writing it
        own = {self.real(path): source for path, source in self._texts.items() if self._boundary(path) == boundary}
        python = {path: source for path, source in own.items() if source.is_python}
        files = dict.fromkeys((*boundary.files(self._exclude), *python))
        config = self._request.config
        project = Project(
            boundary.root,
            tuple(files),
            overlay=python,
            targets=self._request.targets,
            beside={path: source for path, source in own.items() if not source.is_python or path.name == "setup.py"},
            knowledge=self.knowledge,
            configured=config.versions,
            from_environment=config.versions_from_environment,
        )
        watch(project.effort)
        return project

    @cached_property
    def knowledge(self) -> Knowledge:
        """The tables with the user's rows, read once for all projects of the run."""
        from streamlint.knowledge import Knowledge

        return Knowledge(self._request.config.rows, self._request.config.names)


def _reported(request: Request, finding: Finding) -> bool:
    if finding.code == RULE_CRASHED.code:
        return True
    if finding.code == UNREADABLE_FILE.code:
        return not _ignored(request, finding)
    if finding.severity is Severity.ADVICE and not request.selection.names(finding.code):
        return False
    return request.selects(finding.path, finding.code)


def _ignored(request: Request, finding: Finding) -> bool:
    named = any(finding.code.startswith(prefix) for prefix in request.selection.ignore)
    return named or request.config.ignored_in(finding.path, finding.code)
