"""Which settings hold for which file, what files extend, and what the command line says over them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from streamlint import rule, settings
from streamlint.finding import Severity
from streamlint.settings.keys import KEYS
from tests.conftest import BLOCKING, CLEAN, Streamlint, Write
from tools.settings_schema import SCHEMA, text


def findings(streamlint: Streamlint, *options: str) -> list[str]:
    rows = json.loads(streamlint("--output-format", "json", *options).stdout)["findings"]
    return [f"{row['path']} {row['code']} {row['severity']}" for row in rows]


@pytest.fixture
def two(write: Write, project: Path) -> Path:
    """Two parts of a repository; one has settings of its own."""
    (project / ".git").mkdir()
    write("streamlint.toml", 'fix-level = "safe"\n')
    write("one/app.py", BLOCKING)
    write("two/streamlint.toml", 'ignore = ["STL203"]\n')
    write("two/app.py", BLOCKING)
    write("two/deep/app.py", BLOCKING)
    return project


def test_each_file_is_judged_by_the_nearest_settings(two: Path, streamlint: Streamlint) -> None:
    assert findings(streamlint) == ["one/app.py STL203 error"]


@pytest.mark.parametrize("folder", ["one", "two", "two/deep"])
def test_the_same_from_any_folder(
    two: Path, streamlint: Streamlint, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.chdir(two / folder)
    found = findings(streamlint, str(two / "one"), str(two / "two"))
    assert [row.rpartition("/")[2] for row in found] == ["app.py STL203 error"]


def test_the_command_line_holds_for_all(two: Path, streamlint: Streamlint) -> None:
    assert findings(streamlint, "--ignore", "STL2") == []
    assert len(findings(streamlint, "--select", "STL203")) == 3


def test_one_file_or_none_for_all(two: Path, streamlint: Streamlint) -> None:
    assert findings(streamlint, "--config", "two/streamlint.toml") == []
    assert len(findings(streamlint, "--isolated")) == 3


def test_patterns_of_a_part_hold_in_the_part(two: Path, write: Write, streamlint: Streamlint) -> None:
    write("two/streamlint.toml", 'extend-exclude = ["/app.py"]\n')
    assert findings(streamlint) == ["one/app.py STL203 error", "two/deep/app.py STL203 error"]
    assert "excludes" in streamlint("two/app.py").stderr


def test_a_part_may_have_back_what_the_default_list_leaves_out(two: Path, write: Write, streamlint: Streamlint) -> None:
    write("two/streamlint.toml", "exclude = []\n")
    write("two/build/app.py", BLOCKING)
    write("one/build/app.py", BLOCKING)
    assert [row for row in findings(streamlint) if "build" in row] == ["two/build/app.py STL203 error"]


def test_rows_count_for_their_project(project: Path, write: Write, streamlint: Streamlint) -> None:
    text = BLOCKING.replace("import time", "from shop import wait").replace("time.sleep(1)", "wait.long()")
    rows = '[[blocking-calls]]\nname = "shop.wait.long"\ntier = "certain"\n'
    for name in ("one", "two"):
        write(f"{name}/pyproject.toml", "[project]\nname = 'a'\n")
        write(f"{name}/app.py", text)
    write("two/streamlint.toml", rows)
    assert findings(streamlint) == ["two/app.py STL203 error"]


def test_a_broken_pyproject_of_a_part_that_is_not_about_streamlint_is_nothing(
    two: Path, write: Write, streamlint: Streamlint
) -> None:
    write("one/pyproject.toml", "[project\n")
    assert findings(streamlint) == ["one/app.py STL203 error"]
    write("one/pyproject.toml", "[tool.streamlint\n")
    result = streamlint()
    assert result.exit_code == 2
    assert "one/pyproject.toml:1:17: is not valid TOML" in result.stderr


def test_a_repository_in_the_repository_has_its_own(two: Path, write: Write, streamlint: Streamlint) -> None:
    write("streamlint.toml", 'ignore = ["STL203"]\n')
    (two / "one" / ".git").mkdir()
    assert findings(streamlint) == ["one/app.py STL203 error"]


def test_severity(write: Write, streamlint: Streamlint) -> None:
    write("app.py", BLOCKING)
    write("streamlint.toml", '[severity]\nSTL2 = "advice"\nblocking-call-in-async = "warning"\n')
    assert findings(streamlint) == ["app.py STL203 warning"]
    write("streamlint.toml", '[severity]\nSTL2 = "advice"\n')
    assert findings(streamlint) == []
    assert findings(streamlint, "--extend-select", "STL203") == ["app.py STL203 advice"]
    assert streamlint("--extend-select", "STL203").exit_code == 0


def test_extend(write: Write, project: Path) -> None:
    write(
        "shared/base.toml",
        'ignore = ["STL1"]\nextend-select = ["STL312"]\nfix-level = "safe"\nbaseline = "known.json"\n',
    )
    write(
        "streamlint.toml",
        'extend = "shared/base.toml"\nignore = ["STL2"]\nextend-select = ["STL590"]\n'
        if "STL590" in rule.codes()
        else 'extend = "shared/base.toml"\nignore = ["STL2"]\nextend-select = ["STL101"]\n',
    )
    base = settings.nearest((project,), rule.codes()).base
    assert base.selection.ignore == ("STL2",)
    assert base.selection.extend_select[0] == "STL312"
    assert len(base.selection.extend_select) == 2
    assert base.fix_level.value == "safe"
    assert base.baseline == project / "shared" / "known.json"


@pytest.mark.parametrize(
    ("base", "told"),
    [
        ('extend = "streamlint.toml"\n', "`extend`: streamlint.toml extends this file itself"),
        ('ignore = ["STL999"]\n', "base.toml: `ignore`: there is no rule `STL999`"),
        (None, "`extend`: there is no file base.toml"),
        ("ignore = 3\n", "base.toml: `ignore`: must be a list of strings, not a number"),
    ],
)
def test_what_cannot_be_extended(write: Write, streamlint: Streamlint, base: str | None, told: str) -> None:
    write("app.py", CLEAN)
    write("streamlint.toml", 'extend = "base.toml"\n')
    if base is not None:
        write("base.toml", base)
    result = streamlint()
    assert result.exit_code == 2
    assert told in result.stderr


def test_values_on_the_command_line(two: Path, streamlint: Streamlint) -> None:
    assert findings(streamlint, "--config", 'severity.STL203="warning"') == ["one/app.py STL203 warning"]
    assert findings(streamlint, "--config", 'ignore=["STL203"]') == []


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("ignor=[]", "--config: unknown key `ignor` (did you mean `ignore`?)"),
        ("fix-level=safe", "--config: `fix-level=safe` must be a file, or key=value"),
        (
            'fix-level="save"',
            "--config: `fix-level`: must be one of safe, response, unsafe, not 'save' (did you mean `safe`?)",
        ),
        ('extend="a.toml"', "`extend`"),
        ("none.toml", "--config: there is no file none.toml"),
    ],
)
def test_values_that_are_none(write: Write, streamlint: Streamlint, value: str, told: str) -> None:
    write("app.py", CLEAN)
    result = streamlint("--config", value)
    assert result.exit_code == 2
    assert told in result.stderr


def test_the_format_can_be_a_setting(write: Write, streamlint: Streamlint) -> None:
    write("app.py", BLOCKING)
    write("streamlint.toml", 'output-format = "concise"\n')
    assert streamlint().stdout.startswith("app.py:10:5: ")
    assert streamlint("--output-format", "full").stdout.startswith("error[STL203]")
    write("streamlint.toml", 'output-format = "consise"\n')
    result = streamlint()
    assert (result.exit_code, "did you mean `concise`?" in result.stderr) == (2, True)


def test_show_settings_can_be_read_again(two: Path, write: Write, streamlint: Streamlint) -> None:
    write("two/streamlint.toml", '[per-file-ignores]\n"a\\"b/*" = ["STL1"]\n\n[versions]\nfastapi = "0.110"\n')
    told = streamlint("--show-settings", "one", "two").stdout
    first, second = told.split("# two/streamlint.toml\n")
    assert first.startswith("# streamlint.toml\n")
    (two / "again.toml").write_text(second)
    assert streamlint("--config", "again.toml", "--show-settings", "two").stdout == f"# again.toml\n{second}"
    assert all(f"{key} = " in second for key in KEYS if key not in ("extend", "baseline"))


def test_show_settings_looks_above_the_working_folder(
    two: Path, streamlint: Streamlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(two / "two" / "deep")
    assert 'ignore = ["STL203"]' in streamlint("--show-settings").stdout


def test_show_files(two: Path, write: Write, streamlint: Streamlint) -> None:
    write("two/streamlint.toml", 'extend-exclude = ["deep"]\n')
    write("one/notes.txt", "")
    assert streamlint("--show-files").stdout.split() == ["one/app.py", "pyproject.toml", "two/app.py"]


def test_severities_are_those_that_there_are() -> None:
    assert set(KEYS["severity"].schema["additionalProperties"]["enum"]) == {each.value for each in Severity}


def test_the_schema_is_that_of_the_code() -> None:
    assert SCHEMA.read_text("utf-8") == text(), "run python -m tools.settings_schema"


@pytest.mark.parametrize(
    ("written", "is_valid"),
    [
        ('select = ["STL1"]\nfix-level = "safe"\nlongest-silence = 3\n[severity]\nSTL2 = "warning"\n', True),
        ('names.waiting.pauses = ["a.b"]\n[[blocking-calls]]\nname = "a.b"\ntier = "certain"\n', True),
        ("selects = []\n", False),
        ('fix-level = "display"\n', False),
        ("longest-stream = 0\n", False),
        ('[[blocking-calls]]\ntier = "certain"\n', False),
        ('output-format = "text"\n', False),
    ],
)
def test_the_schema_says_what_the_reader_says(
    write: Write, streamlint: Streamlint, written: str, is_valid: bool
) -> None:
    write("app.py", CLEAN)
    write("streamlint.toml", written)
    assert (streamlint().exit_code == 0) is is_valid
    assert jsonschema.Draft202012Validator(json.loads(text())).is_valid(tomllib.loads(written)) is is_valid
