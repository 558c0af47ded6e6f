"""What `--fix --unsafe-fixes` makes of real trees, and of varied fixtures: `python -m tools.repaired FOLDER... [--varied SEED]`

Each tree is copied, repaired at each level and looked at again: every result is Python, no finding stays after its own repair,
none is new, a second run changes nothing, no comment is lost, and no import is there twice or left without a use. `--varied` does
the same to the bad fixtures, each written in other ways (`tools/varied.py`); `--diffs` keeps what was changed, to be read.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from difflib import unified_diff
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from streamlint.config import Config, Selection
from streamlint.finding import RULE_CRASHED, TOOL_CODES, Finding, Severity
from streamlint.fix import Level
from streamlint.outcome import Change, Outcome
from streamlint.precedence import NEXT
from streamlint.run import Request, run, write
from tools.fixtures import FIXTURES, bare, broken_of
from tools.harms import harms
from tools.varied import varied

_OURS = frozenset(code.code for code in TOOL_CODES)
_LEVELS = (Level.SAFE, Level.RESPONSE, Level.UNSAFE)


@dataclass
class Tally:
    """Figures of a tree, and what is wrong."""

    files: int = 0
    changed: int = 0
    findings: int = 0
    applied: Counter[Level] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    diffs: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.files, self.changed = self.files + other.files, self.changed + other.changed
        self.findings, self.applied = self.findings + other.findings, self.applied + other.applied
        self.wrong += other.wrong
        self.diffs += other.diffs

    def __str__(self) -> str:
        levels = ", ".join(f"{self.applied[level]} {level}" for level in _LEVELS if self.applied[level])
        repairs = f"{self.applied.total()} repairs{levels and f' ({levels})'} in {self.changed} files"
        return f"{self.files} files, {self.findings} findings, {repairs}, {len(self.wrong)} wrong"


def repaired(folder: Path) -> Tally:
    """Repairs a folder at each level, and judges the results; the folder is as it was in the end."""
    outcome = _fixed(folder, Level.UNSAFE)
    applied = Counter(one.level for one in outcome.applied)
    findings = len(_faulty(outcome.findings)) + len(outcome.applied)
    tally = Tally(outcome.checked, len(outcome.changes), findings, applied)
    tally.wrong += [f"{one.path}: {one.message}" for one in outcome.findings if one.code == RULE_CRASHED.code]
    if outcome.changes:
        counted = _faults(lint(folder).findings)
        seen: list[tuple[Change, ...]] = []
        for level in reversed(_LEVELS):
            result = outcome if level is Level.UNSAFE else _fixed(folder, level)
            if result.changes not in seen:
                seen.append(result.changes)
                tally.wrong += [f"{level}: {what}" for what in _judged(folder, level, result, counted)]
        tally.diffs = [_diff(change, folder) for change in outcome.changes]
    return tally


def _judged(folder: Path, level: Level, outcome: Outcome, counted: Counter[tuple[Path, str]]) -> Iterator[str]:
    """What is wrong with the results of one level."""
    for change in outcome.changes:
        yield from (f"{change.before.path}: {what}" for what in harms(change.before.text, change.after.text))
    yield from (
        f"{one.finding.path}: a repair is {one.level}" for one in outcome.applied if not level.allows(one.level)
    )
    write(_request(folder, level, fix=True), outcome)
    ended = _faults(one.finding for one in outcome.applied if one.finding.fix and not one.finding.fix.is_partial)
    following = {(one.finding.path, code) for one in outcome.applied for code in NEXT.get(one.finding.code, ())}
    for (path, code), count in _faults(lint(folder).findings).items():
        if count > max(0, counted[path, code] - ended[path, code]) and (path, code) not in following:
            yield f"{path}: {code} {'stays after its own repair' if ended[path, code] else 'is new'}"
    yield from (f"{change.before.path}: changes at a second run" for change in _fixed(folder, level).changes)
    for change in outcome.changes:
        change.before.path.write_bytes(change.before.encode(change.before.text))


def _fixed(folder: Path, level: Level) -> Outcome:
    return run(_request(folder, level, fix=True))


def lint(folder: Path) -> Outcome:
    return run(_request(folder, Level.UNSAFE, fix=False))


def _request(folder: Path, level: Level, *, fix: bool) -> Request:
    """What reads the old answers does not hold a repair back."""
    return Request((folder,), Config(root=folder), Selection(select=("STL",)), level, fix, insists=True)


def _faults(findings: Iterable[Finding]) -> Counter[tuple[Path, str]]:
    """How often each rule speaks in each file; advice may come."""
    return Counter((one.path, one.code) for one in _faulty(findings))


def _faulty(findings: Iterable[Finding]) -> list[Finding]:
    return [one for one in findings if one.severity is not Severity.ADVICE and one.code not in _OURS]


def _diff(change: Change, folder: Path) -> str:
    path = str(change.before.path.relative_to(folder))
    before, after = (text.splitlines(keepends=True) for text in (change.before.text, change.after.text))
    return "".join(unified_diff(before, after, path, path))


def fixtures(seed: int, every: int = 1) -> Iterator[Path]:
    """The fixtures of one file with a repair, or a part of them."""
    broken = sorted({broken_of(path) for path in FIXTURES.glob("STL*/bad_*.fixed.py")})
    return islice(broken, seed % every, None, every)


def projects(folder: Path, broken: Iterable[Path], seed: int, ways: Collection[str] = ()) -> Iterator[Path]:
    """What is repaired in each of these files, varied in all ways or in some, each as a project of its own."""
    for path in broken:
        for name, text in varied(bare(path.read_text("utf-8")), seed):
            if not ways or name in ways:
                project = folder / f"{path.parent.name}_{path.stem}_{name}"
                project.mkdir()
                (project / "pyproject.toml").write_text("[project]\nname = 'varied'\n", "utf-8")
                (project / "application.py").write_bytes(text.encode())
                yield project


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trees", nargs="*", type=Path, help="folders; they are copied, never changed")
    parser.add_argument("--varied", type=int, metavar="SEED", help="repair the bad fixtures too, written in other ways")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="of the fixtures only every Nth")
    parser.add_argument("--diffs", type=Path, metavar="FILE", help="write what the repairs changed there")
    options = parser.parse_args()
    every = Tally()
    with TemporaryDirectory() as scratch:
        for number, tree in enumerate(options.trees):
            copy = Path(scratch) / str(number) / tree.name
            shutil.copytree(tree, copy, ignore=shutil.ignore_patterns(".git"), symlinks=True)
            (copy / ".git").mkdir()  # what lies around it is another project
            tally = repaired(copy)
            shutil.rmtree(copy)
            _tell(str(tree), tally)
            every.add(tally)
        if options.varied is not None:
            total = Tally()
            for project in projects(Path(scratch), fixtures(options.varied, options.every), options.varied):
                total.add(repaired(project))
            _tell("varied fixtures", total)
            every.add(total)
    if options.diffs is not None:
        options.diffs.write_text("".join(every.diffs), "utf-8")
    return int(bool(every.wrong))


def _tell(name: str, tally: Tally) -> None:
    print(f"{name}: {tally}", flush=True)
    for row in tally.wrong:
        print(f"  {row}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
