"""What of a function holds whoever runs it: functions that differ in one statement, asked directly."""

from __future__ import annotations

import pytest

from streamlint.waiting import Blocking

from .asking import Program

HEAD = """\
import time


class Slow:
    def __enter__(self):
        time.sleep(1)
        return self

    def __exit__(self, *about): ...

    def __add__(self, other):
        time.sleep(1)
        return self

    @property
    def size(self):
        time.sleep(1)
        return 1

    def __iter__(self):
        time.sleep(1)
        return iter(())


class Sized:
    @property
    def size(self):
        return self.counted()

    def counted(self):
        return 0


class Counting(Sized):
    def counted(self):
        time.sleep(1)
        return 1


class Counted(Sized):
    def counted(self):
        return 1


def wait(seconds):
    time.sleep(seconds)


def waits_now_and_then(often):
    if often:
        time.sleep(1)


async def later():
    time.sleep(1)


"""


def held_by(body: str, head: str = "def run(q):") -> str:
    """The name of the call that holds a function with this body; empty where nothing does."""
    program = Program(f"{HEAD}{head}\n    {body}\n")
    frame = program.evaluator.any_call(program.module(), program.function("run"))
    found = program.project.ask(Blocking).of_frame(frame)
    return found.name if found is not None else ""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("time.sleep(1)", "time.sleep"),
        ("time.time()", ""),
        ("yield Slow()", ""),
        ("yield from Slow()", "time.sleep"),
        ("with Slow(): pass", "time.sleep"),
        ("Slow()", ""),
        ("Slow() + 1", "time.sleep"),
        ("return Slow().size", "time.sleep"),
        ("return Slow().other", ""),
        ("return Counting().size", "time.sleep"),
        ("return Counted().size", ""),
        ("return Sized().size", ""),
        ("for one in Slow(): pass", "time.sleep"),
        ("wait(1)", "time.sleep"),
        ("return wait", ""),
        ("waits_now_and_then(True)", "time.sleep"),
        ("waits_now_and_then(False)", ""),
        ("later()", ""),
        ("return lambda: time.sleep(1)", ""),
        ("if False: time.sleep(1)", ""),
        ("return\n    time.sleep(1)", ""),
    ],
)
def test_what_holds_a_function(body: str, expected: str) -> None:
    assert held_by(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [("await later()", ""), ("later()", ""), ("async for one in q: wait(1)", "time.sleep")],
)
def test_what_holds_a_coroutine(body: str, expected: str) -> None:
    assert held_by(body, "async def run(q):") == expected
