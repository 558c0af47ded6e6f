"""Whether a dependency has ended what the tokens of an answer read from: dependencies that differ in one step, asked directly."""

from __future__ import annotations

import pytest

from streamlint.faults.resources import Resources

from .asking import Program

APPLICATION = """\
from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

app = FastAPI()
sessions = sessionmaker(create_engine("sqlite://"))


def database():
    session, other = sessions(), sessions()
    {}


@app.get("/notes")
def notes(db=Depends(database)):
    def rows():
        yield from db.execute("select text from notes")

    return StreamingResponse(rows())
"""


@pytest.mark.parametrize(
    ("body", "is_closed"),
    [
        ("yield session\n    session.close()", True),
        ("try:\n        yield session\n    finally:\n        session.close()", True),
        ("yield session\n    other.close()", False),
        ("other.close()\n    yield session", False),
        ("session.close()\n    yield session", False),
        ("yield session\n    session.commit()", False),
        ("yield session", False),
    ],
)
def test_a_dependency_that_closes_what_it_has_given(body: str, is_closed: bool) -> None:
    program = Program(APPLICATION.format(body))
    frame = program.evaluator.any_call(program.module(), program.function("notes"))
    [parameter] = frame.scope.parameters
    found = program.project.ask(Resources).closed_dependency(parameter, frame, early=True)
    assert (found is not None) is is_closed
