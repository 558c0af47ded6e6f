"""`--statistics`: how many findings there are, by rule, by what somebody sees, and by repair."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streamlint import rule
from streamlint.finding import Symptom
from tests.conftest import BLOCKING, CLEAN, STREAMING, Streamlint, Write

ABOUT_FILES = {"STL599"}
"""Rules that find no fault of a stream."""
SEVERAL = """\
from fastapi import FastAPI
from llama_index.core import VectorStoreIndex

app = FastAPI()
engine = VectorStoreIndex([]).as_query_engine(streaming=True)


@app.get("/first")
def first(q: str):
    return {"answer": "".join(engine.query(q).response_gen)}


@app.get("/second")
def second(q: str):
    return {"answer": "".join(engine.query(q).response_gen)}


@app.get("/third")
def third(q: str):
    return {"answer": "".join(engine.query(q).response_gen)}  # streamlint: ignore[STL102] a report


@app.get("/fourth")
async def fourth(q: str):
    return q  # streamlint: ignore[STL203] it was slow once
"""


@pytest.fixture
def several(write: Write) -> None:
    write("app.py", SEVERAL)
    write("slow.py", BLOCKING)


@pytest.mark.usefixtures("several")
def test_tables_for_people(streamlint: Streamlint) -> None:
    result = streamlint("--statistics")
    assert result.exit_code == 1
    assert (
        result.stdout
        == """\
FOUND  FIXABLE  IGNORED  RULE    NAME
    2        2        1  STL102  materialised-stream
    1        1        -  STL002  unused-ignore
    1        1        -  STL203  blocking-call-in-async

FOUND  FIXABLE  IGNORED  SYMPTOM
    2        2        1  all at once     the answer comes at its end
    1        1        -  freezes others  others wait while one is served
    1        1        -  other           it is about a file or a comment

FOUND  REPAIR
    2  safe      2 by --fix
    2  response  2 by --fix

Found 3 errors and 1 warning in 2 files (2 files checked, 1 ignored); 4 fixable with --fix
"""
    )


@pytest.mark.usefixtures("several")
def test_a_level_leaves_repairs_to_another_option(streamlint: Streamlint) -> None:
    assert "    2  response  2 by --fix-level response\n" in streamlint("--statistics", "--fix-level", "safe").stdout


@pytest.mark.usefixtures("several")
def test_what_was_fixed_is_counted(streamlint: Streamlint) -> None:
    told = streamlint(
        "--statistics", "--fix", "-q", "--output-format", "json", "-", "--stdin-filename", "app.py", text=SEVERAL
    )
    assert [(each["code"], each["fixed"]) for each in json.loads(told.stderr)["rules"]] == [
        ("STL002", 1),
        ("STL102", 2),
    ]
    stdout = streamlint("--statistics", "--fix").stdout
    assert stdout.startswith(
        "FOUND  FIXABLE  IGNORED  RULE    NAME\n    -        -        1  STL102  materialised-stream\n\n"
    )
    assert "\nFixed 4 findings in 2 files:\n" in stdout
    assert "REPAIR" not in stdout
    assert "\nNothing is left (2 files checked, 1 ignored)\n" in stdout


@pytest.mark.usefixtures("several")
def test_numbers_for_programs(streamlint: Streamlint) -> None:
    streamlint("--write-baseline", "--ignore", "STL203")
    told = json.loads(
        streamlint("--statistics", "--output-format", "json", "--baseline", ".streamlint-baseline.json").stdout
    )
    numbers = {"found": 0, "fixable": 0, "fixed": 0, "known": 0, "ignored": 0}
    assert told["rules"] == [
        {"code": "STL002", "name": "unused-ignore", **numbers, "found": 1, "fixable": 1},
        {"code": "STL203", "name": "blocking-call-in-async", **numbers, "found": 1, "fixable": 1},
        {"code": "STL102", "name": "materialised-stream", **numbers, "known": 2, "ignored": 1},
    ]
    assert {each["symptom"] for each in told["symptoms"]} == {"all at once", "freezes others", None}
    assert told["repairs"] == [{"level": "safe", "found": 2}]
    assert told["summary"]["fixable"] == 2


@pytest.mark.usefixtures("several")
def test_quiet_prints_the_tables_alone(streamlint: Streamlint) -> None:
    assert streamlint("--statistics", "--quiet").stdout.endswith("2 by --fix\n")


@pytest.mark.usefixtures("several")
def test_a_report_in_a_file_stays_whole(streamlint: Streamlint, project: Path) -> None:
    streamlint("--statistics", "--output", "concise:report.txt", "--output-file", "numbers.txt")
    report = (project / "report.txt").read_text()
    assert report.count("error[STL102]") == 2
    assert (project / "numbers.txt").read_text().startswith("FOUND  FIXABLE")


def test_nothing_to_count(write: Write, streamlint: Streamlint) -> None:
    write("shop.py", CLEAN)
    write("app.py", STREAMING)
    result = streamlint("--statistics")
    assert (result.exit_code, result.stdout) == (0, "No findings (2 files checked)\n")


@pytest.mark.parametrize(
    "options",
    [("--diff",), ("--fix-only",), ("--write-baseline",), ("--output-format", "sarif"), ("--output-format", "github")],
)
def test_what_reports_nothing_to_count_is_refused(
    write: Write, streamlint: Streamlint, options: tuple[str, ...]
) -> None:
    write("app.py", BLOCKING)
    result = streamlint("--statistics", *options)
    assert result.exit_code == 2
    assert "--statistics" in result.stderr


def test_every_rule_says_what_somebody_sees() -> None:
    assert {each.code for each in rule.discover() if each.symptom is None} <= ABOUT_FILES


def test_the_longest_row_holds_80_columns() -> None:
    numbers = len("FOUND  FIXABLE  KNOWN  IGNORED  ")
    assert numbers + max(len(f"{code}  {name}") for code, name in rule.codes().items()) <= 80
    assert numbers + max(len(each) for each in Symptom) + 2 + max(len(each.meaning) for each in Symptom) <= 80
