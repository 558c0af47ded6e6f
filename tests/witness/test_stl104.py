"""STL104 replayed-stream: a streaming response over text that is there already."""

from __future__ import annotations

import pytest

from .measure import broken_and_fixed, repeated

HEAD = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
def chat(q: str):
    response = index.as_query_engine(streaming=True).query(q)
"""
FIXED = (
    HEAD
    + """    return StreamingResponse(response.response_gen, media_type="text/plain")
"""
)


@pytest.mark.parametrize(
    "content",
    [
        "list(response.response_gen)",
        '"".join(response.response_gen)',
        'iter(["".join(response.response_gen)])',
        "iter([str(response)])",
        "(token for token in list(response.response_gen))",
    ],
)
@repeated
def test_a_replay_looks_like_a_stream_and_comes_at_the_end(content: str) -> None:
    code = HEAD + f'    return StreamingResponse({content}, media_type="text/plain")\n'
    broken, fixed = broken_and_fixed(code, fixed=FIXED)
    assert broken.first_token_ratio > 0.8
    assert broken.body == fixed.body
    assert not broken.streamed
    assert fixed.streamed
    assert fixed.smooth
