"""The command line: options, exit codes, and what it costs to start."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from streamlint import __version__
from tests.conftest import BLOCKING, CLEAN, Streamlint, Write, run_program


def test_clean_project_exits_0(write: Write, streamlint: Streamlint) -> None:
    write("shop.py", CLEAN)
    result = streamlint()
    assert (result.exit_code, result.stdout) == (0, "No findings (1 file checked)\n")


def test_findings_exit_1(write: Write, streamlint: Streamlint) -> None:
    write("app.py", BLOCKING)
    result = streamlint(".")
    assert result.exit_code == 1
    assert "error[STL203]: blocking-call-in-async: " in result.stdout
    assert " --> app.py:10:5" in result.stdout
    assert "Found 1 error in 1 file (1 file checked); 1 fixable with --fix" in result.stdout


def test_exit_zero(write: Write, streamlint: Streamlint) -> None:
    write("app.py", BLOCKING)
    assert streamlint("--exit-zero").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("missing.py",),
        ("--select", "STL999"),
        ("--output-format", "yaml"),
        ("--fix-level", "display"),
        ("--stdin-filename", "app.py"),
        ("-", "other.py"),
        ("--explain", "nonsense"),
        ("--explain", "STL"),
        ("--unknown",),
    ],
)
def test_usage_errors_exit_2(write: Write, streamlint: Streamlint, arguments: tuple[str, ...]) -> None:
    write("other.py", CLEAN)
    result = streamlint(*arguments, text="")
    assert result.exit_code == 2
    assert result.stderr


def test_unknown_rule_names_the_nearest(streamlint: Streamlint) -> None:
    assert "did you mean `STL203`?" in streamlint("--select", "STL2O3").stderr
    assert "did you mean `unused-ignore`?" in streamlint("--ignore", "unusd-ignore").stderr


def test_fix_writes_and_says_so(write: Write, streamlint: Streamlint) -> None:
    path = write("app.py", BLOCKING)
    result = streamlint("--fix")
    assert result.exit_code == 0, result.stdout
    assert "await asyncio.sleep(1)" in path.read_text()
    assert "Fixed 1 finding in 1 file:\n  app.py:10: STL203 " in result.stdout
    assert result.stdout.endswith("Nothing is left (1 file checked)\n")


def test_second_fix_changes_nothing(write: Write, streamlint: Streamlint) -> None:
    path = write("app.py", BLOCKING)
    streamlint("--fix")
    once = path.read_bytes()
    assert streamlint("--fix").exit_code == 0
    assert path.read_bytes() == once


def test_diff_prints_and_leaves_the_file(write: Write, streamlint: Streamlint) -> None:
    path = write("app.py", BLOCKING)
    result = streamlint("--diff")
    assert result.exit_code == 1
    assert "-    time.sleep(1)\n+    await asyncio.sleep(1)\n" in result.stdout
    assert path.read_text() == BLOCKING


def test_diff_of_clean_code_is_empty(write: Write, streamlint: Streamlint) -> None:
    write("shop.py", CLEAN)
    result = streamlint("--diff")
    assert (result.exit_code, result.stdout) == (0, "")


def test_standard_input_stands_for_the_file(write: Write, streamlint: Streamlint) -> None:
    write("app.py", CLEAN)
    result = streamlint("-", "--stdin-filename", "app.py", text=BLOCKING)
    assert result.exit_code == 1
    assert " --> app.py:10:5" in result.stdout


def test_fixed_standard_input_goes_to_standard_output(write: Write, streamlint: Streamlint) -> None:
    path = write("app.py", CLEAN)
    result = streamlint("--fix", "-", "--stdin-filename", "app.py", text=BLOCKING.replace("\n", "\r\n").encode())
    assert result.exit_code == 0
    assert b"    await asyncio.sleep(1)\r\n" in result.stdout_bytes
    assert "Fixed 1 finding" in result.stderr
    assert path.read_text() == CLEAN


def test_excluded_standard_input_comes_back_unchanged(write: Write, streamlint: Streamlint) -> None:
    write("streamlint.toml", 'extend-exclude = ["generated/"]\n')
    result = streamlint("--fix", "-", "--stdin-filename", "generated/app.py", text=BLOCKING)
    assert (result.exit_code, result.stdout) == (0, BLOCKING)


def test_selection(write: Write, streamlint: Streamlint) -> None:
    write("app.py", BLOCKING)
    assert streamlint("--ignore", "blocking-call-in-async").exit_code == 0
    assert streamlint("--ignore", "STL2").exit_code == 0
    assert streamlint("--select", "STL1").exit_code == 0
    assert streamlint("--select", "STL1,STL203").exit_code == 1
    assert streamlint("--select", "STL1", "--extend-select", "blocking-call-in-async").exit_code == 1
    assert streamlint("--ignore", "STL2", "--extend-select", "STL203").exit_code == 1, "the longer selector decides"


def test_quiet_prints_nothing_but_findings(write: Write, streamlint: Streamlint) -> None:
    write("shop.py", CLEAN)
    assert streamlint("--quiet").output == ""


def test_version(streamlint: Streamlint) -> None:
    assert streamlint("--version").stdout == f"streamlint {__version__}\n"


def test_list_rules(streamlint: Streamlint) -> None:
    lines = streamlint("--list-rules").stdout.splitlines()
    assert lines == sorted(lines)
    assert lines[0].split()[:3] == ["STL001", "unreadable-file", "error"]
    assert any(line.startswith("STL203  blocking-call-in-async") for line in lines)


@pytest.mark.parametrize("rule", ["STL203", "stl203", "blocking-call-in-async", "STL002"])
def test_explain(streamlint: Streamlint, rule: str) -> None:
    result = streamlint("--explain", rule)
    assert result.exit_code == 0
    assert result.stdout.startswith("STL")


def test_show_routes_as_json(write: Write, streamlint: Streamlint) -> None:
    write("app.py", BLOCKING)
    result = streamlint("--show-routes", "--output-format", "json")
    assert result.exit_code == 0
    points = json.loads(result.stdout)["entry_points"]
    assert [(point["path"], point["methods"], point["file"], point["name"]) for point in points] == [
        ("/slow", ["GET"], "app.py", "slow")
    ]


def test_program_prints_without_colours_into_a_pipe(write: Write, project: Path) -> None:
    write("app.py", BLOCKING)
    assert "\x1b[" not in run_program(cwd=project).stdout
    assert "\x1b[1;31merror[STL203]" in run_program(cwd=project, FORCE_COLOR="1").stdout
    assert "\x1b[" not in run_program(cwd=project, FORCE_COLOR="1", NO_COLOR="1").stdout


def test_program_exits_with_the_code(write: Write, project: Path) -> None:
    write("app.py", BLOCKING)
    assert run_program(cwd=project).returncode == 1
    assert run_program("nowhere", cwd=project).returncode == 2


@pytest.mark.parametrize(
    "statement",
    ["import streamlint.cli", "import streamlint.cli; streamlint.cli.command(['.'], standalone_mode=False)"],
    ids=["import", "run"],
)
def test_a_run_with_nothing_to_do_leaves_libcst_alone(write: Write, project: Path, statement: str) -> None:
    write("shop.py", CLEAN)
    check = "import atexit, sys; atexit.register(lambda: print('libcst' in sys.modules, 'yaml' in sys.modules))"
    source = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(source)!r}); {check}; {statement}"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1] == "False False", done.stderr


def test_public_names() -> None:
    import streamlint

    assert streamlint.Finding.__name__ == "Finding"
    with pytest.raises(AttributeError):
        _ = streamlint.nothing


def test_lint_returns_findings(write: Write, project: Path) -> None:
    import streamlint

    write("app.py", BLOCKING)
    found = streamlint.lint([project])
    assert [(finding.code, finding.place.start.line) for finding in found] == [("STL203", 10)]
    assert streamlint.lint(["app.py"], ignore=["STL203"]) == []
