"""STL310 unshielded-cleanup: the cleanup after a disconnect begins, and is cancelled at its first await."""

from __future__ import annotations

from .measure import broken_and_fixed, repeated
from .pace import Pace

SAVING = """
import asyncio

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


async def save(text):
    print("begun", flush=True)
    await asyncio.sleep(0.01)
    print("saved", flush=True)


@app.get("/chat")
async def chat(q: str):
    response = await engine.aquery(q)

    async def stream():
        text = ""
        try:
            async for token in response.async_response_gen():
                text += token
                yield token
        finally:
            await save(text)

    return StreamingResponse(stream(), media_type="text/plain")
"""


@repeated
def test_what_is_awaited_in_finally_is_cancelled_when_the_client_leaves() -> None:
    broken, fixed = broken_and_fixed(SAVING, leave_at=0.4, heartbeat=False)
    assert "begun" in broken.log
    assert "saved" not in broken.log
    assert "saved" in fixed.log


@repeated
def test_for_a_client_that_stays_both_save() -> None:
    broken, fixed = broken_and_fixed(SAVING)
    assert "saved" in broken.log
    assert "saved" in fixed.log
    assert broken.body == fixed.body
    assert fixed.streamed


AGENT = """
import asyncio

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core.agent.workflow import AgentStream, FunctionAgent

app = FastAPI()
writer = FunctionAgent(llm=agent.llm)


@app.get("/chat")
async def chat(q: str):
    async def stream():
        handler = writer.run(q)
        try:
            async for event in handler.stream_events():
                if isinstance(event, AgentStream):
                    yield event.delta
            await handler
        except asyncio.CancelledError:
            await handler.cancel_run()
            raise

    return StreamingResponse(stream(), media_type="text/plain")
"""


@repeated
def test_a_run_is_cancelled_only_in_a_shielded_scope() -> None:
    broken, fixed = broken_and_fixed(AGENT, leave_at=0.4, heartbeat=False, pace=Pace(gap=0.08))
    assert broken.tokens_after_leaving > 0.4 * broken.pace.tokens
    assert fixed.tokens_after_leaving <= 2
