"""The life of a run, from paths to findings and fixed texts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint import applicable, discovery, disk, excusing, intake, judging, rule, workers
from streamlint.config import ConfigError
from streamlint.fact import Fact
from streamlint.finding import RULE_CRASHED, UNREADABLE_FILE, Finding, Severity
from streamlint.fix import Level
from streamlint.links import Renaming
from streamlint.outcome import Applied, Change, Interrupted, Outcome, Skipped
from streamlint.projects import Excluded, Projects
from streamlint.projects import Request as Request
from streamlint.proving import Proofs
from streamlint.room import roomy
from streamlint.speaking import speaking
from streamlint.suppress import suppress
from streamlint.timings import READING, REPAIRS, phase
from streamlint.working import told

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.source import Source

ROUNDS = 10


@roomy
def run(request: Request) -> Outcome:
    """Lint and, where asked, fix; nothing is written. Raises `Interrupted`."""
    found = _find(request)
    is_empty = found.is_empty
    judged: dict[Path, list[Finding]] = {}
    try:
        outcome = _judge(request, found, judged)
        return replace(outcome, is_empty=is_empty and not outcome.checked)
    except KeyboardInterrupt:
        raise Interrupted((path for path in found.files if path not in judged), "looked at") from None


def _judge(request: Request, found: discovery.Found, judged: dict[Path, list[Finding]]) -> Outcome:
    """What a run leaves behind; each file is put among the judged ones as soon as it is."""
    with phase(READING):
        texts = intake.read(found, request.text, request.registering)
    judged |= {path: [] for path in texts.passed}
    projects = Projects(request, texts, {})
    if found.deploying:
        projects.admit(found)
    findings, applied, left, overlay = _settle(request, projects, judged)
    is_unserved = projects.are_unserved
    projects.release()
    held = texts.refused(findings, partial(excusing.is_wanted, request))
    findings = [excusing.told(request, texts, texts.shown(finding)) for finding in findings]
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
        known=_sorted(texts.known),
        taken_back=_sorted(texts.taken_back),
        excused=excusing.counted(texts, findings),
        stale=sum(request.baseline.stale().values()) if request.baseline is not None else 0,
        is_unserved=is_unserved,
        level=request.level,
    )


def write(request: Request, outcome: Outcome) -> Outcome:
    """Write the changed texts. Where a file refuses, the outcome is that of what then stands on the disk."""
    if not request.changes:
        return outcome
    from streamlint import fixing, writing

    completed = [path for path in outcome.leftovers if writing.recover(path)]
    if completed:
        outcome = run(request)
    refused: list[Skipped] = []
    for number, change in enumerate(outcome.changes):
        try:
            fixing.write(change.before, change.after.text)
        except writing.UnwritableFile as error:
            refused.append(Skipped(change.before.path, str(error)))
        except KeyboardInterrupt:
            raise Interrupted((rest.before.path for rest in outcome.changes[number:]), "written") from None
    unwritten = (*outcome.held, *refused)
    if not refused:
        return replace(outcome, unwritten=unwritten)
    paths = {skipped.path for skipped in refused}
    applied = tuple(applied for applied in outcome.applied if applied.finding.path not in paths)
    excused = {path: number for path, number in outcome.excused.items() if path not in paths}
    rest = run(replace(request, fix=False, reason=""))
    return replace(rest, applied=applied, excused=excused, unwritten=unwritten)


def opened(request: Request) -> tuple[discovery.Found, Projects]:
    """What a request finds, and its projects; nothing is judged."""
    found = _find(request)
    with phase(READING):
        texts = intake.read(found, request.text, request.registering)
    return found, Projects(request, texts, {})


def _sorted(findings: Mapping[Path, Sequence[Finding]]) -> tuple[Finding, ...]:
    return tuple(sorted((one for own in findings.values() for one in own), key=lambda one: one.sort_key))


def _find(request: Request) -> discovery.Found:
    own = Excluded(request, request.config, own=True)
    if request.text is not None:
        return discovery.discover_text(request.text.path, own)
    found = discovery.discover(request.paths, Excluded(request, request.config), own)
    if request.tracks is not None:
        found.keep(request.tracks)
    return found


def _settle(
    request: Request, projects: Projects, judged: dict[Path, list[Finding]]
) -> tuple[list[Finding], list[Applied], list[Applied], dict[Path, Source]]:
    """Lint, fix and lint again until no fix is left to apply; what was fixed, and what waits for who names the level."""
    texts = projects.texts
    overlay: dict[Path, Source] = {}
    proofs = Proofs({(path, source.text) for path, source in texts.matter.items()})
    stale: Collection[Path] = texts.matter
    for round_number in range(ROUNDS + 1):
        projects = Projects(request, texts, overlay, projects) if round_number else projects
        sources = {**texts.matter, **overlay}
        for path, found in _looked_at(request, projects, sources, stale):
            judged[path] = list(_left(request, projects, sources[path], found))
        if not request.changes or (request.reason and round_number):
            break
        edited: list[Path] = []
        for path, source in sources.items():
            if request.reason:
                step = excusing.step(request, projects, source, judged[path])
            else:
                step = _step(request, projects, proofs, source, judged[path], is_last=round_number == ROUNDS)
            if step is not None:
                overlay[path], judged[path] = step
                edited.append(path)
        if round_number == ROUNDS or not edited:
            break
        stale = projects.concerned(edited)
    findings = [proofs.told(finding) for path in texts.matter for finding in judged[path]]
    waiting = (each for each in findings if request.fix and each.fix is not None and each.fix.waits(request.level))
    left = [projects.answers(finding.path).applied(finding) for finding in waiting]
    changed = {path: text for path, text in overlay.items() if text != texts.matter[path]}
    return findings, proofs.applied, left, changed


def _step(
    request: Request, projects: Projects, proofs: Proofs, source: Source, findings: list[Finding], *, is_last: bool
) -> tuple[Source, list[Finding]] | None:
    """What becomes of a file in a round, with what is known of it: repaired, put back, or None where it stays."""
    path, module = source.path, partial(projects.module, source.path)
    tried = proofs.to_try(path, module, findings)
    fixed, done = _fix(source, tried, request.level) if not is_last else (source.text, [])
    is_new = (path, fixed) not in proofs.seen and not projects.texts.refuses(path, fixed)
    fallen = proofs.fallen(module, source, findings, done if is_new else ())
    if fallen is not None:
        return fallen.source, list(fallen.findings)
    if not is_new:
        return None
    proofs.seen.add((path, fixed))
    proofs.note(module, source, findings, tuple(map(projects.answers(path).applied, done)))
    return source.with_text(fixed), findings


def _fix(source: Source, findings: Sequence[Finding], level: Level) -> tuple[str, list[Finding]]:
    """The text with the chosen fixes, and the findings that they fix."""
    if not any(finding.fix is not None and finding.fix.within(level) for finding in findings):
        return source.text, []
    from streamlint import fixing

    with phase(REPAIRS):
        chosen = fixing.choose(findings, level, source)
        applied = frozenset(chosen)
        return fixing.apply(source, chosen), [finding for finding in findings if finding.fix in applied]


def _looked_at(
    request: Request, projects: Projects, sources: Mapping[Path, Source], paths: Collection[Path]
) -> Iterator[tuple[Path, list[Finding]]]:
    """What all rules find in each of these files, be it in processes of their own."""
    known = projects.known(paths)
    unknown = [path for path in paths if path not in known]
    dear = set[Path]()
    if workers.processes(request.jobs, len(unknown)) > 1:  # else nobody asks which of them are
        dear = {path for path in unknown if _is_dear(projects, path, sources[path])}

    def look(path: Path) -> list[Finding]:
        return known[path] if path in known else list(_check(projects, path, sources[path]))

    number = workers.processes(request.jobs, len(dear))
    for path in sorted(dear) if number > 1 else ():
        projects.module(path)  # else each process parses what it asks for
    looked = workers.each(tuple(paths), look, dear, number)
    for path, (_, found) in zip(told("judging", paths), looked, strict=True):
        if path not in known:
            projects.note(path, found)
        yield path, found


def _is_dear(projects: Projects, path: Path, source: Source) -> bool:
    """Whether a file must be followed; it is known afterwards what requests reach, and the rules are imported."""
    try:
        return _is_asked(projects, path) and bool(_rules(projects, path, source))
    except Exception:  # noqa: BLE001 told of where the file is looked at
        return True


def _left(request: Request, projects: Projects, source: Source, findings: list[Finding]) -> Iterator[Finding]:
    """What is reported of it: no comment takes it back, and it is not known already."""
    path = source.path
    if any(finding.code == UNREADABLE_FILE.code for finding in findings):
        projects.texts.unjudged.add(path)
    config = request.settings(path)
    if config.severities:
        findings = [replace(each, severity=config.severity(each.code, each.severity)) for each in findings]
    left = suppress(source, findings, rule.codes(), partial(projects.judges, path))
    reported = [finding for finding in left if _reported(request, finding)]
    kept = {(one.sort_key, one.message) for one in left}  # what is left may have got a hint
    taken_back = [one for one in findings if (one.sort_key, one.message) not in kept and _reported(request, one)]
    projects.texts.taken_back[path] = taken_back
    if request.baseline is not None:
        real = replace(source, path=projects.real(path))
        module = projects.module(path) if source.is_python and reported else None
        reported, projects.texts.known[path] = request.baseline.split(real, module, reported)
    return map(projects.read, reported)


def _check(projects: Projects, path: Path, source: Source) -> Iterator[Finding]:
    """The findings of one file; a failure of ours is one of them."""
    if "\0" in source.text and source.is_python:
        yield from intake.syntax_fault(source)
        return
    real = projects.real(path)
    try:
        if path in projects.texts.declaring:
            yield from _check_dependencies(projects, path, source)
        if path in projects.texts.deploying:
            yield from _check_deployment(projects, path, source)
        if not source.is_python:
            return
        # the rules are dear to import: first whether anything here matters
        rules = _rules(projects, path, source) if _is_asked(projects, path) else []
        if not rules:
            yield from projects.texts.check_syntax(source)
        else:
            told = _check_python(rules, projects.of(path), replace(source, path=real), partial(projects.selects, path))
            yield from map(Renaming.of(path).finding, told)
    except (rule.BrokenRule, ConfigError):
        raise
    except (RecursionError, MemoryError):
        yield intake.unreadable(intake.place_at(source, 1, 1), "is nested too deeply to be read")
    except Exception as error:  # noqa: BLE001 a failure of our own is reported, and other files go on
        yield rule.crash("the reading of the file", error, rule.file_place(path))


def _is_asked(projects: Projects, path: Path) -> bool:
    """Whether anything in a file may matter to a rule."""
    return path in projects.texts.interesting and projects.selects_any(path)


def _rules(projects: Projects, path: Path, source: Source) -> list[rule.Rule]:
    """The rules that may find something in a file; where no request runs its code, those that look beyond that."""
    project, real = projects.of(path), projects.real(path)
    if project.concerns(real):
        return projects.rules_for(path, source)
    if not project.speaks_of_llama_index(source.text) and not project.entries:
        return []
    return [one for one in projects.rules_for(path, source, beyond=True) if one.is_about(project, real)]


def _check_dependencies(projects: Projects, path: Path, source: Source) -> Iterator[Finding]:
    """What is wrong with the packages that a file asks for."""
    rules = projects.rules_for(path, source, rule.Language.DEPENDENCIES)
    if rules and projects.of(path).says((intake.LLAMA_MODULE,)):
        told = judging.judge_beside(projects.of(path), replace(source, path=projects.real(path)), rules)
        yield from map(Renaming.of(path).finding, told)


def _check_deployment(projects: Projects, path: Path, source: Source) -> Iterator[Finding]:
    """What is wrong with how a file serves the program."""
    rules = projects.rules_for(path, source, rule.Language.DEPLOYMENT)
    if rules:
        told = judging.judge_around(projects.deployment(path), replace(source, path=projects.real(path)), rules)
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
        for piece in file.tree.looked_into:
            disk.note_piece(source.path, piece.start, piece.end)


def _reported(request: Request, finding: Finding) -> bool:
    if finding.code == RULE_CRASHED.code:
        return True
    if finding.code == UNREADABLE_FILE.code:
        return not _ignored(request, finding)
    if finding.severity is Severity.ADVICE and not request.chosen(finding.path).names(finding.code):
        return False
    return request.selects(finding.path, finding.code)


def _ignored(request: Request, finding: Finding) -> bool:
    named = any(finding.code.startswith(prefix) for prefix in request.chosen(finding.path).ignore)
    return named or request.settings(finding.path).ignored_in(finding.path, finding.code)
