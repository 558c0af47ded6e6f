"""STL203 blocking-call-in-async: every stream of the process stands still during the call."""

from __future__ import annotations

import pytest

from .measure import broken_and_fixed, measure, repeated

CODE = """
import asyncio
import subprocess
import time
import urllib.request

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
async def chat(q: str):
    {call}
    response = await index.as_query_engine(streaming=True).aquery(q)
    return StreamingResponse(response.async_response_gen(), media_type="text/plain")


@app.get("/slow")
async def slow():
    await asyncio.sleep(0.3)
    return "done"
"""


@pytest.mark.parametrize(
    ("call", "cure"),
    [
        ("time.sleep(0.3)", "await asyncio.sleep(0.3)"),
        ('subprocess.run(["sleep", "0.3"])', 'await run_in_threadpool(subprocess.run, ["sleep", "0.3"])'),
        ("time.sleep(0.3)", "await run_in_threadpool(time.sleep, 0.3)"),
    ],
)
@repeated
def test_a_blocking_call_holds_the_loop(call: str, cure: str) -> None:
    broken, fixed = broken_and_fixed(CODE.format(call=call), fixed=CODE.format(call=cure))
    assert broken.stalled
    assert fixed.smooth
    assert broken.body == fixed.body
    assert fixed.arrivals >= 15


@repeated
def test_a_blocking_call_in_an_async_generator_holds_the_loop_between_the_tokens() -> None:
    code = """
import asyncio
import time

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


async def words():
    for word in "one two three four five".split():
        time.sleep(0.1)
        yield word


@app.get("/chat")
def chat():
    return StreamingResponse(words())
"""
    broken, fixed = broken_and_fixed(code, fixed=code.replace("time.sleep", "await asyncio.sleep"))
    assert broken.held
    assert fixed.smooth
    assert broken.arrivals == fixed.arrivals == 5


@repeated
def test_the_same_call_in_a_route_in_a_thread_is_harmless() -> None:
    code = CODE.format(call="time.sleep(0.3)").replace("async def chat", "def chat")
    code = (
        code.replace("await index", "index").replace("aquery", "query").replace("async_response_gen()", "response_gen")
    )
    assert measure(code).smooth
