"""STL314 hidden-failure: a cut answer that looks complete, and a status that comes too late."""

from __future__ import annotations

from .measure import broken_and_fixed, repeated

HEAD = """
import logging

from fastapi import FastAPI, HTTPException
from fastapi.responses import StreamingResponse

app = FastAPI()


async def failing():
    sent = 0
    async for chunk in await llm.astream_complete("hi"):
        if sent == 5:
            raise ConnectionError("the model is gone")
        sent += 1
        yield chunk.delta


"""
PASSES = (
    HEAD
    + """async def stream():
    try:
        async for token in failing():
            yield token
    except Exception:
        pass


@app.get("/chat")
async def chat():
    return StreamingResponse(stream(), media_type="text/plain")
"""
)
TELLS = PASSES.replace("        pass\n", '        logging.exception("broken off")\n        yield "[error]"\n')
REFUSES = (
    HEAD
    + """async def stream(q: str):
    if q == "hi":
        raise HTTPException(status_code=422)
    async for token in failing():
        yield token


@app.get("/chat")
async def chat(q: str):
    return StreamingResponse(stream(q), media_type="text/plain")
"""
)
ASKED_FIRST = REFUSES.replace(
    """    if q == "hi":
        raise HTTPException(status_code=422)
""",
    "",
).replace("    return S", '    if q == "hi":\n        raise HTTPException(status_code=422)\n    return S')


@repeated
def test_a_failure_that_is_passed_over_looks_like_the_end() -> None:
    broken, told = broken_and_fixed(PASSES, fixed=TELLS)
    assert broken.complete
    assert broken.body.count("tok") == 5
    assert "ConnectionError" not in broken.log
    assert told.body.endswith("[error]")
    assert "ConnectionError" in told.log


@repeated
def test_a_refusal_in_the_generator_comes_after_the_status() -> None:
    broken, fixed = broken_and_fixed(REFUSES, fixed=ASKED_FIRST)
    assert broken.status == 200
    assert not broken.complete
    assert fixed.status == 422
    assert fixed.complete
