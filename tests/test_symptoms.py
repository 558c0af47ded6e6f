"""From what people see to what may be behind it: `--explain` answers questions too."""

from __future__ import annotations

import pytest

from streamlint import rule
from streamlint.knowledge.symptoms import symptoms
from streamlint.knowledge.table import read
from tests.conftest import Streamlint


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("all at once", "all at once"),
        ("everything arrives at the end", "all at once"),
        ("cut after 60 s", "cut"),
        ("it just stops", "stops and nothing is logged"),
        ("stops and nothing is logged", "stops and nothing is logged"),
        ("empty 200", "empty 200"),
        ("everything freezes for others", "everything freezes"),
        ("cut at each deployment", "cut at each deployment"),
    ],
)
def test_a_question_leads_to_its_symptom(question: str, title: str) -> None:
    assert title in [each.title for each in symptoms(question)]


def test_what_cuts_after_this_time_comes_first(streamlint: Streamlint) -> None:
    result = streamlint("--explain", "cut after 1 min")
    causes = [line for line in result.stdout.splitlines() if line.startswith("- ")]
    assert result.exit_code == 0
    assert all("after 60 s" in line for line in causes[:4]) and "after 60 s" not in causes[4]
    assert any("STL520" in line for line in causes[:4])


def test_every_rule_of_a_cause_is_there() -> None:
    titles = {row.text("title") for row in read("symptoms").rows("symptom")}
    for row in read("symptoms").rows("cause"):
        assert set(row.texts("rules")) <= set(rule.codes()), row.text("where")
        assert row.text("symptom") in titles


def test_words_that_mean_nothing_are_no_rule(streamlint: Streamlint) -> None:
    result = streamlint("--explain", "purple elephants")
    assert result.exit_code == 2
