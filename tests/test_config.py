"""Configuration: where it is found, what it does, and what is said about mistakes in it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from streamlint import config, rule, settings
from streamlint.config import Config, ConfigError, Selection
from streamlint.fix import Level
from streamlint.settings import files
from streamlint.settings.keys import KEYS
from tests.conftest import BLOCKING, CLEAN, Streamlint, Write

README = Path(__file__).parents[1] / "README.md"


def load(*paths: Path) -> Config:
    return settings.nearest(paths, rule.codes()).base


def test_without_a_file_everything_is_selected(project: Path) -> None:
    found = load(project)
    assert found.fix_level is Level.RESPONSE
    assert found.selection.selects("STL101")
    assert not found.selection.names("STL101")


@pytest.mark.parametrize("name", ["pyproject.toml", "streamlint.toml"])
def test_both_files_hold_the_same_keys(write: Write, project: Path, name: str) -> None:
    header = "[tool.streamlint]\n" if name == "pyproject.toml" else ""
    write(name, f'{header}ignore = ["unused-ignore"]\nfix-level = "safe"\nextend-exclude = ["generated/"]\n')
    found = load(project / "deep" / "file.py")
    assert found.root == project
    assert found.selection.ignore == ("STL002",)
    assert found.fix_level is Level.SAFE
    assert found.own_exclude == ("generated/",)


def test_streamlint_toml_wins(write: Write, project: Path) -> None:
    write("pyproject.toml", '[tool.streamlint]\nfix-level = "safe"\n')
    write("streamlint.toml", 'fix-level = "unsafe"\n')
    assert load(project).fix_level is Level.UNSAFE


def test_a_pyproject_without_the_table_is_passed_by(write: Write, project: Path) -> None:
    write("streamlint.toml", 'fix-level = "safe"\n')
    write("part/pyproject.toml", "[project]\nname = 'part'\n")
    assert load(project / "part").fix_level is Level.SAFE


def test_search_ends_at_the_repository(write: Write, project: Path) -> None:
    write("streamlint.toml", 'fix-level = "safe"\n')
    (project / "inner" / ".git").mkdir(parents=True)
    assert load(project / "inner").fix_level is Level.RESPONSE


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("selct = []", ["unknown key `selct`", "did you mean `select`?"]),
        ("fix_level = 'safe'", ["unknown key `fix_level`", "did you mean `fix-level`?"]),
        ("select = 'STL1'", ["`select`", "must be a list of strings, not a string"]),
        ("ignore = [1]", ["`ignore`", "must be a list of strings"]),
        ("ignore = ['STL2O2']", ["`ignore`", "there is no rule `STL2O2`", "did you mean `STL"]),
        ("select = ['unused-ignor']", ["did you mean `unused-ignore`?"]),
        ("select = ['']", ["there is no rule ``"]),
        ("select = ['STL777']", ["`select`: there is no rule `STL777`; --list-rules"]),
        ("select = ['STL6']", ["there is no rule `STL6`; --list-rules"]),
        ("select = ['ST']", ["there is no rule `ST`"]),
        ("[per-file-ignores]\n'*' = ['blocking-cal-in-async']", ["did you mean `blocking-call-in-async`?"]),
        ("x = 1" + "0" * 5000, ["holds a number that is too long"]),
        ("select = " + "[" * 10_000, ["is nested too deeply to be read"]),
        ("x = 1\0", ["streamlint.toml:1:", "not valid TOML"]),
        ("'a\\n::error::b' = 1", ["unknown key `a\\n::error::b`"]),
        ('"a\\n::error::b\\u001b[2J" = 1', ["unknown key `a\\n::error::b\\x1b[2J`"]),
        ("fix-level = 'saef'", ["`fix-level`", "safe, response, unsafe", "did you mean `safe`?"]),
        ("fix-level = 'display'", ["`fix-level`"]),
        ("fix-level = true", ["`fix-level`"]),
        ("per-file-ignores = ['STL1']", ["`per-file-ignores`", "must be a table"]),
        ("[per-file-ignores]\n'tests/*' = 'STL1'", ["`per-file-ignores.tests/*`", "must be a list of strings"]),
        ("[per-file-ignores]\n'tests/*' = ['STLX']", ["`per-file-ignores`", "there is no rule `STLX`"]),
        ("blocking-calls = 'x'", ["`blocking-calls`", "list of tables"]),
        ("[[off-loop]]\nname = []", ["`off-loop.name`", "must be a string, not list"]),
        ("[[off-loop]]\nkind = 'thread'", ["`off-loop.name`", "must be the dotted name"]),
        ("select = [\n'STL1'\nfix-level = 2", ["streamlint.toml:3:", "not valid TOML"]),
    ],
)
def test_mistakes_name_file_key_and_cure(write: Write, streamlint: Streamlint, text: str, parts: list[str]) -> None:
    write("streamlint.toml", text)
    result = streamlint()
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    for part in ["streamlint.toml", *parts]:
        assert part in result.stderr


def test_tool_streamlint_must_be_a_table(write: Write, project: Path) -> None:
    write("pyproject.toml", "[tool]\nstreamlint = 1\n")
    with pytest.raises(ConfigError, match=r"`tool\.streamlint` must be a table"):
        load(project)


def test_undecodable_configuration(write: Write, project: Path) -> None:
    write("streamlint.toml", b"select = ['\xff']\n")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load(project)


@pytest.mark.parametrize("content", [b"\xff\xfea\0", b"[tool]\nx = '\xe9'\n", b"\xef\xbb\xbf[tool"])
def test_a_pyproject_of_an_odd_encoding(write: Write, streamlint: Streamlint, content: bytes) -> None:
    write("pyproject.toml", content)
    result = streamlint()
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
    assert result.stderr.startswith("Error: pyproject.toml:")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("nowhere")])
def test_a_pyproject_that_is_no_file(project: Path, streamlint: Streamlint, make: Callable[[Path], None]) -> None:
    (project / "pyproject.toml").unlink()
    make(project / "pyproject.toml")
    result = streamlint()
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "Error: pyproject.toml: is no file that can be read: a folder, a pipe or a link to nothing\n"
    )


def test_a_pyproject_that_cannot_be_read(
    write: Write, project: Path, streamlint: Streamlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("app.py", CLEAN)
    real = files.disk.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "pyproject.toml":
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(files.disk, "read_bytes", refuse)
    result = streamlint()
    assert (result.exit_code, result.stderr) == (2, "Error: pyproject.toml: cannot be read: Permission denied\n")


def test_explicit_file(write: Write, project: Path, streamlint: Streamlint) -> None:
    write("settings/ci.toml", 'ignore = ["STL203"]\n')
    write("app.py", BLOCKING)
    assert streamlint("--config", "settings/ci.toml").exit_code == 0
    assert streamlint("--config", "settings/none.toml").exit_code == 2


def test_per_file_ignores(write: Write, streamlint: Streamlint) -> None:
    write("streamlint.toml", '[per-file-ignores]\n"legacy/**" = ["STL2"]\n')
    write("legacy/app.py", BLOCKING)
    assert streamlint().exit_code == 0
    write("app.py", BLOCKING)
    result = streamlint("--output-format", "concise")
    assert result.stdout.startswith("app.py:10:5:")
    assert "legacy" not in result.stdout


def test_command_line_select_replaces_the_file(write: Write, streamlint: Streamlint) -> None:
    write("streamlint.toml", 'ignore = ["STL203"]\n')
    write("app.py", BLOCKING)
    assert streamlint().exit_code == 0
    assert streamlint("--select", "STL203").exit_code == 1


def test_unused_rows_are_kept_for_the_knowledge_tables(write: Write, project: Path) -> None:
    write("streamlint.toml", '[[blocking-calls]]\nname = "shop.db.query"\n')
    assert load(project).rows == {"blocking-calls": ({"name": "shop.db.query"},)}


@pytest.mark.parametrize(
    ("selection", "selected", "named"),
    [
        (Selection(), True, False),
        (Selection(select=("STL",)), True, True),
        (Selection(select=("STL1",)), True, True),
        (Selection(select=("STL2",)), False, False),
        (Selection(extend_select=("STL101",)), True, True),
        (Selection(ignore=("STL1",)), False, False),
        (Selection(select=("STL101",), ignore=("STL1",)), True, True),
        (Selection(select=("STL1",), ignore=("STL101",)), False, False),
        (Selection(select=("STL101",), ignore=("STL101",)), False, False),
    ],
)
def test_selection(selection: Selection, selected: bool, named: bool) -> None:
    assert (selection.selects("STL101"), selection.names("STL101")) == (selected, named)


def test_excluded_file_named_on_the_command_line_is_passed_over(write: Write, streamlint: Streamlint) -> None:
    write("streamlint.toml", 'extend-exclude = ["generated/", "*_pb2.py"]\n')
    write("generated/app.py", BLOCKING)
    write("app_pb2.py", BLOCKING)
    write("shop.py", CLEAN)
    result = streamlint("generated/app.py", "app_pb2.py", "shop.py")
    assert (result.exit_code, result.stdout) == (0, "No findings (1 file checked)\n")


@pytest.mark.parametrize("written", ["STL", "ALL", "STL0", "stl1", "STL2", "STL3", "STL4", "STL5", "STL20", "STL203"])
def test_beginnings_of_codes(written: str) -> None:
    (found,) = config.resolve("--select", (written,), rule.codes())
    assert found == ("STL" if written == "ALL" else written.upper())


PAGES = [
    path for path in (README, *sorted((README.parent / "docs").rglob("*.md"))) if "```toml" in path.read_text("utf-8")
]
EXAMPLES = [
    (page, text) for page in PAGES for text in re.findall(r"^```toml\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
]


def test_there_are_examples() -> None:
    assert {page.name for page in PAGES} >= {"README.md", "configuration.md"}


@pytest.mark.parametrize(
    "text", [text for _, text in EXAMPLES], ids=[f"{page.name}-{text[:30]}" for page, text in EXAMPLES]
)
def test_every_example_in_the_documentation_is_accepted(write: Write, streamlint: Streamlint, text: str) -> None:
    write("pyproject.toml", text)
    write("app.py", BLOCKING)
    result = streamlint("app.py")
    assert result.exit_code in (0, 1), result.stderr
    assert result.stderr == ""


def test_the_documentation_names_every_key() -> None:
    page = (README.parent / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert [key for key in KEYS if f"`{key}`" not in page] == []


def test_versions_of_packages(write: Write, project: Path) -> None:
    write(
        "streamlint.toml", 'versions-from-environment = true\n[versions]\nstarlette = "0.38"\nfastapi = "~=0.100.1"\n'
    )
    found = load(project)
    assert found.versions == {"starlette": "0.38", "fastapi": "~=0.100.1"}
    assert found.versions_from_environment


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('versions = "0.38"', "`versions`: must be a table of package = version, not a string"),
        ("versions = { starlette = 0.38 }", "`versions.starlette`: must be a version or a range"),
        ('versions = { starlette = "new" }', "`versions.starlette`: must be a version or a range"),
        ('versions-from-environment = "yes"', "`versions-from-environment`: must be true or false, not a string"),
    ],
)
def test_mistakes_in_versions(write: Write, project: Path, text: str, message: str) -> None:
    write("streamlint.toml", f"{text}\n")
    with pytest.raises(ConfigError, match=re.escape(message)):
        load(project)


def test_what_is_known_about_the_streams(write: Write, project: Path) -> None:
    write("streamlint.toml", 'streaming-paths = ["/chat", "/api/*"]\nlongest-silence = 90\nlongest-stream = 1200.5\n')
    found = load(project)
    assert found.streaming_paths == ("/chat", "/api/*")
    assert (found.longest_silence, found.longest_stream) == (90, 1200.5)
    write("streamlint.toml", "")
    assert (load(project).longest_silence, load(project).longest_stream) == (300, 600)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('streaming-paths = "/chat"', "`streaming-paths`: must be a list of strings, not a string"),
        ('streaming-paths = ["chat"]', '`streaming-paths`: must be paths such as "/chat" or "/api/*", not \'chat\''),
        ('streaming-paths = ["/*/chat"]', "`streaming-paths`: must be paths"),
        ('longest-silence = "5m"', "`longest-silence`: must be a number of seconds, not a string"),
        ("longest-silence = true", "`longest-silence`: must be a number of seconds, not a boolean"),
        ("longest-stream = 0", "`longest-stream`: must be more than 0 seconds, not 0"),
        ("longest-stream = nan", "`longest-stream`: must be more than 0 seconds, not nan"),
        ("longest-streams = 3", "unknown key `longest-streams` (did you mean `longest-stream`?)"),
    ],
)
def test_mistakes_about_the_streams(write: Write, project: Path, text: str, message: str) -> None:
    write("streamlint.toml", f"{text}\n")
    with pytest.raises(ConfigError, match=re.escape(message)):
        load(project)
