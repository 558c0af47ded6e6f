"""An async library is called from outside: nothing in it is known to serve, until its owner says that all of it may."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Streamlint, Write

SETTING = '[project]\nname = "pause"\n\n[tool.streamlint]\nasync-library = true\n'
HINT = "async-library = true in the configuration"
CLIENT = """\
import time

from pause.waits import pause


async def direct() -> None:
    time.sleep(1)


async def far() -> None:
    pause()


def at_once() -> None:
    time.sleep(1)
"""
WAITS = """\
import subprocess


def pause() -> None:
    subprocess.run(["sleep", "1"])
"""


@pytest.fixture
def library(write: Write, project: Path) -> Path:
    write("pyproject.toml", '[project]\nname = "pause"\n')
    write("pause/__init__.py", "")
    write("pause/client.py", CLIENT)
    write("pause/waits.py", WAITS)
    return project


def found(streamlint: Streamlint, *options: str) -> list[str]:
    rows = json.loads(streamlint("--output-format", "json", *options).stdout)["findings"]
    return [f"{row['path']}:{row['start']['line']} {row['code']} {row['severity']}" for row in rows]


def test_a_library_is_silent_and_the_last_line_says_so(library: Path, streamlint: Streamlint) -> None:
    ended = streamlint()
    assert ended.exit_code == 0
    assert ended.stdout.startswith("No findings (3 files checked)")
    assert ended.stdout.count(HINT) == 1


@pytest.mark.parametrize("style", ["full", "concise", "grouped"])
def test_each_report_for_people_says_it(library: Path, streamlint: Streamlint, style: str) -> None:
    assert HINT in streamlint("--output-format", style).stdout


def test_each_coroutine_counts_where_the_owner_says_so(library: Path, write: Write, streamlint: Streamlint) -> None:
    write("pyproject.toml", SETTING)
    assert found(streamlint) == ["pause/client.py:7 STL203 error", "pause/client.py:11 STL204 error"]
    assert HINT not in streamlint().stdout


def test_tests_of_a_library_are_no_part_of_it(library: Path, write: Write, streamlint: Streamlint) -> None:
    write("pyproject.toml", SETTING)
    write("tests/test_client.py", "import time\n\n\nasync def test_it() -> None:\n    time.sleep(1)\n")
    assert not [row for row in found(streamlint) if row.startswith("tests/")]


def test_a_part_of_a_project_says_nothing_of_the_whole(library: Path, streamlint: Streamlint) -> None:
    assert HINT not in streamlint("pause").stdout
    assert HINT not in streamlint("pause/client.py").stdout


def test_a_program_that_serves_needs_no_hint(library: Path, write: Write, streamlint: Streamlint) -> None:
    write(
        "pause/app.py", 'from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get("/")\ndef home() -> None: ...\n'
    )
    assert HINT not in streamlint().stdout


def test_a_library_without_coroutines_needs_none(write: Write, project: Path, streamlint: Streamlint) -> None:
    write("pyproject.toml", '[project]\nname = "pause"\n')
    write("pause/waits.py", WAITS)
    write("tests/test_waits.py", "async def test_it() -> None: ...\n")
    assert HINT not in streamlint().stdout


def test_what_is_kept_says_the_same(
    library: Path, write: Write, streamlint: Streamlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STREAMLINT_NO_CACHE")
    write("pause/signs.py", "from fastapi import FastAPI\n\n\nasync def nothing(app: FastAPI) -> None: ...\n")
    first = streamlint().stdout
    assert HINT in first
    assert streamlint().stdout == first
    assert HINT in streamlint("--output-format", "concise").stdout
    write("pause/client.py", CLIENT + "# more\n")
    assert streamlint().stdout == first
