"""STL114 invented-member: a method that LlamaIndex does not have."""

from __future__ import annotations

from .measure import broken_and_fixed, repeated

CODE = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
async def chat(q: str):
    answer = await index.as_query_engine(streaming=True).astream_query(q)
    return StreamingResponse(answer.async_response_gen(), media_type="text/plain")
"""


@repeated
def test_the_request_fails_before_the_model_is_asked() -> None:
    broken, fixed = broken_and_fixed(CODE, select=("STL114",))
    assert broken.status == 500
    assert broken.produced == 0
    assert fixed.status == 200
    assert fixed.streamed
