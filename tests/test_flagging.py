"""A fact is a finding only where libcst's tree bears it out; what it does not name is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from streamlint import rule
from streamlint.fact import Fact, Stand
from streamlint.finding import RULE_CRASHED
from streamlint.languages import flagging
from streamlint.languages.python import PythonFile
from streamlint.project import Project
from streamlint.source import Source, Span
from tests.test_fixtures import FIXTURES

Planted = Callable[[Stand, PythonFile], Stand]
PLANTED: dict[str, Planted] = {
    "one character on": lambda stand, _: replace(stand, span=Span(stand.span.start + 1, stand.span.end)),
    "one character less": lambda stand, _: replace(stand, span=Span(stand.span.start, stand.span.end - 1)),
    "behind the text": lambda stand, file: replace(stand, span=Span(len(file.source.text), len(file.source.text) + 5)),
    "the whole file": lambda stand, file: replace(stand, span=Span(0, len(file.source.text))),
    "another type": lambda stand, _: replace(stand, types=("Pass",)),
    "another word": lambda stand, _: replace(stand, word="nowhere_in_the_text"),
}


def first_with_facts(code: str) -> tuple[PythonFile, list[Fact]]:
    """The first broken fixture of a rule in which it has facts, alone in its project."""
    for path in sorted((FIXTURES / code).rglob("*.py")):
        file = PythonFile(Source.read(path), Project(path.parent, (path,)))
        facts = [fact for fact in rule.judge(file, rule.discover({code})) if isinstance(fact, Fact)]
        if facts:
            return file, facts
    raise AssertionError(f"no fixture of {code} has a fact by itself")


@pytest.mark.parametrize("code", [each.code for each in rule.catalogue()])
def test_a_fact_in_a_wrong_place_is_refused(code: str) -> None:
    file, facts = first_with_facts(code)
    assert {finding.code for finding in flagging.flag(file, facts)} == {code}
    for name, planted in PLANTED.items():
        wrong = [replace(fact, stand=planted(fact.stand, file)) for fact in facts]
        found = list(flagging.flag(file, wrong))
        assert (name, {finding.code for finding in found}) == (name, {RULE_CRASHED.code})
        assert all(finding.message.startswith(f"{code} ") and "stands here" in finding.message for finding in found)


@pytest.mark.parametrize("code", [each.code for each in rule.catalogue()])
def test_a_rule_stands_on_nodes_that_libcst_has(code: str) -> None:
    import libcst

    (each,) = rule.discover({code})
    assert each.stands_on
    assert all(issubclass(getattr(libcst, name), libcst.CSTNode) for name in each.stands_on)


def test_a_file_that_libcst_cannot_read_keeps_its_findings(tmp_path: Path) -> None:
    terms = " + ".join(["x"] * 2_000)
    path = tmp_path / "app.py"
    path.write_text(
        f"import time\nfrom fastapi import FastAPI\napp = FastAPI()\nx = 1\ny = {terms}\n\n\n"
        '@app.get("/")\nasync def chat():\n    time.sleep(1)\n    return {}\n'
    )
    file = PythonFile(Source.read(path), Project(tmp_path, (path,)))
    facts = [fact for fact in rule.judge(file, rule.discover({"STL203"})) if isinstance(fact, Fact)]
    (finding,) = flagging.flag(file, facts)
    assert (finding.code, finding.place.start.line, finding.fix) == ("STL203", 10, None)
    assert "tree" not in vars(file)
