"""Reports in files: beside the terminal, in its place, several at once, and what is said of files that refuse."""

from __future__ import annotations

import json
import os
import re
import stat
import threading
from pathlib import Path
from xml.etree import ElementTree

import pytest

from streamlint import run
from streamlint.finding import Finding, Place, Severity
from streamlint.outcome import Outcome
from streamlint.reporters import github, github_summary
from streamlint.reporters.style import Style
from streamlint.source import Source, Span
from tests.conftest import BLOCKING, CLEAN, Streamlint, Write, run_program


def test_several_reports_beside_the_terminal(write: Write, project: Path, streamlint: Streamlint) -> None:
    write("app.py", BLOCKING)
    alone = streamlint()
    outputs = [f"--output={name}:{name}.out" for name in ("sarif", "junit", "gitlab", "json-lines", "concise")]
    result = streamlint(*outputs)
    assert (result.stdout, result.stderr, result.exit_code) == (alone.stdout, "", 1)
    for name in ("gitlab", "json-lines", "concise"):
        assert (project / f"{name}.out").read_text() == streamlint("--output-format", name).stdout
    assert json.loads((project / "sarif.out").read_text())["version"] == "2.1.0"
    ElementTree.fromstring((project / "junit.out").read_text())


def test_the_report_goes_to_its_file(write: Write, project: Path, streamlint: Streamlint) -> None:
    write("app.py", BLOCKING)
    report = streamlint("--output-format", "json").stdout
    result = streamlint("--output-format", "json", "--output-file", "report.json")
    assert (result.stdout, result.exit_code) == ("", 1)
    assert result.stderr == (
        "Found 1 error in 1 file (1 file checked); 1 fixable with --fix; the report is in report.json\n"
    )
    assert (project / "report.json").read_text() == report
    assert streamlint("-q", "-o", "report.txt").output == ""
    assert (project / "report.txt").read_text().startswith("error[STL203]")


def test_a_report_in_a_file_has_no_colours(write: Write, project: Path) -> None:
    write("app.py", BLOCKING)
    done = run_program("--output", "full:report.txt", cwd=project, FORCE_COLOR="1")
    assert re.sub(r"\x1b\[[\d;]*m", "", done.stdout) == (project / "report.txt").read_text()
    assert "\x1b[" in done.stdout


def test_the_patch_goes_to_its_file(write: Write, project: Path, streamlint: Streamlint) -> None:
    write("app.py", BLOCKING)
    patch = streamlint("--diff").stdout
    result = streamlint("--diff", "-o", "fixes.patch", "--output", "json:left.json")
    assert (result.stdout, result.exit_code) == ("", 1)
    assert (project / "fixes.patch").read_text() == patch != ""
    assert json.loads((project / "left.json").read_text())["findings"] == []


