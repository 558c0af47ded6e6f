"""Whether an expression may be something that lasts beyond a request: asked of small programs."""

from __future__ import annotations

import pytest

from streamlint.sharing.lasting import Lasting

from .asking import Program

HEAD = """\
from fastapi import FastAPI

app = FastAPI()
ITEMS = []


class Box:
    def fill(self, items):
        return items


BOX = Box()
fill = BOX.fill


def put(items):
    return «items»


"""


def lasts(program: Program) -> bool:
    expression, frame = program.at()
    lasting = program.project.ask(Lasting)
    return lasting.of(expression, frame.module, frame.scope, lasting.given(frame.module, frame.scope))


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ("def run():\n    put(ITEMS)", True),
        ("def run():\n    put([])\n    put(ITEMS)", True),
        ("def run():\n    put(items=ITEMS)", True),
        ("def run():\n    put([])", False),
        ("", True),
    ],
    ids=["given", "given-once", "named", "own", "unseen"],
)
def test_a_parameter_lasts_where_a_caller_gives_what_lasts(calls: str, expected: bool) -> None:
    assert lasts(Program(HEAD + calls + "\n")) is expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("put(ITEMS)", {"items"}),
        ("put([])", set()),
        ("BOX.fill(ITEMS)", {"self", "items"}),
        ("BOX.fill([])", {"self"}),
        ("fill([])", {"self"}),
        ("Box().fill(ITEMS)", {"items"}),
        ("Box().fill([])", set()),
    ],
)
def test_what_a_call_gives_that_lasts(call: str, expected: set[str]) -> None:
    program = Program(HEAD.replace("«items»", "items") + f"def run():\n    «{call}»\n")
    expression, frame = program.at()
    evaluator, lasting = program.evaluator, program.project.ask(Lasting)
    [function] = evaluator.value(expression.function, frame)  # type: ignore[attr-defined]  # it is a call
    found = lasting.given_by(function, expression, frame.module, frame.scope, frozenset())  # type: ignore[arg-type]
    assert found == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("items = ITEMS\n    items += [1]\n    «items»", True),
        ("items = [1]\n    items += ITEMS\n    «items»", False),
        ("items = []\n    if flag:\n        items = ITEMS\n    «items»", True),
        ("items = []\n    if flag:\n        items = [1]\n    «items»", False),
    ],
    ids=["added-to", "own", "one-branch", "own-branches"],
)
def test_a_name_lasts_where_one_way_to_it_does(body: str, expected: bool) -> None:
    assert lasts(Program(HEAD.replace("«items»", "items") + f"def run(flag):\n    {body}\n")) is expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("unknown()", True),
        ("ITEMS.get(0)", True),
        ("BOX.unknown()", True),
        ("globals()", True),
        ("list(ITEMS)", False),
        ("next(ITEMS)", True),
        ("next([])", False),
        ("own.unknown()", False),
    ],
)
def test_what_a_call_gives_may_last(given: str, expected: bool) -> None:
    program = Program(f"{HEAD}def run():\n    own = []\n    put({given})\n")
    assert lasts(program) is expected
