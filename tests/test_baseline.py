"""Findings that a project has already: what is known again, what is new, and what becomes of the file of them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import STREAMING, Streamlint, Write

BASELINE = ".streamlint-baseline.json"
APPLICATION = """\
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/wait")
async def wait(q: str):
    time.sleep(1)
    return {"q": q}


@app.get("/other")
async def other(q: str):
    return {"q": q}
"""
ANSWER = '    return {"q": q}\n\n\n@app.get("/other")'
OTHER = 'async def other(q: str):\n    return {"q": q}\n'


@pytest.fixture
def known(write: Write, streamlint: Streamlint) -> Path:
    """The application, with its one finding in the baseline."""
    path = write("app.py", APPLICATION)
    written = streamlint("--write-baseline")
    assert written.exit_code == 0
    assert written.stdout == ""
    assert written.stderr == f"{BASELINE}: 1 known (1 added, 0 removed)\n"
    return path


def run_known(streamlint: Streamlint, *options: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(
        streamlint("--baseline", BASELINE, "--output-format", "json", *options).stdout
    )
    return found


def lines(findings: object) -> list[int]:
    assert isinstance(findings, list)
    return [finding["start"]["line"] for finding in findings]


def test_what_is_known_is_counted_and_not_reported(known: Path, streamlint: Streamlint) -> None:
    result = streamlint("--baseline", BASELINE)
    assert result.exit_code == 0
    assert result.stdout == "No findings (1 file checked, 1 finding known)\n"
    assert lines(run_known(streamlint)["known"]) == [10]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("app = FastAPI()\n", "app = FastAPI()\nSIZE = 3\n", id="moved"),
        pytest.param("async def wait(", "async def pause(", id="function renamed"),
        pytest.param("async def wait(q: str)", "async def wait(q: str, more: int = 0)", id="function changed"),
        pytest.param("    time.sleep(1)\n", "    time.sleep(\n        1,\n    )\n", id="formatted"),
    ],
)
def test_it_stays_known(known: Path, streamlint: Streamlint, before: str, after: str) -> None:
    known.write_text(APPLICATION.replace(before, after))
    found = run_known(streamlint)
    assert lines(found["findings"]) == []
    assert len(lines(found["known"])) == 1


def test_a_renamed_file_keeps_it(known: Path, streamlint: Streamlint) -> None:
    known.rename(known.with_name("main.py"))
    assert lines(run_known(streamlint)["findings"]) == []


def test_a_copied_file_has_it_anew(known: Path, streamlint: Streamlint, write: Write) -> None:
    write("copy.py", APPLICATION)
    assert lines(run_known(streamlint)["findings"]) == [10]


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        pytest.param("    time.sleep(1)\n", "    time.sleep(1)\n    time.sleep(1)\n", 11, id="a second one"),
        pytest.param(OTHER, OTHER.replace("    return", "    time.sleep(1)\n    return"), 16, id="elsewhere"),
        pytest.param("time.sleep(1)", "time.sleep(2)", 10, id="another one"),
    ],
)
def test_what_is_new_is_reported(known: Path, streamlint: Streamlint, before: str, after: str, line: int) -> None:
    known.write_text(APPLICATION.replace(before, after))
    assert lines(run_known(streamlint)["findings"]) == [line]


def test_one_that_went_to_another_function_is_new(known: Path, streamlint: Streamlint) -> None:
    text = APPLICATION.replace("    time.sleep(1)\n", "").replace(
        OTHER, OTHER.replace("    return", "    time.sleep(1)\n    return")
    )
    known.write_text(text)
    assert lines(run_known(streamlint)["findings"]) == [15]


def test_what_is_known_is_not_repaired(known: Path, streamlint: Streamlint) -> None:
    assert streamlint("--baseline", BASELINE, "--fix").exit_code == 0
    assert known.read_text() == APPLICATION
    streamlint("--fix")
    assert known.read_text() != APPLICATION


def test_an_entry_without_a_finding_is_told_and_taken_out(known: Path, streamlint: Streamlint) -> None:
    known.write_text(APPLICATION.replace("time.sleep(1)", "pass"))
    assert (
        "1 entry of the baseline is not needed any more; --update-baseline takes it out"
        in streamlint("--baseline", BASELINE).stdout
    )
    assert streamlint("--update-baseline").stderr == f"{BASELINE}: 0 known (0 added, 1 removed)\n"
    assert json.loads(Path(BASELINE).read_text()) == {"schema": 1, "findings": []}


def test_update_only_takes_out(known: Path, streamlint: Streamlint) -> None:
    known.write_text(APPLICATION.replace(OTHER, OTHER.replace("    return", "    time.sleep(3)\n    return")))
    result = streamlint("--update-baseline")
    assert result.exit_code == 1
    assert "1 known (0 added, 0 removed)" in result.stderr
    assert "time.sleep(3)" in result.stdout


def test_what_was_not_looked_at_stays(known: Path, streamlint: Streamlint, write: Write) -> None:
    write("pyproject.toml", "")
    write("second.py", APPLICATION.replace("sleep(1)", "sleep(4)"))
    assert "2 known (1 added, 0 removed)" in streamlint("--write-baseline", "second.py").stderr
    assert "not needed" not in streamlint("--baseline", BASELINE, "second.py").stdout


def test_the_setting_names_it_from_anywhere(
    known: Path, streamlint: Streamlint, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("streamlint.toml", f'baseline = "{BASELINE}"\n')
    assert streamlint().exit_code == 0
    (known.parent / "deep").mkdir()
    monkeypatch.chdir(known.parent / "deep")
    assert streamlint(str(known)).exit_code == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is not valid JSON"),
        ("[]", "is no baseline"),
        ('{"schema": 2, "findings": []}', "is no baseline"),
        ('{"schema": 1, "findings": {}}', "`findings` must be a list"),
        ('{"schema": 1, "findings": [{"path": 3}]}', "entry 1 must have the texts"),
        (
            '{"schema": 1, "findings": [{"path": "a", "code": "b", "function": "c", "text": "d", "count": 0}]}',
            "entry 1: `count` must be",
        ),
    ],
)
def test_a_broken_file_is_told(write: Write, streamlint: Streamlint, text: str, told: str) -> None:
    write("app.py", APPLICATION)
    write("known.json", text)
    result = streamlint("--baseline", "known.json")
    assert result.exit_code == 2
    assert f"Error: known.json: {told}" in result.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--write-baseline", "--fix"),
        ("--write-baseline", "--update-baseline"),
        ("--update-baseline", "--since", "HEAD"),
    ],
)
def test_what_does_not_go_together(streamlint: Streamlint, options: tuple[str, ...]) -> None:
    result = streamlint(*options)
    assert result.exit_code == 2
    assert "does not go together" in result.stderr


@pytest.fixture
def committed(write: Write, tmp_path: Path) -> Path:
    """The application in a repository with one commit."""
    path = write("src/app.py", APPLICATION)
    _git(tmp_path, "init", "-q", "-b", "main")
    _commit(tmp_path)
    return path


def test_since_a_revision_only_what_is_new_counts(committed: Path, streamlint: Streamlint) -> None:
    assert streamlint("--since", "HEAD").exit_code == 0
    committed.write_text(
        "# first\n" + APPLICATION.replace(OTHER, OTHER.replace("    return", "    time.sleep(2)\n    return"))
    )
    found = json.loads(streamlint("--since", "HEAD", "--output-format", "json").stdout)
    assert lines(found["findings"]) == [17]
    assert lines(found["known"]) == [11]
    assert _git(committed.parent, "status", "--porcelain").split() == ["M", "src/app.py"]


def test_a_finding_in_a_file_that_did_not_change(
    committed: Path, streamlint: Streamlint, write: Write, tmp_path: Path
) -> None:
    helper = write("src/helper.py", "import asyncio\n\n\nasync def pause():\n    await asyncio.sleep(1)\n")
    write(
        "src/app.py",
        APPLICATION.replace("import time\n", "from helper import pause\n").replace("time.sleep(1)", "await pause()"),
    )
    _commit(tmp_path)
    assert streamlint("--since", "HEAD").exit_code == 0
    helper.write_text("import time\n\n\nasync def pause():\n    time.sleep(1)\n")
    found = json.loads(streamlint("--since", "HEAD", "--output-format", "json").stdout)
    assert [finding["code"] for finding in found["findings"]] != []


def test_since_a_branch_is_since_it_was_left(committed: Path, streamlint: Streamlint, tmp_path: Path) -> None:
    _git(tmp_path, "checkout", "-q", "-b", "work")
    _git(tmp_path, "checkout", "-q", "main")
    committed.write_text(APPLICATION.replace("    time.sleep(1)\n", ""))
    _commit(tmp_path)
    _git(tmp_path, "checkout", "-q", "work")
    assert streamlint("--since", "main").exit_code == 0


def test_what_was_not_there_yet_is_new(committed: Path, streamlint: Streamlint, write: Write) -> None:
    write("src/second.py", APPLICATION)
    assert streamlint("--since", "HEAD", "src/second.py").exit_code == 1


def test_before_the_first_commit_everything_is_new(write: Write, streamlint: Streamlint, tmp_path: Path) -> None:
    write("app.py", APPLICATION)
    _git(tmp_path, "init", "-q", "-b", "main")
    assert streamlint("--since", "HEAD").exit_code == 1


def test_a_branch_without_a_commit_has_nothing_before_it(
    committed: Path, streamlint: Streamlint, tmp_path: Path
) -> None:
    _git(tmp_path, "checkout", "-q", "--orphan", "fresh")
    assert streamlint("--since", "HEAD").exit_code == 1


def test_in_a_merge_each_parent_is_before_it(committed: Path, streamlint: Streamlint, tmp_path: Path) -> None:
    own = committed.parent / "own.py"
    _git(tmp_path, "checkout", "-q", "-b", "theirs")
    own.with_name("theirs.py").write_text(APPLICATION)
    _commit(tmp_path)
    _git(tmp_path, "checkout", "-q", "main")
    own.write_text(APPLICATION)
    _commit(tmp_path)
    _git(tmp_path, "merge", "-q", "--no-commit", "--no-ff", "theirs")
    assert streamlint("--since", "HEAD").exit_code == 0
    assert streamlint("--since", "main").exit_code == 1, "a name is one commit"


def test_with_a_settings_file_of_somewhere_else(
    committed: Path, streamlint: Streamlint, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shared = tmp_path_factory.mktemp("shared") / "streamlint.toml"
    shared.write_text('severity = { STL203 = "warning" }\n')
    assert streamlint("--since", "HEAD", "--config", str(shared)).exit_code == 0


def test_what_the_settings_leave_out_was_left_out(
    committed: Path, streamlint: Streamlint, write: Write, tmp_path: Path
) -> None:
    write("streamlint.toml", 'exclude = ["src/app.py"]\n')
    committed.rename(committed.with_name("moved.py"))
    assert streamlint("--since", "HEAD").exit_code == 0, "the revision has no such settings"
    assert streamlint("--since", "HEAD", "--config", "streamlint.toml").exit_code == 1


def test_tracked_files_are_those_of_the_next_commit(
    committed: Path, streamlint: Streamlint, write: Write, tmp_path: Path
) -> None:
    committed.write_text(STREAMING)
    new = write("src/new.py", APPLICATION)
    assert streamlint("--tracked").exit_code == 0
    result = streamlint("--tracked", "src/new.py")
    assert result.exit_code == 0
    assert result.stderr == "streamlint: src/new.py: skipped: git does not track it\n"
    _git(tmp_path, "add", str(new))
    assert streamlint("--tracked").exit_code == 1
    (tmp_path / "link").symlink_to(tmp_path / "src", target_is_directory=True)
    assert streamlint("--tracked", "link/new.py").exit_code == 1


@pytest.mark.parametrize("revision", ["nowhere", "--help"])
def test_a_revision_that_is_none(committed: Path, streamlint: Streamlint, revision: str) -> None:
    result = streamlint("--since", revision)
    assert result.exit_code == 2
    assert f"--since {revision}: " in result.stderr


def test_without_a_repository_there_is_no_revision(write: Write, streamlint: Streamlint) -> None:
    write("app.py", APPLICATION)
    assert streamlint("--since", "HEAD").exit_code == 2
    result = streamlint("--tracked")
    assert (result.exit_code, result.stderr[:18]) == (2, "Error: --tracked: ")


def _commit(folder: Path) -> None:
    _git(folder, "add", "-A")
    _git(folder, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "-m", "one")


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(("git", *arguments), cwd=folder, check=True, capture_output=True, text=True).stdout
