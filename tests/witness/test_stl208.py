"""STL208 serialised-drain: the loop is free, but the client waits for the last token."""

from __future__ import annotations

import pytest

from .measure import broken_and_fixed, repeated

CODE = """
import asyncio

from fastapi import FastAPI

app = FastAPI()


@app.get("/chat")
async def chat(q: str):
    response = await asyncio.to_thread(engine.query, q)
    parts = await asyncio.to_thread({collect}, response.response_gen)
    return {{"answer": {answer}}}
"""


@pytest.mark.parametrize(("collect", "answer"), [("list", '"".join(parts)'), ('"".join', "parts")])
@repeated
def test_a_thread_that_collects_the_stream_keeps_the_client_waiting(collect: str, answer: str) -> None:
    broken, fixed = broken_and_fixed(CODE.format(collect=collect, answer=answer))
    assert broken.buffered
    assert broken.smooth
    assert fixed.streamed
    assert fixed.smooth
