"""STL313 content-length-on-stream: the client reads as much as it was told, and not more."""

from __future__ import annotations

from .measure import broken_and_fixed, repeated

CODE = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
def chat(q: str):
    response = index.as_query_engine(streaming=True).query(q)
    return StreamingResponse(response.response_gen, media_type="text/plain", headers={"Content-Length": "10"})
"""


@repeated
def test_the_answer_ends_at_the_length() -> None:
    broken, fixed = broken_and_fixed(CODE, select=["STL313"])
    assert broken.complete
    assert broken.body == "tok0 tok1 "
    assert "Traceback" not in broken.log
    assert fixed.streamed
