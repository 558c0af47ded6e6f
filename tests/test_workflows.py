"""Loops over the events of runs, and the time limits that runs have: small workflows, asked directly."""

from __future__ import annotations

import pytest

from streamlint.model import syntax as ir
from streamlint.streams.workflows import Workflows

from .asking import Program

HEAD = """\
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core.workflow import StartEvent, StopEvent, Workflow, step

app = FastAPI()


class Answer(Workflow):
    @step
    async def answer(self, event: StartEvent) -> StopEvent: ...


"""
TOKENS = """\
async def tokens(made):
    async for event in made.stream_events():
        yield event.text


"""
ROUTE = """\
@app.get("/")
async def home(q: str):
    handler = workflow.run(q=q)
    return StreamingResponse(tokens(handler))
"""


def limits(made: str) -> list[tuple[float, bool]]:
    """The seconds of the run of `workflow`, and whether these are what LlamaIndex takes where nothing is said."""
    program = Program(f"{HEAD}{made}\n\n\n{TOKENS}{ROUTE}")
    home = program.function("home")
    frame = program.evaluator.any_call(program.module(), home)
    [call] = [
        call for call in home.calls if isinstance(call.function, ir.Attribute) and call.function.attribute == "run"
    ]
    found = program.project.ask(Workflows).limits(call, frame)
    return [(one.seconds, one.is_default) for one in found]


OWN = "class Own(Answer):\n    def __init__(self, {}):\n        {}\n\n\n"
SUPER = "super().__init__({})"


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("workflow = Answer()", [(45.0, True)]),
        ("workflow = Answer(timeout=10)", [(10.0, False)]),
        ("workflow = Answer(10.5)", [(10.5, False)]),
        ("workflow = Answer(timeout=None)", []),
        ("workflow = Answer(timeout=True)", []),
        ("workflow = Answer(timeout=app)", []),
        ("workflow = Answer(**app)", []),
        ("workflow = Answer(*app)", []),
        ("workflow = Answer(timeout=10)\nworkflow._timeout = 20", []),
        (OWN.format("x", SUPER.format("")) + "workflow = Own(1)", [(45.0, True)]),
        (OWN.format("x", SUPER.format("timeout=5")) + "workflow = Own(1)", [(5.0, False)]),
        (OWN.format("x=7", SUPER.format("timeout=x")) + "workflow = Own()", [(7.0, False)]),
        (OWN.format("x=7", SUPER.format("timeout=x")) + "workflow = Own(x=8)", [(8.0, False)]),
        (OWN.format("x=7", SUPER.format("timeout=x")) + "workflow = Own(**app)", []),
        (OWN.format("x", SUPER.format("timeout=app")) + "workflow = Own(1)", []),
        (OWN.format("x, **y", SUPER.format("**y")) + "workflow = Own(1)", [(45.0, True)]),
        (OWN.format("x, **y", SUPER.format("**y")) + "workflow = Own(1, timeout=9)", [(9.0, False)]),
        (OWN.format("x, **y", SUPER.format("**y")) + "workflow = Own(1, **app)", []),
        (OWN.format("x", SUPER.format("x")) + "workflow = Own(1)", []),
        (OWN.format("x", "Answer.__init__(self)") + "workflow = Own(1)", [(45.0, True)]),
        (OWN.format("x", "Answer.__init__(self, x)") + "workflow = Own(1)", []),
        (OWN.format("x", "self.x = x") + "workflow = Own(1)", []),
        ("workflow = Answer(timeout=10) if app else Answer(timeout=5)", [(5.0, False), (10.0, False)]),
    ],
)
def test_time_limits(made: str, expected: list[tuple[float, bool]]) -> None:
    assert limits(made) == expected


def ignored(body: str, others: str = "") -> list[tuple[str | None, bool]]:
    """The loops of `run` over events whose result nobody awaits: the name of the run, and whether it is awaited before."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    program = Program(f"{HEAD}workflow = Answer()\n\n\nasync def run(q, other):\n{lines}\n\n{others}")
    frame = program.evaluator.any_call(program.module(), program.function("run"))
    found = program.project.ask(Workflows).ignored_results(frame)
    return [(one.name, one.waits_before is not None) for one in found]


LOOP = "async for event in handler.stream_events():\n    yield event"
RUN = "handler = workflow.run(q=q)\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (RUN + LOOP, [("handler", False)]),
        (LOOP.replace("handler", "workflow.run(q=q)"), [(None, False)]),
        (RUN + LOOP + "\nawait handler", []),
        (RUN + "await handler\n" + LOOP, [("handler", True)]),
        (RUN + "answer = await handler\n" + LOOP, [("handler", True)]),
        (RUN + "await handler\n" + LOOP + "\nawait handler", [("handler", True)]),
        (RUN + "if q:\n    await handler\n" + LOOP, []),
        (RUN + "for each in q:\n    await handler\n" + LOOP, []),
        (RUN + LOOP + "\nother(handler)", []),
        (RUN + LOOP + "\nhandler.ctx", [("handler", False)]),
        (RUN + "handler = workflow.run(q=q)\n" + LOOP, []),
        ("handler = other.run(q=q)\n" + LOOP, []),
        ("handler = other\n" + LOOP, []),
        (RUN + LOOP.replace("stream_events", "events"), []),
        (RUN + "for event in handler.stream_events():\n    yield event", []),
        (RUN + "yield [event async for event in handler.stream_events()]", []),
    ],
)
def test_results_that_nobody_awaits(body: str, expected: list[tuple[str | None, bool]]) -> None:
    assert ignored(body) == expected
