"""STL201 sync-llama-call-in-async: retrieval or a whole answer holds the event loop, and with it every other stream."""

from __future__ import annotations

import pytest

from .measure import broken_and_fixed, repeated
from .pace import Pace

HEAD = """
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
"""
QUERY = (
    HEAD
    + """async def chat(q: str):
    response = index.as_query_engine(streaming=True).query(q)
    return StreamingResponse(response.response_gen, media_type="text/plain")
"""
)
CHAT = QUERY.replace("index.as_query_engine(streaming=True).query(q)", "chat_engine.stream_chat(q)")
CONDENSE = QUERY.replace(
    "index.as_query_engine(streaming=True).query(q)",
    'index.as_chat_engine(chat_mode="condense_question", chat_history=[ChatMessage("hi")]).stream_chat(q)',
).replace("from fastapi import FastAPI", "from fastapi import FastAPI\nfrom llama_index.core.llms import ChatMessage")
PLAIN = (
    HEAD
    + """async def chat(q: str):
    return {"answer": str(index.as_query_engine().query(q))}
"""
)
RETRIEVAL = Pace(retrieval=0.3)


def in_a_thread(code: str) -> str:
    """The same route, run in a thread by the framework."""
    return code.replace("async def", "def")


def in_the_threadpool(code: str) -> str:
    """The same route, with only the call moved into a thread."""
    return code.replace(".query(q)", ".query, q)").replace("index.as", "await run_in_threadpool(index.as")


def on_the_loop(code: str) -> str:
    """The same route with the async twins, which is right because the model has async methods of its own."""
    return (
        code.replace("index.as", "await index.as")
        .replace(".query(", ".aquery(")
        .replace("response_gen", "async_response_gen()")
    )


@pytest.mark.parametrize("code", [QUERY, CHAT, CONDENSE])
@repeated
def test_retrieval_before_a_stream_holds_the_loop(code: str) -> None:
    broken, fixed = broken_and_fixed(code, fixed=in_a_thread(code), pace=RETRIEVAL)
    assert broken.complete
    assert broken.stalled
    assert fixed.complete
    assert fixed.smooth
    assert fixed.arrivals >= 15


@pytest.mark.parametrize("cure", [in_the_threadpool, on_the_loop])
@repeated
def test_the_other_ways_out_leave_the_loop_free_too(cure: object) -> None:
    assert callable(cure)
    broken, fixed = broken_and_fixed(QUERY, fixed=cure(QUERY), pace=RETRIEVAL)
    assert broken.stalled
    assert fixed.smooth
    assert fixed.arrivals >= 15


@repeated
def test_a_plain_answer_holds_the_loop_for_all_of_its_time() -> None:
    broken, fixed = broken_and_fixed(PLAIN, fixed=in_a_thread(PLAIN))
    assert broken.held
    assert fixed.smooth
    assert broken.body == fixed.body


@repeated
def test_the_async_twin_of_a_model_without_async_methods_is_no_cure() -> None:
    broken, twin = broken_and_fixed(QUERY, fixed=on_the_loop(QUERY), pace=Pace(native=False))
    assert broken.streamed
    assert twin.held
