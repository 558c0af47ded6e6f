"""STL204 blocking-helper-in-async: what waits in a helper, or in a generator that a coroutine iterates, holds the loop."""

from __future__ import annotations

import pytest

from .measure import broken_and_fixed, repeated

HELPER = """
import asyncio
import time

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


def looked_up(question):
    time.sleep(0.3)
    return f"about {question}: "


@app.get("/chat")
async def chat(q: str):
    prefix = looked_up(q)
    response = await index.as_query_engine(streaming=True).aquery(q)

    async def tokens():
        yield prefix
        async for token in response.async_response_gen():
            yield token

    return StreamingResponse(tokens(), media_type="text/plain")
"""

GENERATOR = """
import asyncio
import time

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


def words(question):
    for number in range(5):
        time.sleep(0.1)
        yield f"{question} {number} "


async def tokens(question):
    await asyncio.sleep(0)
    for word in words(question):
        yield word


@app.get("/chat")
async def chat(q: str):
    return StreamingResponse(tokens(q), media_type="text/plain")
"""


@pytest.mark.parametrize("code", [HELPER, GENERATOR])
@repeated
def test_a_helper_runs_in_a_thread_after_the_repair(code: str) -> None:
    broken, fixed = broken_and_fixed(code, fix_level="safe", select=["STL202", "STL204"])
    assert broken.stalled
    assert fixed.stall < 0.5 * broken.stall
    assert fixed.arrivals >= 5
    assert fixed.body == broken.body
