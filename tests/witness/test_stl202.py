"""STL202 sync-iteration-in-async: this client gets its tokens in time, and everyone else waits for the end of the stream."""

from __future__ import annotations

from typing import Any

import pytest

from .measure import broken_and_fixed, measure, repeated

HEAD = """
import asyncio

from fastapi import FastAPI, Request, WebSocket
from fastapi.concurrency import iterate_in_threadpool
from fastapi.responses import StreamingResponse

app = FastAPI()

"""
GENERATOR = (
    HEAD
    + """
@app.get("/chat")
def chat(q: str):
    response = index.as_query_engine(streaming=True).query(q)

    async def stream():
        for token in response.response_gen:
            yield token

    return StreamingResponse(stream(), media_type="text/plain")
"""
)
WEBSOCKET = (
    HEAD
    + """
@app.websocket("/ws")
async def chat(websocket: WebSocket):
    await websocket.accept()
    question = await websocket.receive_text()
    response = index.as_query_engine(streaming=True).query(question)
    for token in response.response_gen:
        await websocket.send_text(token)
    await websocket.close()
"""
)


QUART = """
import asyncio

from quart import Quart, Response, request

app = Quart(__name__)


@app.get("/chat")
async def chat():
    response = await asyncio.to_thread(index.as_query_engine(streaming=True).query, request.args["q"])

    async def stream():
        for token in response.response_gen:
            yield token

    return Response(stream(), mimetype="text/plain")
"""
AIOHTTP = """
import asyncio

from aiohttp import web

routes = web.RouteTableDef()


@routes.get("/chat")
async def chat(request):
    response = await asyncio.to_thread(index.as_query_engine(streaming=True).query, request.query["q"])
    stream = web.StreamResponse()
    await stream.prepare(request)
    for token in response.response_gen:
        await stream.write(token.encode())
    return stream
"""


def in_a_thread(code: str) -> str:
    """The same loop, each token fetched in a thread."""
    return code.replace(
        "for token in response.response_gen", "async for token in iterate_in_threadpool(response.response_gen)"
    )


@pytest.mark.parametrize(("code", "how"), [(GENERATOR, {}), (WEBSOCKET, {"path": "/ws", "websocket": True})])
@repeated
def test_a_loop_in_a_coroutine_holds_the_event_loop(code: str, how: dict[str, Any]) -> None:
    broken, fixed = broken_and_fixed(code, fixed=in_a_thread(code), **how)
    assert broken.body == fixed.body
    assert broken.held
    assert fixed.streamed
    assert fixed.smooth


@pytest.mark.parametrize(
    ("framework", "server", "code"), [("quart", "uvicorn", QUART), ("aiohttp", "aiohttp", AIOHTTP)]
)
@repeated
def test_other_frameworks_take_each_token_in_a_thread(framework: str, server: str, code: str) -> None:
    broken, fixed = broken_and_fixed(code, select=("STL202",), framework=framework, server=server)
    assert broken.body == fixed.body
    assert broken.held
    assert fixed.streamed
    assert fixed.smooth


@repeated
def test_a_held_loop_does_not_notice_that_the_client_has_left() -> None:
    broken, fixed = broken_and_fixed(GENERATOR, fixed=in_a_thread(GENERATOR), leave_at=0.3)
    assert broken.tokens_after_leaving > 10
    assert fixed.tokens_after_leaving <= 2


@repeated
def test_sleeping_for_no_time_is_no_cure() -> None:
    """A beat still waits for more than a token, where the cure makes it wait for none."""
    slept = measure(GENERATOR.replace("yield token", "yield token\n            await asyncio.sleep(0)"))
    assert slept.stall > 0.8 * slept.pace.gap


@repeated
def test_the_same_generator_without_async_is_right() -> None:
    measured = measure(GENERATOR.replace("async def stream", "def stream"))
    assert measured.streamed
    assert measured.smooth
