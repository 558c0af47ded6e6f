"""Which calls may make a response is known by their names, before anything is followed."""

from __future__ import annotations

import pytest

from streamlint.streams.sent import Sent
from tests.asking import Program

APP = """\
import json
from fastapi.responses import Response, StreamingResponse


class Lines(StreamingResponse):
    pass


def body():
    yield "one"


def answer(is_long):
    {answer}
"""
READING = "\n\ndef read_{number}(answer):\n    return answer.json(), Client{number}(answer).text()\n"


def sent(program: Program) -> int:
    return len(program.project.ask(Sent).all)


@pytest.mark.parametrize(
    "answer",
    [
        "return StreamingResponse(body())",
        "return Lines(body())",
        "Kind = StreamingResponse if is_long else Response\n    return Kind(body())",
    ],
    ids=["a class", "a class below it", "a variable"],
)
def test_what_makes_a_response_is_found(answer: str) -> None:
    assert sent(Program(APP.format(answer=answer))) == 1


def test_a_class_is_found_under_another_name() -> None:
    other = "from app import Lines as Rows, body\n\n\ndef more():\n    return Rows(body())\n"
    assert sent(Program(APP.format(answer="return None"), other=other)) == 1


def test_what_has_other_names_is_not_followed() -> None:
    counted = []
    for number in (1, 40):
        text = APP.format(answer="return StreamingResponse(body())")
        program = Program(text + "".join(READING.format(number=each) for each in range(number)))
        assert sent(program) == 1
        counted.append(program.evaluator.solver.steps)
    assert counted[0] == counted[1]
