"""STL312 disconnect-polling: the poll ends streams of clients that stay; the server alone ends those of clients that left."""

from __future__ import annotations

from .measure import broken_and_fixed, measure, repeated

CODE = """
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
async def chat(request: Request, q: str):
    response = await index.as_query_engine(streaming=True).aquery(q)

    async def stream():
        async for token in response.async_response_gen():
            if await request.is_disconnected():
                break
            yield token

    return StreamingResponse(stream(), media_type="text/plain")
"""
POLL = """            if await request.is_disconnected():
                break
"""
SYNC = CODE.replace("async for token in response.async_response_gen()", "for token in response.response_gen").replace(
    "await index.as_query_engine(streaming=True).aquery(q)", "index.as_query_engine(streaming=True).query(q)"
)


@repeated
def test_the_poll_cuts_the_stream_of_a_client_that_stays() -> None:
    broken, fixed = broken_and_fixed(CODE, server="gunicorn-asgi", select=("STL312",), fix_level="unsafe")
    assert broken.complete
    assert broken.body.count("tok") < 0.5 * broken.pace.tokens
    assert fixed.streamed
    assert fixed.body.count("tok") == fixed.pace.tokens


@repeated
def test_without_the_poll_a_client_that_leaves_still_ends_the_model() -> None:
    broken, fixed = broken_and_fixed(CODE, leave_at=0.4, heartbeat=False, select=("STL312",), fix_level="unsafe")
    assert broken.tokens_after_leaving <= 2
    assert fixed.tokens_after_leaving <= 2


@repeated
def test_over_a_synchronous_iterator_the_poll_stays_and_ends_the_model() -> None:
    broken, fixed = broken_and_fixed(SYNC)
    assert broken.stall > broken.pace.gap
    assert fixed.streamed
    assert fixed.smooth
    assert broken.body == fixed.body
    assert measure(SYNC, leave_at=0.4, heartbeat=False).tokens_after_leaving <= 2
    assert measure(SYNC.replace(POLL, ""), leave_at=0.4, heartbeat=False).tokens_after_leaving > 2
