"""Broken, fixed and innocent code of every rule: `tests/fixtures/STLnnn/`.

`bad_*.py` holds `# STLnnn` at the end of every line on which a finding starts, and on no other; `bad_*.fixed.py` is what `--fix`
makes of it (with `unsafe` in the name: at that level). `ok_*.py` raises nothing. `project_*/` are whole projects, marked alike.
With `no_fix` in its name, file or project, no fix of the rule is offered at any level.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from streamlint import rule
from streamlint.config import Config, Selection
from streamlint.finding import Finding
from streamlint.fix import Level
from streamlint.run import Request, run

FIXTURES = Path(__file__).parent / "fixtures"
CODES = sorted(folder.name for folder in FIXTURES.iterdir() if folder.is_dir())
BAD = sorted(path for path in FIXTURES.glob("*/bad_*.py") if not path.name.endswith(".fixed.py"))
FIXED = sorted(FIXTURES.glob("*/bad_*.fixed.py"))
OK = sorted(FIXTURES.glob("*/ok_*.py"))
PROJECTS = sorted(path for path in FIXTURES.glob("*/project_*") if path.is_dir())
UNFIXED = [path for path in (*BAD, *PROJECTS) if "no_fix" in path.name]
MARK = re.compile(r"[ \t]*# (STL\d{3}(?: STL\d{3})*)[ \t]*(?=\r?$)", re.MULTILINE)


def name(path: Path) -> str:
    return str(path.relative_to(FIXTURES))


def request(folder: Path, code: str, *, fix: bool = False, level: Level = Level.RESPONSE) -> Request:
    """A run with the rules that are on by default, and `code`, which may be advice."""
    return Request((folder,), Config(root=folder), Selection(extend_select=(code,)), level, fix, root=folder)


def marked(text: str) -> list[tuple[int, str]]:
    """The marks of a text as line and code."""
    lines = text.splitlines()
    return sorted(
        (number, code) for number, line in enumerate(lines, 1) if (m := MARK.search(line)) for code in m[1].split()
    )


def found(findings: tuple[Finding, ...], path: Path) -> list[tuple[int, str]]:
    return sorted((finding.place.start.line, finding.code) for finding in findings if finding.path == path)


def bare(text: str) -> str:
    return MARK.sub("", text)


def alone(path: Path, folder: Path) -> Path:
    """The fixture without its marks, alone in a folder, under a name that says nothing."""
    copy = folder / "application.py"
    copy.write_bytes(bare(path.read_bytes().decode()).encode())
    return copy


def laid_out(folder: Path, target: Path) -> None:
    shutil.copytree(folder, target, dirs_exist_ok=True)
    for copy in target.rglob("*.py"):
        copy.write_text(bare(copy.read_text("utf-8")), "utf-8")


@pytest.mark.parametrize("path", BAD, ids=name)
def test_broken_code_is_found(path: Path, tmp_path: Path) -> None:
    copy = alone(path, tmp_path)
    marks = marked(path.read_text("utf-8"))
    assert any(code == path.parent.name for _, code in marks), "the fixture does not show its own rule"
    assert found(run(request(tmp_path, path.parent.name)).findings, copy) == marks


@pytest.mark.parametrize("path", OK, ids=name)
def test_innocent_code_is_silent(path: Path, tmp_path: Path) -> None:
    alone(path, tmp_path)
    assert [
        f"{f.place.start.line}: {f.code} {f.message}" for f in run(request(tmp_path, path.parent.name)).findings
    ] == []


@pytest.mark.parametrize("path", FIXED, ids=name)
def test_fix_writes_what_a_person_would(path: Path, tmp_path: Path) -> None:
    broken = path.with_name(path.name.replace(".fixed.py", ".py"))
    level = Level.UNSAFE if "unsafe" in path.name else Level.RESPONSE
    copy = alone(broken, tmp_path)
    outcome = run(request(tmp_path, path.parent.name, fix=True, level=level))
    assert [change.after.text for change in outcome.changes] == [bare(path.read_bytes().decode())]
    copy.write_text(bare(path.read_bytes().decode()), "utf-8")
    again = run(request(tmp_path, path.parent.name, fix=True, level=level))
    assert again.changes == (), "a second run changes the code again"
    assert found(again.findings, copy) == marked(path.read_text("utf-8"))


@pytest.mark.parametrize("path", UNFIXED, ids=name)
def test_no_fix_is_offered(path: Path, tmp_path: Path) -> None:
    if path.is_dir():
        laid_out(path, tmp_path)
    else:
        alone(path, tmp_path)
    findings = [f for f in run(request(tmp_path, path.parent.name)).findings if f.code == path.parent.name]
    assert findings
    assert [f"{f.place.start.line}: {f.fix.title}" for f in findings if f.fix is not None] == []


@pytest.mark.parametrize("folder", PROJECTS, ids=name)
def test_project(folder: Path, tmp_path: Path) -> None:
    marks = {}
    for path in sorted(folder.rglob("*")):
        copy = tmp_path / path.relative_to(folder)
        if path.is_dir():
            copy.mkdir(exist_ok=True)
        elif path.suffix == ".py":
            copy.write_text(bare(path.read_text("utf-8")), "utf-8")
            marks[copy] = marked(path.read_text("utf-8"))
        else:
            shutil.copy(path, copy)
    outcome = run(request(tmp_path, folder.parent.name))
    assert {path: found(outcome.findings, path) for path in marks} == marks


@pytest.mark.parametrize("code", [row.code for row in rule.catalogue()])
def test_every_rule_has_broken_and_innocent_fixtures(code: str) -> None:
    folder = FIXTURES / code
    assert list(folder.glob("bad_*.py")) or list(folder.glob("project_*"))
    assert len(list(folder.glob("ok_*.py"))) >= 3, "every rule has code that looks guilty and is right"


def test_every_fixture_belongs_to_a_rule() -> None:
    assert set(CODES) <= {row.code for row in rule.catalogue()}
