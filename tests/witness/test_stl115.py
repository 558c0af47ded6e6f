"""STL115 loop-not-woken: tokens that a thread lays into a queue of the event loop, which sleeps on."""

from __future__ import annotations

import pytest

from .measure import broken_and_fixed, repeated

THREAD = """
import asyncio
import threading

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
async def chat(q: str):
    tokens = asyncio.Queue()

    def work():
        for token in engine.query(q).response_gen:
            tokens.put_nowait(token)
        tokens.put_nowait(None)

    async def stream():
        while (token := await tokens.get()) is not None:
            yield token

    threading.Thread(target=work, daemon=True).start()
    return StreamingResponse(stream(), media_type="text/plain")
"""
CALLBACK = """
import asyncio

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


class Channel:
    def __init__(self):
        self.items = asyncio.Queue()

    def tell(self, token):
        self.items.put_nowait(token)

    async def read(self):
        while (token := await self.items.get()) is not None:
            yield token


def answer(q, on_token):
    for token in engine.query(q).response_gen:
        on_token(token)
    on_token(None)


@app.get("/chat")
async def chat(q: str):
    channel = Channel()
    asyncio.get_running_loop().run_in_executor(None, answer, q, channel.tell)
    return StreamingResponse(channel.read(), media_type="text/plain")
"""


@pytest.mark.parametrize("code", [THREAD, CALLBACK])
@repeated
def test_the_tokens_come_in_a_few_pieces_where_only_the_server_wakes_the_loop(code: str) -> None:
    broken, fixed = broken_and_fixed(code, heartbeat=False, select=("STL115",), fix_level="unsafe")
    assert broken.complete
    assert broken.arrivals < 0.5 * broken.pace.tokens
    assert fixed.streamed
    assert broken.body == fixed.body


@repeated
def test_a_server_without_a_tick_keeps_them_for_longer_than_they_take() -> None:
    broken, fixed = broken_and_fixed(
        THREAD, heartbeat=False, server="hypercorn", select=("STL115",), fix_level="unsafe"
    )
    assert broken.arrivals <= 2
    assert broken.total > 5 * fixed.total
    assert fixed.streamed
    assert broken.body == fixed.body


@repeated
def test_other_traffic_hides_it() -> None:
    broken, fixed = broken_and_fixed(THREAD, select=("STL115",), fix_level="unsafe")
    assert broken.streamed
    assert fixed.streamed
