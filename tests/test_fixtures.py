"""Broken, fixed and innocent code of every rule: `tests/fixtures/STLnnn/`.

`bad_*.py` has a mark (`tools/fixtures.py` says which there are) at the end of every line on which a finding starts, and on no
other; `bad_*.fixed.py` is what `--fix` makes of it, and what no such file says no repair does. With `unsafe` in the name it is
written at that level; `bad_*.unsafe.fixed.py` stands beside a fixture that does not say so. `ok_*.py` raises nothing.
`project_*/` are whole projects, marked alike. Where a fixture marks a place to which findings of a rule point, it marks all.
With `no_fix` in its name, file or project, no fix of the rule is offered at any level.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from streamlint import rule
from streamlint.finding import Finding
from streamlint.fix import Level
from streamlint.run import run
from tools.fixtures import (
    FIXTURES,
    LOOKS_MARKED,
    Mark,
    Marks,
    bare,
    broken_of,
    fixed_texts,
    found,
    laid_out,
    level_of,
    marked,
    request,
)

CODES = sorted(folder.name for folder in FIXTURES.iterdir() if folder.is_dir())
BAD = sorted(path for path in FIXTURES.glob("*/bad_*.py") if not path.name.endswith(".fixed.py"))
FIXED = sorted(FIXTURES.glob("*/bad_*.fixed.py"))
OK = sorted(FIXTURES.glob("*/ok_*.py"))
PROJECTS = sorted(path for path in FIXTURES.glob("*/project_*") if path.is_dir())
OK_PROJECTS = sorted(path for path in FIXTURES.glob("*/ok_*") if path.is_dir())
FIXED_PROJECTS = [path for path in PROJECTS if fixed_texts(path)]
UNFIXED = [path for path in (*BAD, *PROJECTS) if "no_fix" in path.name]


def name(path: Path) -> str:
    return str(path.relative_to(FIXTURES))


def lines(marks: Mapping[Path, Marks]) -> list[str]:
    return [f"{path.name}:{mark}" for path, each in marks.items() for mark in (*each.findings, *sorted(each.related))]


def to_mark(findings: tuple[Finding, ...], marks: Mapping[Path, Marks]) -> list[str]:
    """What the files of a fixture, which has `marks`, have to be marked with."""
    related = frozenset[str]().union(*(each.related_codes for each in marks.values()))
    return lines({path: found(findings, path, related) for path in marks})


@pytest.mark.parametrize("path", BAD, ids=name)
def test_broken_code_is_found(path: Path, tmp_path: Path) -> None:
    marks = laid_out(path, tmp_path)
    findings = run(request(tmp_path, path.parent.name)).findings
    assert any(path.parent.name in finding.codes for finding in findings), "the fixture does not show its own rule"
    assert to_mark(findings, marks) == lines(marks)
    read = [level_of(fixed) for fixed in FIXED if broken_of(fixed) == path]
    offered = {finding.fix.level for finding in findings if finding.fix is not None} - {Level.DISPLAY}
    unread = [level for level in offered if not any(each.allows(level) for each in read)]
    assert unread == [], "a repair that nobody has read: write `.fixed.py`, or `.unsafe.fixed.py` for that level"


@pytest.mark.parametrize("path", [*OK, *OK_PROJECTS], ids=name)
def test_innocent_code_is_silent(path: Path, tmp_path: Path) -> None:
    laid_out(path, tmp_path)
    assert [
        f"{f.place.start.line}: {f.code} {f.message}" for f in run(request(tmp_path, path.parent.name)).findings
    ] == []


@pytest.mark.parametrize("path", FIXED, ids=name)
def test_fix_writes_what_a_person_would(path: Path, tmp_path: Path) -> None:
    (copy,) = laid_out(broken_of(path), tmp_path)
    level = level_of(path)
    outcome = run(request(tmp_path, path.parent.name, fix=True, level=level))
    assert [change.after.text for change in outcome.changes] == [bare(path.read_bytes().decode())]
    copy.write_text(bare(path.read_bytes().decode()), "utf-8")
    again = run(request(tmp_path, path.parent.name, fix=True, level=level))
    assert again.changes == (), "a second run changes the code again"
    marks = {copy: marked(path.read_text("utf-8"))}
    assert to_mark(again.findings, marks) == lines(marks)


@pytest.mark.parametrize("path", UNFIXED, ids=name)
def test_no_fix_is_offered(path: Path, tmp_path: Path) -> None:
    laid_out(path, tmp_path)
    findings = [f for f in run(request(tmp_path, path.parent.name)).findings if path.parent.name in f.codes]
    assert findings
    assert [f"{f.place.start.line}: {f.fix.title}" for f in findings if f.fix is not None] == []


@pytest.mark.parametrize("folder", PROJECTS, ids=name)
def test_project(folder: Path, tmp_path: Path) -> None:
    marks = laid_out(folder, tmp_path)
    assert to_mark(run(request(tmp_path, folder.parent.name)).findings, marks) == lines(marks)


@pytest.mark.parametrize("folder", FIXED_PROJECTS, ids=name)
def test_fix_of_a_project(folder: Path, tmp_path: Path) -> None:
    """At the level `response`, or, with `unsafe` in its name, at that one; only the named files change."""
    laid_out(folder, tmp_path)
    outcome = run(request(tmp_path, folder.parent.name, fix=True, level=level_of(folder)))
    assert {change.after.path.relative_to(tmp_path): change.after.text for change in outcome.changes} == fixed_texts(
        folder
    )


@pytest.mark.parametrize("code", [row.code for row in rule.catalogue()])
def test_every_rule_has_broken_and_innocent_fixtures(code: str) -> None:
    folder = FIXTURES / code
    assert list(folder.glob("bad_*.py")) or list(folder.glob("project_*"))
    assert len([*folder.glob("ok_*.py"), *(path for path in folder.glob("ok_*") if path.is_dir())]) >= 3, (
        "every rule has code that looks guilty and is right"
    )


def test_every_fixture_belongs_to_a_rule() -> None:
    assert set(CODES) <= {row.code for row in rule.catalogue()}


def test_what_a_mark_says() -> None:
    text = "one()  # STL204\ntwo()  # STL203 warning STL312\r\nthree()  # STL204 related STL101 related\nfour()  # not STL204\n"
    assert marked(text) == Marks(
        (Mark(1, "STL204", "error"), Mark(2, "STL203", "warning"), Mark(2, "STL312", "advice")),
        frozenset({Mark(3, "STL204", "related"), Mark(3, "STL101", "related")}),
    )
    assert bare(text) == "one()\ntwo()\r\nthree()\nfour()  # not STL204\n"


@pytest.mark.parametrize("code", CODES)
def test_no_mark_is_misspelt(code: str) -> None:
    texts = {path: bare(path.read_bytes().decode()) for path in (FIXTURES / code).rglob("*.py")}
    lines = {path: [line for line in text.splitlines() if LOOKS_MARKED.search(line)] for path, text in texts.items()}
    assert {path: found for path, found in lines.items() if found} == {}
