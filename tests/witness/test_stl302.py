"""STL302 swallowed-cancellation: the generator refuses to end, and its loop spins at full speed instead."""

from __future__ import annotations

from .measure import broken_and_fixed, repeated

CODE = """
import asyncio

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


async def tokens():
    for step in range(200):
        try:
            await asyncio.sleep(0.02)
            yield "token "
        except:
            print("swallowed", flush=True)


@app.get("/chat")
async def chat():
    return StreamingResponse(tokens(), media_type="text/plain")
"""


@repeated
def test_a_bare_except_in_the_loop_swallows_every_cancellation() -> None:
    broken, fixed = broken_and_fixed(CODE, leave_at=0.4, heartbeat=False)
    assert broken.log.count("swallowed") > 100
    assert "swallowed" not in fixed.log


@repeated
def test_for_a_client_that_stays_nothing_changes() -> None:
    broken, fixed = broken_and_fixed(CODE.replace("200", "20"))
    assert broken.complete
    assert broken.body == fixed.body
    assert broken.arrivals == fixed.arrivals == 20
