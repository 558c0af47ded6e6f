"""Fixtures of rules: what their marks say, how they are laid out without them, and what a run makes of them.

A mark is a comment at the end of a line, such as `# STL204`, `# STL204 warning` or `# STL204 related`: a code, behind it
a severity where it is another than that of the rule, or `related` on a line to which the findings of the rule point.
A line may hold several, `# STL204 STL203 related`.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from streamlint import rule
from streamlint.config import Config, Selection
from streamlint.finding import TOOL_CODES, Finding
from streamlint.fix import Level
from streamlint.run import Request

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "tests" / "fixtures"
RELATED = "related"
_ONE = rf"STL\d{{3}}(?: (?:error|warning|advice|{RELATED}))?"
_MARK = re.compile(rf"[ \t]*# ({_ONE}(?: {_ONE})*)[ \t]*(?=\r?$)", re.MULTILINE)
_FIXED = ".fixed"
_UNMARKED = (".json", ".html", ".pyc")
_PART = re.compile(r"(STL\d{3})(?: ([a-z]+))?")


LOOKS_MARKED = re.compile(r"#\s*STL\d{3}", re.IGNORECASE)
"""What is a mark or a misspelt one."""


@dataclass(frozen=True, order=True)
class Mark:
    """Where a fixture says that a finding starts, or that one points to; `word` is a severity or `related`."""

    line: int
    code: str
    word: str

    def __str__(self) -> str:
        return f"{self.line} {self.code} {self.word}"

    @classmethod
    def of(cls, finding: Finding) -> Mark:
        return cls(finding.place.start.line, finding.code, finding.severity)


@dataclass(frozen=True)
class Marks:
    """What is marked in one file, or what is there to mark."""

    findings: tuple[Mark, ...]
    related: frozenset[Mark]

    @property
    def related_codes(self) -> frozenset[str]:
        return frozenset(mark.code for mark in self.related)


def marked(text: str) -> Marks:
    """The marks of a text."""
    marks = list(_marks(text))
    return Marks(
        tuple(sorted(mark for mark in marks if mark.word != RELATED)),
        frozenset(mark for mark in marks if mark.word == RELATED),
    )


def found(findings: Iterable[Finding], path: Path, related: Iterable[str]) -> Marks:
    """What a file has to be marked with; `related` are the codes whose related places are marked."""
    findings, related = list(findings), frozenset(related)
    places = ((each.code, other.place) for each in findings if each.code in related for other in each.related)
    return Marks(
        tuple(sorted(Mark.of(each) for each in findings if each.path == path)),
        frozenset(Mark(place.start.line, code, RELATED) for code, place in places if place.path == path),
    )


def bare(text: str) -> str:
    """A text without its marks."""
    return _MARK.sub("", text)


def laid_out(fixture: Path, folder: Path) -> Mapping[Path, Marks]:
    """Copy a fixture into a folder without its marks, a file under a name that says nothing; what each copy was marked with."""
    copies = {folder / "application.py": fixture} if fixture.is_file() else _copied(fixture, folder)
    marks = {}
    for copy, path in copies.items():
        text = path.read_bytes().decode()
        copy.write_bytes(bare(text).encode())
        marks[copy] = marked(text)
    return marks


def broken_of(fixed: Path) -> Path:
    """`bad_chain.py` of what repairs make of it: `bad_chain.fixed.py`, or, with the unsafe ones, `bad_chain.unsafe.fixed.py`."""
    return fixed.with_name(f"{fixed.name.partition('.')[0]}.py")


def level_of(fixed: Path) -> Level:
    """At which level a fixed fixture is written."""
    return Level.UNSAFE if "unsafe" in fixed.name else Level.RESPONSE


def fixed_texts(project: Path) -> Mapping[Path, str]:
    """What the repairs make of the files of a project that is not only Python: those with `.fixed` behind their names."""
    return {
        path.relative_to(project).with_suffix(""): bare(path.read_text("utf-8")) for path in project.rglob(f"*{_FIXED}")
    }


def request(folder: Path, code: str, *, fix: bool = False, level: Level = Level.RESPONSE) -> Request:
    """A run with the rules that are on by default, and `code`, which may be advice."""
    return Request(
        (folder,), Config(root=folder), Selection(extend_select=(code,)), level, fix, root=folder, insists=fix
    )


def _copied(project: Path, folder: Path) -> Mapping[Path, Path]:
    """The files of a project that may be marked, each by its copy in a folder."""
    shutil.copytree(project, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(f"*{_FIXED}"))
    files = (path for path in sorted(project.rglob("*")) if path.is_file() and not path.name.endswith(_FIXED))
    return {folder / path.relative_to(project): path for path in files if path.suffix not in _UNMARKED}


def _marks(text: str) -> Iterator[Mark]:
    for number, line in enumerate(text.splitlines(), 1):
        if match := _MARK.search(line):
            for code, word in _PART.findall(match[1]):
                yield Mark(number, code, word or _severities()[code])


@cache
def _severities() -> Mapping[str, str]:
    """The severity of each rule and of each code of the program itself."""
    rules = {each.code: each.severity for each in rule.discover()}
    return rules | {each.code: each.severity for each in TOOL_CODES}
