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
from tools.respelt import SPELLINGS, Spelling
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


def test_a_comment_whose_code_stays_is_told() -> None:
    before = "import time  # held\n# above\ntime.sleep(1)  # behind\n"
    told = "loses the comment # {}, and keeps `{}`".format
    assert list(harms(before, "import time\n# above\ntime.sleep(1)  # behind\n")) == [told("held", "import time")]
    assert list(harms(before, "import time  # held\ntime.sleep(1)\n")) == [
        told("above", "time.sleep(1)"),
        told("behind", "time.sleep(1)"),
    ]
    assert list(harms(before, "import time  # held\nprint(time)\n")) == []
    assert list(harms(before, before.replace("# above", "# ab"))) == [
        told("above", "time.sleep(1)"),
        "writes the comment # ab",
    ]


WRITTEN = """\
import json
from fastapi import FastAPI

app = FastAPI()
index = make()


def two():
    return 2


@app.get("/chat")
def chat(q: str):
    response = index.query(q)
    if two():
        return {"answer": json.dumps(response, indent=2, sort_keys=True, separators=(",", ":"), skipkeys=True)}
    print(
        q
    )
    return f"{response}"
"""


@pytest.mark.parametrize("name", dict(varied(WRITTEN, 1)))
def test_a_program_is_written_in_other_ways(name: str) -> None:
    text = dict(varied(WRITTEN, 1))[name]
    assert text not in (WRITTEN, ast.unparse(ast.parse(WRITTEN)) + "\n")
    assert text.count("json.dumps(") == (2 if name in ("doubled", "repeated") else 1)
    compile(text, name, "exec")


@pytest.mark.parametrize("spelling", [each for each in SPELLINGS if each.__name__ != "dated"])
def test_a_spelling_changes_nothing_that_python_sees(spelling: Spelling) -> None:
    assert ast.dump(ast.parse(spelling(WRITTEN))) == ast.dump(ast.parse(WRITTEN))
