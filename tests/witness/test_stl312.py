"""STL312 disconnect-polling: the poll ends streams of clients that are still there, and is not needed for those that left."""

from __future__ import annotations

from .measure import broken_and_fixed, repeated

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
SYNC = CODE.replace("async for token in response.async_response_gen()", "for token in response.response_gen").replace(
    "await index.as_query_engine(streaming=True).aquery(q)", "index.as_query_engine(streaming=True).query(q)"
)


@repeated
def test_the_poll_cuts_the_stream_of_a_client_that_stays() -> None:
    broken, fixed = broken_and_fixed(CODE, server="gunicorn-asgi", select=("STL312",))
    assert broken.complete
    assert broken.body.count("tok") < 0.5 * broken.pace.tokens
    assert fixed.streamed
    assert fixed.body.count("tok") == fixed.pace.tokens


@repeated
def test_without_the_poll_a_client_that_leaves_still_ends_the_model() -> None:
    broken, fixed = broken_and_fixed(CODE, leave_at=0.4, heartbeat=False, select=("STL312",))
    assert broken.tokens_after_leaving <= 2
    assert fixed.tokens_after_leaving <= 2


@repeated
def test_the_popular_recipe_is_repaired_as_a_whole() -> None:
    broken, fixed = broken_and_fixed(SYNC)
    assert broken.stall > broken.pace.gap
    assert fixed.streamed
    assert fixed.smooth
    assert broken.body == fixed.body
