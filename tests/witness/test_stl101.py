"""STL101 iterated-in-handler: the whole answer is collected before its first byte leaves."""

from __future__ import annotations

import pytest

from .measure import broken_and_fixed, repeated

FASTAPI = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core import VectorStoreIndex

app = FastAPI()


@app.get("/chat")
"""
ASYNC_ROUTE = """async def chat(q: str):
    query_engine = index.as_query_engine(streaming=True)
    response = query_engine.query(q)
    # This consumes the stream too early.
    chunks = []
    for token in response.response_gen:
        chunks.append(token)
    # By now everything is buffered.
    return {"answer": "".join(chunks)}
"""
ROUTE_FIXED = """def chat(q: str):
    query_engine = index.as_query_engine(streaming=True)
    response = query_engine.query(q)
    return StreamingResponse(response.response_gen, media_type="text/plain")
"""
AWAITED_ROUTE = """async def chat(q: str):
    response = await index.as_query_engine(streaming=True).aquery(q)
    answer = ""
    async for token in response.async_response_gen():
        answer += token
    return {"answer": answer}
"""
AWAITED_ROUTE_FIXED = """async def chat(q: str):
    response = await index.as_query_engine(streaming=True).aquery(q)
    return StreamingResponse(response.async_response_gen(), media_type="text/plain")
"""
FLASK = """
from flask import Flask, Response, jsonify, request

app = Flask(__name__)


@app.get("/chat")
def chat():
    response = index.as_query_engine(streaming=True).query(request.args["q"])
"""
VIEW = """    answer = ""
    for token in response.response_gen:
        answer += token
    return jsonify(answer=answer)
"""
VIEW_FIXED = """    return Response(response.response_gen, mimetype="text/plain")
"""


@repeated
def test_a_loop_in_an_async_route_buffers_and_holds_the_loop() -> None:
    broken, fixed = broken_and_fixed(FASTAPI + ASYNC_ROUTE, fixed=FASTAPI + ROUTE_FIXED)
    assert broken.buffered
    assert broken.held
    assert fixed.streamed
    assert fixed.smooth


@repeated
def test_a_loop_in_a_route_in_a_thread_buffers() -> None:
    code = FASTAPI + ASYNC_ROUTE.replace("async def", "def")
    broken, fixed = broken_and_fixed(code, fixed=FASTAPI + ROUTE_FIXED)
    assert broken.buffered
    assert broken.smooth
    assert fixed.streamed
    assert fixed.smooth


@repeated
def test_an_async_loop_buffers() -> None:
    broken, fixed = broken_and_fixed(FASTAPI + AWAITED_ROUTE, fixed=FASTAPI + AWAITED_ROUTE_FIXED)
    assert broken.buffered
    assert fixed.streamed
    assert fixed.smooth


@repeated
def test_an_async_loop_runs_to_the_end_for_a_client_that_has_left() -> None:
    code, repaired = FASTAPI + AWAITED_ROUTE, FASTAPI + AWAITED_ROUTE_FIXED
    broken, fixed = broken_and_fixed(code, fixed=repaired, leave_at=0.3)
    assert broken.tokens_after_leaving > 10
    assert fixed.tokens_after_leaving <= 2


@pytest.mark.parametrize("server", ["werkzeug", "gunicorn"])
@repeated
def test_a_loop_in_a_flask_view_buffers(server: str) -> None:
    broken, fixed = broken_and_fixed(FLASK + VIEW, fixed=FLASK + VIEW_FIXED, framework="flask", server=server)
    assert broken.buffered
    assert fixed.streamed
