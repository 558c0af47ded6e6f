"""The words of every rule: what a person reads about a fixture is what its report says, `tools/fixture_reports.py`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streamlint import rule
from streamlint.run import run
from tests.test_fixtures import BAD, PROJECTS, name
from tools.fixture_reports import fixture_of, report, reports
from tools.fixtures import laid_out, marked, request

REPORTS = reports()
_TITLE = re.compile(r"\w+\[STL\d+\]")


@pytest.mark.parametrize("path", REPORTS, ids=name)
def test_report_says_the_same(path: Path) -> None:
    assert report(fixture_of(path)) == path.read_text("utf-8"), "if it should, run `python -m tools.fixture_reports`"


def test_findings_are_short() -> None:
    """Lines a finding on average, without the empty one between two; 12.0 on 2026-11-26."""
    texts = [path.read_text("utf-8") for path in REPORTS]
    findings = [len(block.splitlines()) for text in texts for block in text.split("\n\n") if _TITLE.match(block)]
    assert 8 <= sum(findings) / len(findings) <= 12.5


@pytest.mark.parametrize("code", [row.code for row in rule.catalogue()])
def test_every_rule_has_a_report(code: str) -> None:
    assert [path for path in REPORTS if path.parent.name == code and f"[{code}]" in path.read_text("utf-8")], (
        f"`python -m tools.fixture_reports tests/fixtures/{code}/bad_*.py` writes one; choose the most telling fixture"
    )


@pytest.mark.parametrize("path", REPORTS, ids=name)
def test_a_rule_that_points_to_other_places_has_them_marked(path: Path, tmp_path: Path) -> None:
    code = path.parent.name
    laid_out(fixture_of(path), tmp_path)
    points = any(each.related for each in run(request(tmp_path, code)).findings if each.code == code)
    fixtures = [each for each in (*BAD, *PROJECTS) if each.parent.name == code]
    assert not points or any(code in marked(text).related_codes for each in fixtures for text in texts(each))


def texts(fixture: Path) -> list[str]:
    return [
        path.read_text("utf-8") for path in ([fixture] if fixture.is_file() else fixture.rglob("*")) if path.is_file()
    ]
