"""STL106 wrong-token-generator: how a stream was started and how it is taken do not fit."""

from __future__ import annotations

import pytest

from .measure import broken_and_fixed, measure, repeated

HEAD = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
"""
ASYNC_CHAT = HEAD + "async def chat(q: str):\n    response = await index.as_chat_engine().astream_chat(q)\n"
SYNC_CHAT = HEAD + "def chat(q: str):\n    response = index.as_chat_engine().stream_chat(q)\n"
SYNC_QUERY = HEAD + "def chat(q: str):\n    response = index.as_query_engine(streaming=True).query(q)\n"
ASYNC_QUERY = HEAD + "async def chat(q: str):\n    response = await index.as_query_engine(streaming=True).aquery(q)\n"
SENT = '    return StreamingResponse(response.{0}, media_type="text/plain")\n'
LOOPED = """
    async def stream():
        {0} token in response.{1}:
            yield token

    return StreamingResponse(stream(), media_type="text/plain")
"""


@repeated
def test_response_gen_after_astream_chat_hangs_the_server() -> None:
    broken, fixed = broken_and_fixed(
        ASYNC_CHAT + LOOPED.format("for", "response_gen"), select=("STL106",), patience=4.0
    )
    assert broken.hung
    assert broken.held
    assert fixed.streamed
    assert fixed.smooth


NOTHING = {
    "astream_chat-response_gen": ASYNC_CHAT + SENT.format("response_gen"),
    "stream_chat-async_response_gen": SYNC_CHAT + SENT.format("async_response_gen()"),
    "query-async_response_gen": SYNC_QUERY + SENT.format("async_response_gen()"),
    "chat-response_gen": SYNC_CHAT.replace("stream_chat", "chat") + SENT.format("response_gen"),
    "async-for-over-sync": SYNC_QUERY + LOOPED.format("async for", "response_gen"),
    "for-over-async": ASYNC_QUERY + LOOPED.format("for", "response_gen"),
    "await-of-an-iterator": ASYNC_QUERY
    + LOOPED.format("async for", "async_response_gen()").replace("in re", "in await re"),
    "no-await": ASYNC_QUERY.replace("await ", "") + SENT.format("async_response_gen()"),
    "await-of-a-sync-call": ASYNC_CHAT.replace("astream_chat", "stream_chat") + SENT.format("response_gen"),
}


@pytest.mark.parametrize("code", NOTHING.values(), ids=NOTHING.keys())
@repeated
def test_no_token_comes_through(code: str) -> None:
    broken, fixed = broken_and_fixed(code, select=("STL106",), fix_level="unsafe")
    assert "tok1" not in broken.body
    assert fixed.streamed
    assert fixed.smooth


@repeated
def test_a_misspelt_argument_gives_an_engine_that_does_not_stream() -> None:
    code = SYNC_QUERY.replace("streaming", "stream") + SENT.format("response_gen")
    assert measure(code).status == 500
