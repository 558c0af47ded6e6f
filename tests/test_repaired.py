"""The tool that repairs real trees and varied fixtures: what it counts, and that it sees what it is there for."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from streamlint import run as running
from streamlint.source import Source
from tests.conftest import BLOCKING, Write
from tools import repaired as tool
from tools.harms import harms
from tools.varied import varied

QUICK = BLOCKING.replace("    time.sleep(1)\n", "")


def test_a_sound_repair_is_counted(write: Write, project: Path) -> None:
    path = write("app.py", BLOCKING)
    tally = tool.repaired(project)
    assert str(tally) == "1 files, 1 findings, 1 repairs (1 safe) in 1 files, 0 wrong"
    assert path.read_text() == BLOCKING
    assert any(line.startswith("-    time.sleep(1)") or "+def slow" in line for line in tally.diffs[0].splitlines())


@pytest.mark.parametrize(
    ("result", "wrong"),
    [
        (BLOCKING + "(\n", "no Python"),
        (f"{BLOCKING}# again\n", "STL203 stays after its own repair"),
        (f"import json\n{QUICK}", "imports json without a use"),
        (f"import time\n{QUICK}", "imports time twice"),
    ],
)
def test_a_planted_result_is_told(
    result: str, wrong: str, write: Write, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("app.py", BLOCKING)
    real = running._fix

    def planted(source: Source, findings: object, level: object) -> object:
        _, done = real(source, findings, level)  # type: ignore[arg-type]
        return (result, done) if done and source.text == BLOCKING else (source.text, [])

    monkeypatch.setattr(running, "_fix", planted)
    monkeypatch.setattr(running.Proofs, "fallen", lambda *_: None)
    assert any(wrong in row for row in tool.repaired(project).wrong)


def test_a_lost_comment_is_told() -> None:
    before = "import time  # held\n# held\ntime.sleep(1)\n"
    assert list(harms(before, before.replace("import time  # held", "import time"))) == ["loses the comment # held"]
    assert list(harms(before, before.replace("# held\n", "#  held\n"))) == ["loses the comment # held"] * 2


def test_a_program_is_written_in_other_ways() -> None:
    texts = list(varied(BLOCKING, 1))
    assert len(set(texts)) == len(texts) - 1  # nothing to reorder, nor to rename
    assert all("time.sleep(1)" in text and ast.parse(text) for text in texts)