def test_fix_names_the_routes_beside_a_file(write: Write, streamlint: Streamlint, project: Path) -> None:
    head = "from fastapi import FastAPI\nfrom llama_index.core import VectorStoreIndex\n"
    head += "app = FastAPI()\nengine = VectorStoreIndex([]).as_query_engine(streaming=True)\n"
    route = "@app.get('/c')\ndef c(q: str):\n    return {'a': ''.join(engine.query(q).response_gen)}\n"
    write("app.py", head + route)
    result = streamlint("--fix", "-o", "report.txt")
    assert "GET /c" in result.stderr
    assert "GET /c" in (project / "report.txt").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--output", "serif:x"), "there is no format `serif` (did you mean `sarif`?)"),
        (("--output", "zzz:x"), "choose from full, concise"),
        (("--output", "report.sarif"), "must be a format, a colon and a file"),
        (("--output", "sarif:"), "must be a format, a colon and a file"),
        (("--output", "sarif:no/x.sarif"), "the folder of `no/x.sarif` does not exist"),
        (("--output", "sarif:part"), "`part` is a folder"),
        (("--output-file", "part"), "`part` is a folder"),
        (("--output-file", "app.py"), "`app.py` is the name of a Python file"),
        (("--output", "sarif:x", "--output", "json:./x"), "two reports cannot go to one file"),
        (("--output", "sarif:x", "-o", "x"), "two reports cannot go to one file"),
        (("--write-baseline", "--output", "sarif:x"), "--write-baseline reports nothing"),
        (("--list-rules", "-o", "x"), "what lists print goes to standard output"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_read(
    write: Write,
    project: Path,
    streamlint: Streamlint,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    write("app.py", BLOCKING)
    monkeypatch.setattr(run, "run", None)
    (project / "part").mkdir()
    before = sorted(os.listdir(project))
    result = streamlint(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert sorted(os.listdir(project)) == before
    assert (project / "app.py").read_text() == BLOCKING


def test_a_file_that_refuses_does_not_keep_the_others_back(
    write: Write, project: Path, streamlint: Streamlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("app.py", BLOCKING)
    (project / "locked").mkdir()
    real = os.replace

    def refuse(source: str, target: str) -> None:
        if "locked" in str(target):
            raise PermissionError(13, "Permission denied")
        real(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    result = streamlint("--output", "json:locked/x.json", "--output", "gitlab:y.json")
    assert result.exit_code == 2
    assert result.stderr == "Error: locked/x.json: cannot be written: Permission denied\n"
    assert "error[STL203]" in result.stdout
    assert len(json.loads((project / "y.json").read_text())) == 1
    assert os.listdir(project / "locked") == [], "nothing half-written stays"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_a_pipe_and_a_device_are_written_to_as_they_are(write: Write, project: Path) -> None:
    write("app.py", BLOCKING)
    pipe = project / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    done = run_program("--output", "gitlab:pipe", "--output", f"json:{os.devnull}", cwd=project)
    reader.join(timeout=60)
    assert done.returncode == 1, done.stderr
    assert len(json.loads(read[0])) == 1
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such bits")
def test_a_new_report_keeps_the_mode_and_the_link_of_the_old(
    write: Write, project: Path, streamlint: Streamlint
) -> None:
    write("app.py", CLEAN)
    real = write("real.json", "old")
    real.chmod(0o640)
    (project / "report.json").symlink_to(real)
    streamlint("--output", "json:report.json")
    assert (project / "report.json").is_symlink()
    assert json.loads(real.read_text())["findings"] == []
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


# GitHub


def findings_of(*severities: Severity, message: str = "m") -> Outcome:
    source = Source(Path.cwd() / "app.py", "x\n" * len(severities))
    places = [Place.of(source, Span(2 * number, 2 * number + 1)) for number in range(len(severities))]
    rows = zip(severities, places, strict=True)
    findings = (Finding("STL203", "blocking-call-in-async", severity, message, place) for severity, place in rows)
    return Outcome(tuple(findings), {source.path: source}, checked=1)


def test_the_worst_ten_are_annotations_and_the_others_lines(project: Path) -> None:
    outcome = findings_of(Severity.ADVICE, *[Severity.WARNING] * 9, *[Severity.ERROR] * 3)
    lines = github.render(outcome, Style()).splitlines()
    assert [line.split(" ")[0] for line in lines[:10]] == ["::error"] * 3 + ["::warning"] * 7
    assert lines[10:] == [
        "3 more, which GitHub would not show as annotations:",
        "app.py:9:1: warning[STL203] blocking-call-in-async: m",
        "app.py:10:1: warning[STL203] blocking-call-in-async: m",
        "app.py:1:1: advice[STL203] blocking-call-in-async: m",
    ]
    assert "more" not in github.render(findings_of(*[Severity.ERROR] * 10), Style())


def test_annotations_name_files_below_the_repository(
    write: Write, project: Path, streamlint: Streamlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / ".git").mkdir()
    write("part/app.py", BLOCKING)
    monkeypatch.chdir(project / "part")
    assert "file=part/app.py,line=10" in streamlint("--output-format", "github").stdout


def test_the_job_summary_has_all_findings(
    write: Write, project: Path, streamlint: Streamlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("app.py", BLOCKING)
    summary = write("summary.md", "before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    streamlint()
    assert summary.read_text() == "before\n", "nobody asked for GitHub's format"
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://git.example")
    monkeypatch.setenv("GITHUB_REPOSITORY", "owner/name")
    monkeypatch.setenv("GITHUB_SHA", "abc")
    streamlint("--output-format", "github")
    lines = summary.read_text().splitlines()
    assert lines[:4] == [
        "before",
        "## streamlint",
        "",
        "Found 1 error in 1 file &#40;1 file checked&#41;&#59; 1 fixable with &#45;&#45;fix",
    ]
    assert lines[7].startswith(
        '| <a href="https://git.example/owner/name/blob/abc/app.py#L10"><code>app&#46;py&#58;10</code></a> | error<br>STL203 '
    )
    assert len(lines) == 8
    streamlint("--output", "github:notes.txt")
    assert summary.read_text().count("## streamlint") == 2


def test_the_job_summary_stays_within_its_limit(project: Path) -> None:
    outcome = findings_of(*[Severity.WARNING] * 50, *[Severity.ERROR] * 50, message="ü" * 100)
    text = github_summary.render(outcome, {}, 8_000)
    assert 7_000 < len(text.encode()) <= 8_000
    shown = sum(line.startswith("| <code>") for line in text.splitlines())
    assert text.splitlines()[-1] == f"{100 - shown} more are left out: there is no room for them here."
    assert "error<br>" in text
    assert "warning<br>" not in text, "the worst come first"
    assert github_summary.render(outcome, {}, 50) == ""
    assert "left out" not in github_summary.render(outcome, {})


def test_nothing_in_a_summary_is_obeyed(project: Path) -> None:
    hostile = "a|b <img src=x> `c|<b>d` [l](http://x) @me **x** \\ ~~y~~ :bug: $z$ `open\n| row | ##[error]"
    text = github_summary.render(findings_of(Severity.ERROR, message=hostile), {})
    row = text.splitlines()[-1]
    cells = row.split("|")
    assert len(cells) == 6, "four cells"
    assert "<code>c&#124;&#60;b&#62;d</code>" in row
    assert set(re.findall(r"<(\w+)", row)) == {"code", "br"}
    plain = re.sub(r"&#\d+;|</?code>|<br>", "", cells[3])
    assert not re.search(r"[!-/:-@\[-`{-~]", plain)


def test_a_summary_that_cannot_be_written_stops_nothing(
    write: Write, project: Path, streamlint: Streamlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("app.py", BLOCKING)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project / "no" / "summary.md"))
    result = streamlint("--output-format", "github")
    assert result.exit_code == 1
    assert result.stderr == "streamlint: no/summary.md: the job summary cannot be written: No such file or directory\n"
