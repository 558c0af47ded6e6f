"""Exit codes, as the table in docs/output.md has them, and what is said when a run does not come to its end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import BLOCKING, CLEAN, Streamlint, Write
from tests.test_rule import copy as copy

LARGE = "x = 1\n" * 400_000
DROPPING = '''
"""A rule that fails."""
import os
import signal
from streamlint.finding import Severity
from streamlint.model import syntax as ir
from streamlint.rule import Rule, on


class Crashing(Rule):
    """Ends the program as Ctrl-C does, when it comes to the second file."""

    code, name, severity, since, message = "STL199", "crashing", Severity.ERROR, "0.1.0", "m"
    stands_on = ("Call",)

    @on(ir.Call)
    def check(self, call, scope, file):
        if file.path.name == "second.py":
            os.kill(os.getpid(), signal.SIGINT)
        return ()
'''


@pytest.mark.parametrize(
    ("files", "arguments", "code"),
    [
        ({"app.py": CLEAN}, (), 0),
        ({"app.py": BLOCKING}, ("--exit-zero",), 0),
        ({"app.py": BLOCKING, "streamlint.toml": 'severity = { STL203 = "advice" }'}, ("--extend-select", "STL203"), 0),
        ({"app.py": BLOCKING, "streamlint.toml": 'exclude = ["app.py"]'}, (), 0),
        ({"app.py": BLOCKING, "streamlint.toml": 'exclude = ["app.py"]'}, ("app.py",), 0),
        ({"app.py": BLOCKING, ".gitignore": "app.py"}, (), 0),
        ({"app.py": CLEAN, "notes.txt": ""}, ("app.py", "notes.txt"), 0),
        ({"app.py": CLEAN, "large.py": LARGE}, (), 0),
        ({"requirements.txt": "flask\n"}, ("requirements.txt",), 0),
        ({"app.py": BLOCKING}, (), 1),
        ({"app.py": BLOCKING}, ("--diff",), 1),
        ({"app.py": "def broken(:\n"}, (), 1),
        ({"app.py": CLEAN, "large.py": LARGE}, ("large.py",), 1),
        ({"app.py": CLEAN}, ("nowhere.py",), 2),
        ({"app.py": CLEAN, "streamlint.toml": "unknown = 1"}, (), 2),
        ({"app.py": CLEAN}, ("--since", "HEAD"), 2),
        ({}, (), 2),
        ({"notes.txt": ""}, ("notes.txt",), 2),
        ({}, ("--exit-zero",), 2),
        ({}, ("--write-baseline",), 2),
        ({".venv/app.py": BLOCKING}, (), 2),
    ],
)
def test_the_exit_code(
    files: dict[str, str], arguments: tuple[str, ...], code: int, write: Write, streamlint: Streamlint
) -> None:
    for name, text in files.items():
        write(name, text)
    result = streamlint(*arguments)
    assert result.exit_code == code, result.output


def test_nothing_to_check_is_said(write: Write, streamlint: Streamlint) -> None:
    write("docs/notes.txt", "")
    result = streamlint("docs")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "Error: there is nothing to check: no Python file was found in docs\n"


def test_a_failure_of_ours_is_told_with_what_a_report_needs(copy: Path, write: Write, project: Path) -> None:
    (copy / "streamlint" / "rules" / "stl199_crashing.py").write_text("import nothing_of_this_name\n")
    write("app.py", BLOCKING)
    done = _run(copy, project)
    assert (done.returncode, done.stdout) == (3, "")
    told = done.stderr.split("\n\n")[-1]
    assert told.startswith(
        "streamlint: internal error: BrokenRule: streamlint.rules.stl199_crashing cannot be imported"
    )
    assert "a fault of streamlint, not of your code" in told
    assert "streamlint 0.1.0, libcst " in told
    assert "\n    -c --output-format concise\n" in told


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_ctrl_c_says_what_was_not_looked_at(copy: Path, write: Write, project: Path) -> None:
    (copy / "streamlint" / "rules" / "stl199_crashing.py").write_text(DROPPING)
    for name in ("clean.py", "first.py", "second.py", "third.py"):
        write(name, CLEAN if name == "clean.py" else BLOCKING)
    done = _run(copy, project)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "streamlint: interrupted; 2 files were not looked at: second.py, third.py\n"


def test_ctrl_c_says_what_was_not_written(
    write: Write, streamlint: Streamlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced = []

    def replace(source: str, target: str) -> None:
        replaced.append(os.path.basename(target))
        if len(replaced) == 2:
            raise KeyboardInterrupt
        os.rename(source, target)

    first, second = write("first.py", BLOCKING), write("second.py", BLOCKING)
    monkeypatch.setattr(os, "replace", replace)
    result = streamlint("--fix")
    assert result.exit_code == 130
    assert result.stderr == "streamlint: interrupted; 1 file was not written: second.py\n"
    assert (first.read_text() != BLOCKING, second.read_text() == BLOCKING) == (True, True)


def test_the_help_and_the_documents_have_the_same_codes(streamlint: Streamlint) -> None:
    page = (Path(__file__).parents[1] / "docs" / "output.md").read_text("utf-8")
    told = streamlint("--help").stdout.partition("Exit codes: ")[2]
    for code in ("0", "1", "2", "3", "130"):
        assert f"\n| {code} | " in page
        assert f"{code} " in told


def _run(copy: Path, project: Path) -> subprocess.CompletedProcess[str]:
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored where jobs run behind
        f"sys.path.insert(0, {str(copy)!r}); from streamlint.cli import main; main()"
    )
    command = [sys.executable, "-c", program, "--output-format", "concise"]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
