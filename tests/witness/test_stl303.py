"""STL303 resource-closed-early: the stream is sent when what it reads from is closed already."""

from __future__ import annotations

import pytest

from .measure import broken_and_fixed, repeated

HEAD = """
import httpx
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/model")
async def model(q: str):
    response = await index.as_query_engine(streaming=True).aquery(q)
    return StreamingResponse(response.response_gen, media_type="text/plain")

"""
CLIENT = (
    HEAD
    + """
@app.get("/chat")
async def chat(request: Request, q: str):
    url = f"http://127.0.0.1:{request.scope['server'][1]}/model?q={q}"
    async with httpx.AsyncClient() as client:

        async def stream():
            async with client.stream("GET", url) as response:
                async for text in response.aiter_text():
                    yield text

        return StreamingResponse(stream(), media_type="text/plain")
"""
)
FILE = (
    HEAD
    + """
@app.get("/chat")
def chat(q: str):
    response = index.as_query_engine(streaming=True).query(q)

    def stream():
        first = opened.readline()
        for token in response.response_gen:
            yield token

    with open(__file__) as opened:
        return StreamingResponse(stream(), media_type="text/plain")
"""
)


@pytest.mark.parametrize("code", [CLIENT, FILE])
@repeated
def test_nothing_is_sent_from_what_is_closed(code: str) -> None:
    broken, fixed = broken_and_fixed(code, select=["STL303"])
    assert broken.status == 200
    assert broken.body == ""
    assert not broken.complete
    assert fixed.streamed


SEMAPHORE = """
import asyncio

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()
turns = asyncio.Semaphore(1)


@app.get("/chat")
async def chat(q: str):
    async with turns:

        async def stream():
            yield str(turns.locked())

        return StreamingResponse(stream(), media_type="text/plain")
"""
TIMEOUT = """
import asyncio

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
async def chat(q: str):
    async with asyncio.timeout(0.2):

        async def stream():
            response = await index.as_query_engine(streaming=True).aquery(q)
            async for token in response.response_gen:
                yield token

        return StreamingResponse(stream(), media_type="text/plain")
"""


def test_a_semaphore_is_not_held_while_the_stream_is_sent() -> None:
    broken, fixed = broken_and_fixed(SEMAPHORE, select=["STL303"], heartbeat=False)
    assert (broken.body, fixed.body) == ("False", "True")


@repeated
def test_a_time_limit_does_not_watch_the_stream() -> None:
    broken, fixed = broken_and_fixed(TIMEOUT, select=["STL303"])
    assert broken.streamed
    assert not fixed.complete
    assert fixed.arrivals < broken.arrivals


DEPENDENCY = (
    HEAD
    + """
from fastapi import Depends


async def http_client():
    async with httpx.AsyncClient() as client:
        yield client


@app.get("/chat")
async def chat(request: Request, q: str, client=Depends(http_client, scope="function")):
    url = f"http://127.0.0.1:{request.scope['server'][1]}/model?q={q}"

    async def stream():
        async with client.stream("GET", url) as response:
            async for text in response.aiter_text():
                yield text

    return StreamingResponse(stream(), media_type="text/plain")
"""
)


@repeated
def test_a_dependency_that_ends_with_the_function_is_closed_before_the_stream() -> None:
    """What FastAPI 0.106 to 0.117 did to every dependency, today's release does with `scope="function"`."""
    broken, fixed = broken_and_fixed(DEPENDENCY, fixed=DEPENDENCY.replace(', scope="function"', ""))
    assert broken.body == ""
    assert not broken.complete
    assert fixed.streamed
