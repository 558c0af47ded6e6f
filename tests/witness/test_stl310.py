"""STL310 unshielded-cleanup: the cleanup after a disconnect begins, and is cancelled at its first await."""

from __future__ import annotations

from .measure import broken_and_fixed, repeated

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
