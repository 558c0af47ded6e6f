"""Polls that ask whether the client has left, where the server's cancellation does the same: single loops, asked directly."""

from __future__ import annotations

import pytest

from streamlint.faults.polls import Polls

from .asking import Program

HEAD = """\
import logging

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from llama_index.core import VectorStoreIndex
from llama_index.llms.openai import OpenAI

app = FastAPI()
engine = VectorStoreIndex([]).as_query_engine(streaming=True, llm=OpenAI())


@app.get("/chat")
async def chat(request: Request, q: str):
    return StreamingResponse(tokens(request, q))


async def tokens(request: Request, q: str):
    response = await engine.aquery(q)
"""
LOOP = """\
    async for token in response.async_response_gen():
        if await request.is_disconnected():
            {}
        yield token
"""


def polls(body: str) -> list[tuple[bool, bool]]:
    """The polls of the generator: whether each is bare, and whether the server can end the loop at any token."""
    program = Program(HEAD + body)
    frame = program.evaluator.any_call(program.module(), program.function("tokens"))
    return [(poll.is_bare, poll.is_cancellable) for poll in program.project.ask(Polls).of(frame)]


@pytest.mark.parametrize(
    ("branch", "expected"),
    [
        ("return", [(True, True)]),
        ("break", [(True, True)]),
        ("print('gone')\n            return", [(False, True)]),
        ("logging.info('gone')\n            break", [(False, True)]),
        ("save(token)\n            return", []),
        ("engine.close()\n            return", []),
        ("left = True\n            return", []),
        ("await save(token)\n            return", []),
        ("continue", []),
        ("raise ValueError", []),
        ("print('gone')", []),
    ],
)
def test_what_a_poll_does(branch: str, expected: list[tuple[bool, bool]]) -> None:
    assert polls(LOOP.format(branch)) == expected


@pytest.mark.parametrize(
    ("behind", "expected"),
    [
        ("    yield 'done'\n", [(False, True)]),
        ("    save(token)\n", []),
        ("    yield save(token)\n", []),
        ("    await q.close()\n", []),
        ("    else:\n        yield 'done'\n", [(False, True)]),
    ],
)
def test_what_stands_behind_the_loop(behind: str, expected: list[tuple[bool, bool]]) -> None:
    assert polls(LOOP.format("break") + behind) == expected


def test_the_test_asks_something_else_too() -> None:
    assert polls(LOOP.format("return").replace("if await", "if q and await")) == [(False, True)]
    assert polls(LOOP.format("return").replace("is_disconnected", "body")) == []
    assert polls(LOOP.format("return").replace("async for", "for").replace("async_response_gen", "response_gen")) == []


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("OpenAI()", [(True, True)]),
        ("HuggingFaceLLM()", []),
        ("OpenAI() if q else HuggingFaceLLM()", []),
        ("OpenAI() if q else given()", [(True, False)]),
        ("given()", [(True, False)]),
    ],
)
def test_whether_the_model_leaves_the_loop_free(model: str, expected: list[tuple[bool, bool]]) -> None:
    """A cancellation ends the loop at once, or never, or that cannot be seen."""
    asked = HEAD.replace("app =", "from llama_index.llms.huggingface import HuggingFaceLLM\n\napp =")
    taken = LOOP.format("return").replace("response.async_response_gen()", "await llm.astream_complete(q)")
    program = Program(f"{asked}    llm = {model}\n{taken}")
    frame = program.evaluator.any_call(program.module(), program.function("tokens"))
    assert [(poll.is_bare, poll.is_cancellable) for poll in program.project.ask(Polls).of(frame)] == expected
