"""The benchmark's rows can be run, and its tables say what was measured; what runs cost is measured by it, not here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import Run
from benchmarks.measuring import Cost, Failed, measure, middle
from benchmarks.rows import Program, Tree, programs, trees
from benchmarks.table import PEER, UNIT, table

PLACES = {"python": "p", "bin": "b", "here": "h", "tree": "t", "file": "f", "cache": "c"}


def test_every_row_can_be_run() -> None:
    found = programs()
    assert {UNIT, PEER} < {each.name for each in found}
    assert all(argument.format_map(PLACES) for each in found for argument in each.arguments)
    assert all("==" in need or need == "{streamlint}" for each in found for need in each.needs)


def test_every_wheel_is_pinned_and_has_a_file_of_routes() -> None:
    found = list(trees())
    assert len({name for name, _, _ in found}) == len(found)
    assert all("==" in wheel for _, wheels, _ in found for wheel in wheels)
    assert all(file.endswith(".py") for _, _, file in found)


def test_a_program_that_fails_is_told_with_its_last_words() -> None:
    with pytest.raises(Failed, match="exit code 7: no such thing"):
        measure([sys.executable, "-c", "import sys; sys.stderr.write('no such thing'); sys.exit(7)"])
    assert measure([sys.executable, "-c", "raise SystemExit(1)"]).cpu > 0


def test_the_file_is_as_it_was_after_each_run(tmp_path: Path) -> None:
    file = tmp_path / "routes.py"
    file.write_text("one = 1\n")
    counting = "import sys; sys.exit(9 if 'a line more' not in open(sys.argv[1]).read() else 0)"
    edited = Program("edited", ("{python}", "-c", counting, "{file}"), edits="# a line more")
    failing = Program("failing", ("{python}", "-c", "raise SystemExit(4)"))
    large = Program("large", ("{python}", "-c", "raise SystemExit(4)"), within=0)
    run = Run(tmp_path / "work", 2)
    home = Path(sys.executable).parent
    run.measure(Tree("tree", tmp_path, file), {each.name: (each, home) for each in (edited, failing, large)})
    assert file.read_text() == "one = 1\n"
    assert len(run.costs["tree"]["edited"]) == 2
    assert run.missing == {"failing": "tree: exit code 4: "}


def test_a_table_has_medians_and_ratios() -> None:
    costs = {UNIT: [Cost(2, 2, 10)], PEER: [Cost(1, 1, 20)], "other": [Cost(3, 5, 30), Cost(9, 9, 9), Cost(4, 5, 30)]}
    assert middle(costs["other"]) == Cost(4, 5, 30)
    assert "| other | 4.00 | 2.00 | 4.00 | 5.00 | 30 |" in list(table({"tree": costs}))
