"""STL206 nested-event-loop: the route fails, because its thread runs a loop already."""

from __future__ import annotations

import pytest

from .measure import broken_and_fixed, measure, repeated

CODE = """
import asyncio

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
async def chat(q: str):
    response = {start}(index.as_query_engine(streaming=True).aquery(q))
    return StreamingResponse(response.async_response_gen(), media_type="text/plain")
"""
APPLIED = """
import nest_asyncio
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
async def chat(q: str):
    nest_asyncio.apply()
    response = await index.as_query_engine(streaming=True).aquery(q)
    return StreamingResponse(response.async_response_gen(), media_type="text/plain")
"""


@pytest.mark.parametrize("start", ["asyncio.run", "asyncio.get_event_loop().run_until_complete"])
@repeated
def test_a_loop_cannot_start_inside_another(start: str) -> None:
    broken, fixed = broken_and_fixed(CODE.format(start=start), select=("STL206",))
    assert broken.status == 500
    assert fixed.status == 200
    assert fixed.streamed


@repeated
def test_in_a_thread_a_loop_may_start() -> None:
    code = 'import asyncio\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get("/chat")\ndef chat():\n'
    assert measure(code + '    return asyncio.run(asyncio.sleep(0, "done"))\n').status == 200


@repeated
def test_uvloop_cannot_be_patched_while_it_runs() -> None:
    moved = APPLIED.replace("    nest_asyncio.apply()\n", "").replace(
        "app = FastAPI()\n", "nest_asyncio.apply()\napp = FastAPI()\n"
    )
    broken, fixed = broken_and_fixed(APPLIED, fixed=moved, options={"loop": "uvloop"})
    assert broken.status == 500
    assert fixed.streamed
