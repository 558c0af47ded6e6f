"""STL301 runs-after-disconnect: the model goes on to its last token, though nobody is there to read it."""

from __future__ import annotations

import pytest

from .measure import broken_and_fixed, repeated

AGENT = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core.agent.workflow import AgentStream, FunctionAgent

app = FastAPI()
writer = FunctionAgent(llm=agent.llm)


@app.get("/chat")
async def chat(q: str):
    async def stream():
        handler = writer.run(q)
        async for event in handler.stream_events():
            if isinstance(event, AgentStream):
                yield event.delta
        await handler

    return StreamingResponse(stream(), media_type="text/plain")
"""
TASK = """
import asyncio

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core import Settings

app = FastAPI()


async def produce(q, channel):
    try:
        async for chunk in await Settings.llm.astream_complete(q):
            await channel.put(chunk.delta)
    finally:
        await channel.put(None)


@app.get("/chat")
async def chat(q: str):
    async def stream():
        channel = asyncio.Queue()
        producer = asyncio.create_task(produce(q, channel))
        while (token := await channel.get()) is not None:
            yield token

    return StreamingResponse(stream(), media_type="text/plain")
"""
THREAD = """
import queue
import threading

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
def chat(q: str):
    response = engine.query(q)
    channel = queue.Queue()

    def fill():
        for token in response.response_gen:
            channel.put(token)
        channel.put(None)

    async def stream():
        threading.Thread(target=fill, daemon=True).start()
        while (token := await run_in_threadpool(channel.get)) is not None:
            yield token

    return StreamingResponse(stream(), media_type="text/plain")
"""


@repeated
def test_an_agent_runs_on_unless_its_run_is_cancelled_in_a_shielded_scope() -> None:
    broken, fixed = broken_and_fixed(AGENT, leave_at=0.4, heartbeat=False, select=("STL301",), fix_level="unsafe")
    assert broken.tokens_after_leaving > 0.4 * broken.pace.tokens
    assert fixed.tokens_after_leaving <= 2


@repeated
def test_for_a_client_that_stays_the_repair_changes_nothing() -> None:
    broken, fixed = broken_and_fixed(AGENT, select=("STL301",), fix_level="unsafe")
    assert broken.streamed
    assert fixed.streamed
    assert broken.body == fixed.body


@pytest.mark.parametrize("code", [TASK, THREAD])
@repeated
def test_a_producer_runs_on_unless_it_is_stopped(code: str) -> None:
    broken, fixed = broken_and_fixed(code, leave_at=0.4, heartbeat=False, select=("STL301",))
    assert broken.produced == broken.pace.tokens
    assert broken.tokens_after_leaving > 0.4 * broken.pace.tokens
    assert fixed.tokens_after_leaving <= 2


@pytest.mark.parametrize("code", [TASK, THREAD])
@repeated
def test_for_a_client_that_stays_stopping_a_producer_changes_nothing(code: str) -> None:
    broken, fixed = broken_and_fixed(code, select=("STL301",), fix_level="unsafe")
    assert broken.streamed
    assert fixed.streamed
    assert broken.body == fixed.body
