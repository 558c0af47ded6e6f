"""STL311 timeout-finalises-generator: the keep-alive is sent, and the tokens are lost."""

from __future__ import annotations

from .measure import broken_and_fixed, repeated

BROKEN = """
import asyncio

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


async def with_pings(question):
    response = await index.as_query_engine(streaming=True).aquery(question)
    tokens = response.async_response_gen()
    while True:
        try:
            token = await asyncio.wait_for(anext(tokens), timeout=0.015)
        except asyncio.TimeoutError:
            yield ": ping "
            continue
        except StopAsyncIteration:
            return
        yield token


@app.get("/chat")
async def chat(q: str):
    return StreamingResponse(with_pings(q), media_type="text/plain")
"""
RIGHT = """
import asyncio

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


async def with_pings(question):
    response = await index.as_query_engine(streaming=True).aquery(question)
    tokens = response.async_response_gen()
    following = asyncio.ensure_future(anext(tokens))
    while True:
        done, _ = await asyncio.wait({following}, timeout=0.015)
        if not done:
            yield ": ping "
            continue
        try:
            token = following.result()
        except StopAsyncIteration:
            return
        yield token
        following = asyncio.ensure_future(anext(tokens))


@app.get("/chat")
async def chat(q: str):
    return StreamingResponse(with_pings(q), media_type="text/plain")
"""


@repeated
def test_tokens_are_lost_after_the_first_ping() -> None:
    broken, fixed = broken_and_fixed(BROKEN, fixed=RIGHT)
    assert broken.status == 200
    assert broken.complete
    assert broken.body == ": ping "
    assert fixed.complete
    assert fixed.body.count("tok") == fixed.pace.tokens
    assert ": ping" in fixed.body
