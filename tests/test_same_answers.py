"""The same program gives the same report, byte for byte, under every hash seed and in whatever order folders are listed.

`python -m tools.same_answers` asks the same of real trees.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools import same_answers

FIXTURES = Path(__file__).parent / "fixtures"
SEEDS = (0, 1, 2)
PROJECTS = sorted(path for code in ("STL204", "STL308") for path in FIXTURES.glob(f"{code}/project_*"))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fixture projects in which an answer is one of several, side by side."""
    folder = tmp_path_factory.mktemp("tree")
    for project in PROJECTS:
        shutil.copytree(project, folder / project.parent.name / project.name)
        (folder / project.parent.name / project.name / "pyproject.toml").touch()
    return folder


def test_reports_are_the_same(tree: Path) -> None:
    reported = same_answers.report(tree, SEEDS[0])
    assert "STL204" in reported
    assert "STL308" in reported
    assert list(same_answers.differences(tree, SEEDS)) == []


def test_a_difference_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(same_answers, "report", lambda folder, seed, options: f"same\n{seed % 2}\n")
    assert [seed for seed, _ in same_answers.differences(tmp_path, (0, 1, 2, 3))] == [1, 3]


def test_a_run_that_fails_is_no_answer(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ended with 2"):
        same_answers.report(tmp_path, 0, ("--no-such-option",))
