"""STL108 buffering-middleware: middleware that reads the body of every response."""

from __future__ import annotations

from .measure import broken_and_fixed, measure, repeated

HEAD = """
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
def chat(q: str):
    response = index.as_query_engine(streaming=True).query(q)
    return StreamingResponse(response.response_gen, media_type="text/plain")


@app.middleware("http")
async def log_size(request, call_next):
    response = await call_next(request)
"""
READS = (
    HEAD
    + """    body = b"".join([chunk async for chunk in response.body_iterator])
    print(len(body))
    return Response(body, response.status_code, dict(response.headers))
"""
)
TEES = (
    HEAD
    + """    response.body_iterator = counted(response.body_iterator)
    return response


async def counted(chunks):
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        yield chunk
    print(size)
"""
)


@repeated
def test_a_body_that_is_read_comes_at_the_end() -> None:
    broken, fixed = broken_and_fixed(READS, fixed=TEES)
    assert broken.buffered
    assert fixed.streamed
    assert fixed.body == broken.body


@repeated
def test_middleware_that_hands_the_response_on_streams() -> None:
    assert measure(HEAD + "    return response\n").streamed
