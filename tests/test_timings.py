"""Where the time goes, and that what a limit ended is told apart from what nobody can know."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamlint.config import Config, Selection
from streamlint.reporters import timings as table
from streamlint.run import Request, run
from streamlint.timings import PARSING, REST, TREES, Effort, GivenUp, Timings, phase, timed
from streamlint.values.alternatives import alternatives
from streamlint.values.domain import GAVE_UP, UNKNOWN, External, GaveUp, Unknown, known
from streamlint.values.limits import Limit

from .asking import Program, said
from .conftest import BLOCKING, Streamlint, Write

# Phases


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def fail(self) -> None:
        self.now += 1
        raise ZeroDivisionError


def test_a_phase_within_a_phase_is_counted_once() -> None:
    clock = Clock()
    timings = Timings(clock)
    with timed(timings):
        clock.now += 1
        with phase("STL101"):
            clock.now += 2
            with phase(PARSING):
                clock.now += 4
            clock.now += 8
        with phase(PARSING):
            clock.now += 16
        clock.now += 32
    assert timings.seconds == {REST: 33, "STL101": 10, PARSING: 20}
    assert timings.counts == {"STL101": 1, PARSING: 2}


def test_a_phase_ends_with_an_error() -> None:
    clock = Clock()
    timings = Timings(clock)
    with timed(timings):
        with pytest.raises(ZeroDivisionError), phase(PARSING):
            clock.fail()
        clock.now += 2
    assert timings.seconds == {PARSING: 1, REST: 2}


def test_nobody_is_told_after_the_run() -> None:
    timings = Timings(Clock())
    with timed(timings):
        pass
    with phase(PARSING):
        pass
    assert timings.counts == {}


def test_what_a_run_did(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(BLOCKING, "utf-8")
    (tmp_path / "other.py").write_text(
        "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/')\ndef idle():\n    return 1\n", "utf-8"
    )
    timings = Timings()
    with timed(timings):
        run(Request((tmp_path,), Config(root=tmp_path), Selection(), root=tmp_path))
    assert timings.counts[PARSING] == 2
    assert timings.counts[TREES] >= 1
    assert timings.counts["STL203"] >= 1
    assert timings.effort.steps > 0
    assert timings.effort.given_up == ()


# On the command line


def crowd(size: int) -> str:
    """A function that may return so many different things."""
    names = [f"name{number}" for number in range(size)]
    imports = "".join(f"from package import {name}\n" for name in names)
    branches = "".join(f"    if number == {number}:\n        return {name}\n" for number, name in enumerate(names))
    return f"{imports}\n\ndef choose(number):\n{branches}\n\n"


def test_the_table_goes_to_standard_error(streamlint: Streamlint, write: Write) -> None:
    text = (
        BLOCKING + "\n\n" + crowd(17) + '@app.get("/all")\nasync def everything(number: int):\n    choose(number)()\n'
    )
    write("app.py", text)
    silent, told = streamlint(), streamlint("--timings")
    assert told.stdout == silent.stdout
    assert silent.stderr == ""
    assert told.exit_code == silent.exit_code == 1
    lines = told.stderr.splitlines()
    assert lines[0] == "CPU seconds"
    assert "         1  modules parsed" in lines
    assert "         1  files parsed with libcst" in lines
    assert "         1  searches given up" in lines
    assert lines[-1] == f"         1  app.py:{crowd_line(text)}: too many alternatives"
    steps = next(line for line in lines if line.endswith("  steps of the evaluator"))
    assert int(steps.split()[0]) > 20


def crowd_line(text: str) -> int:
    return text.splitlines().index("def choose(number):") + 1


def test_ten_places_are_shown() -> None:
    timings = Timings(Clock())
    rows = tuple(GivenUp(Path("app.py"), number, "too many items of a display", number) for number in range(1, 15))
    timings.watch(lambda: Effort(7, rows))
    lines = table.render(timings).splitlines()
    places = lines[lines.index("       105  searches given up") + 1 :]
    assert places[0] == "        14  app.py:14: too many items of a display"
    assert len(places) == 11
    assert places[-1] == "        10  at 4 other places"


def test_the_same_place_in_two_rounds_is_one_line() -> None:
    timings = Timings(Clock())
    row = GivenUp(Path("app.py"), 3, "too many items of a display", 2)
    timings.watch(lambda: Effort(7, (row,)))
    timings.watch(lambda: Effort(5, (row,)))
    assert timings.effort == Effort(12, (GivenUp(Path("app.py"), 3, "too many items of a display", 4),))


# Gave up is another value than unknown


def test_gave_up_and_unknown_are_two_values_of_one_meaning() -> None:
    assert GAVE_UP != UNKNOWN
    assert hash(GaveUp()) == hash(GaveUp())
    assert isinstance(GaveUp(), Unknown)
    assert alternatives((Unknown(), GaveUp())) == GAVE_UP
    assert list(known(GAVE_UP | UNKNOWN)) == []


def test_both_stand_last_among_alternatives() -> None:
    for nothing in (Unknown(), GaveUp()):
        assert list(alternatives((nothing, External("b"), External("a")))) == [External("a"), External("b"), nothing]


def only(program: Program) -> tuple[Limit, int, int]:
    """The one place where the model gave up: the limit, the line and how often."""
    [row] = program.evaluator.limits.ended
    return row.limit, program.module().source.position(row.start).line, row.times


def test_a_crowd_is_nobody() -> None:
    program = Program(crowd(17) + "«choose(number)»\n")
    assert program.said() == {"gave up"}
    assert only(program)[0] == Limit.ALTERNATIVES
    few = Program(crowd(16) + "«choose(number)»\n")
    assert few.said() == {f"package.name{number}" for number in range(16)}
    assert few.evaluator.limits.ended == []


def test_the_end_of_a_long_display() -> None:
    items = ", ".join(["first", *["1"] * 64])
    program = Program(
        f"from package import first, second\nmany = [{items}, second]\n«n:many[0]»\nfor one in many:\n    «one»\n"
    )
    assert program.said("n") == {"package.first"}
    assert program.said() == {"package.first", "1", "gave up"}
    assert only(program)[:2] == (Limit.ITEMS, 2)


def test_a_key_of_a_long_mapping() -> None:
    items = ", ".join(f"'k{number}': {number}" for number in range(65))
    program = Program(f"many = {{{items}}}\n«a:many['k3']»\n«b:many['k64']»\n«c:many['k99']»\n")
    assert [program.said(mark) for mark in "abc"] == [{"3"}, {"gave up"}, {"gave up"}]
    small = Program("few = {'k3': 3}\n«few['k99']»\n")
    assert small.said() == {"?"}


def test_what_a_large_display_holds_is_not_known_of_a_parameter() -> None:
    items = ", ".join(map(str, range(17)))
    program = Program(f"def third(all):\n    return all[2]\n\n\n«third([{items}])»\n")
    assert program.said() == {"gave up"}
    assert only(program)[:2] == (Limit.ITEMS, 1)


def test_values_nested_too_deeply() -> None:
    program = Program("from package import thing\ndeep = [[[[[thing]]]]]\n«a:deep[0][0]»\n«b:deep[0][0][0][0][0]»\n")
    assert program.said("b") == {"gave up"}
    assert {row.limit for row in program.evaluator.limits.ended} == {Limit.NESTING}


def test_calls_within_calls_are_judged_for_any_call() -> None:
    chain = "".join(f"def f{number}(x):\n    return f{number + 1}(x)\n\n\n" for number in range(4))
    program = Program(f"{chain}def f4(x):\n    return x\n\n\n«f0(1)»\n")
    assert program.said() == {"1"}
    assert only(program) == (Limit.CALLS, 13, 1)


def test_a_value_of_which_a_limit_ended_the_search_decides_no_branch() -> None:
    text = crowd(17) + "def pick(flag):\n    if flag:\n        return 1\n    return 2\n\n\n«pick(choose(0))»\n"
    assert said(text) == {"1", "2"}
