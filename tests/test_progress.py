"""What a long run shows of itself: in a terminal, after a second, on one line, and nothing of it stays."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from streamlint import progress
from streamlint.progress import Line
from streamlint.working import Step, listened, tell
from tests.conftest import BLOCKING, Streamlint, Write


class Terminal(io.StringIO):
    """A stream that people look at."""

    def isatty(self) -> bool:
        return True


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_said_within_a_second() -> None:
    clock, terminal = Clock(), Terminal()
    line = Line(terminal, 80, clock)
    for _ in range(99):
        clock.now += 0.01
        line.show(Step("judging", Path("app.py"), 1, 2))
    line.clear()
    assert terminal.getvalue() == ""


def test_the_line_says_what_is_judged_and_what_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    clock, terminal = Clock(), Terminal()
    line = Line(terminal, 80, clock)
    clock.now = 2
    line.show(Step("judging", tmp_path / "app.py", 1, 2))
    clock.now = 3
    line.show(Step("following", tmp_path / "helper.py"))
    line.clear()
    first, second, last = terminal.getvalue().split("\x1b[K")[:3]
    assert first == "\rjudging 1 of 2 files: app.py"
    assert second == "\rjudging 1 of 2 files: app.py, following helper.py"
    assert last == "\r"


def test_it_is_no_wider_than_the_terminal_and_hides_nothing() -> None:
    clock, terminal = Clock(), Terminal()
    line = Line(terminal, 30, clock)
    clock.now = 2
    line.show(Step("judging", Path("a\nb\x1b[2J" + "x" * 99), 1, 2))
    text = terminal.getvalue().removeprefix("\r").removesuffix("\x1b[K")
    assert len(text) == 29
    assert text.isprintable()


def test_it_is_written_at_most_ten_times_a_second() -> None:
    clock, terminal = Clock(), Terminal()
    line = Line(terminal, 80, clock)
    clock.now = 1
    for _ in range(1_000):
        clock.now += 0.001
        line.show(Step("reading", Path("app.py"), 1, 2))
    assert 9 <= terminal.getvalue().count("\r") <= 11


def test_a_closed_terminal_ends_no_run() -> None:
    terminal, clock = Terminal(), Clock()
    line = Line(terminal, 80, clock)
    clock.now = 2
    terminal.close()
    line.show(Step("reading", Path("app.py"), 1, 2))
    line.clear()


@pytest.mark.parametrize(
    ("quiet", "terminal", "kind", "is_shown"),
    [
        (False, Terminal(), "xterm", True),
        (True, Terminal(), "xterm", False),
        (False, io.StringIO(), "xterm", False),
        (False, Terminal(), "dumb", False),
    ],
)
def test_who_is_shown_it(
    quiet: bool, terminal: io.StringIO, kind: str, is_shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "_PATIENCE", 0)
    monkeypatch.setenv("TERM", kind)
    with progress.watched(quiet=quiet):
        tell("judging", Path("app.py"), 1, 2)
    assert ("judging 1 of 2 files: app.py" in terminal.getvalue()) is is_shown
    assert terminal.getvalue().endswith("\r\x1b[K") is is_shown


def test_a_run_tells_each_file_that_it_reads_judges_and_follows(write: Write, streamlint: Streamlint) -> None:
    app = write("app.py", BLOCKING)
    told: list[Step] = []
    with listened(told.append):
        streamlint()
    assert told == [Step("reading", app, 1, 1), Step("judging", app, 1, 1), Step("following", app)]
