"""Every row about a broken release has a probe, and the probes of the core say good of the installed release where the rows do."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import pytest
from packaging.version import Version

from streamlint.knowledge.dependencies import Broken, broken_releases, commands, packages
from tools.release_probes.__main__ import searches
from tools.release_probes.bisecting import Stretch, stretches
from tools.release_probes.environments import CORE, PROGRAMS

ROWS = broken_releases()


def probe_of(row: Broken) -> str:
    return row.probe


def test_a_row_has_a_probe_and_a_probe_a_row_or_an_answer() -> None:
    programs = {path.stem for path in PROGRAMS.glob("*.py")}
    assert {row.probe for row in ROWS} <= programs
    assert set(searches()) == {row.probe for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=probe_of)
def test_a_range_is_a_range_within_what_was_searched(row: Broken) -> None:
    assert Version(row.first) < Version(row.below)
    search = searches()[row.probe]
    assert search.package == row.package
    assert search.among.contains(row.first)
    assert search.among.contains(row.below)


@pytest.mark.slow
@pytest.mark.parametrize("row", [row for row in ROWS if row.package == CORE], ids=probe_of)
def test_the_installed_release_is_what_the_row_says(row: Broken) -> None:
    installed = Version(metadata.version(CORE))
    expected = "bad" if Version(row.first) <= installed < Version(row.below) else "good"
    command = [sys.executable, PROGRAMS / f"{row.probe}.py"]
    ran = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, check=False)
    assert ran.stdout.strip().splitlines()[-1].startswith(expected), ran.stderr


@pytest.mark.parametrize(
    ("answers", "step", "asked"),
    [("ggggbbbgggggg", 2, 11), ("gggggggggggggggg", 4, 6), ("bbbbgggggggggggg", 8, 6), ("g", 8, 1), ("gb", 8, 2)],
)
def test_the_search_finds_where_answers_change(answers: str, step: int, asked: int) -> None:
    questions: list[int] = []

    def ask(place: int) -> str:
        questions.append(place)
        return answers[place]

    found = stretches(len(answers), step, ask)
    assert len(set(questions)) == len(questions) <= asked
    assert "".join(
        stretch.answer * (stretch.last - stretch.first + 1) for stretch in found if stretch.answer == "b"
    ) == ("b" * answers.count("b"))
    assert found[0].first == 0
    assert found[-1] == Stretch(found[-1].first, len(answers) - 1, answers[-1])


def test_every_manager_is_told_a_package() -> None:
    assert all("{package}" in command for manager, command in commands().items() if manager != "pylock")
    assert packages().core == CORE
