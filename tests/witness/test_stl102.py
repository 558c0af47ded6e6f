"""STL102 materialised-stream: an expression that pulls the whole stream into a list or a string."""

from __future__ import annotations

import json

import pytest

from .measure import broken_and_fixed, repeated

FASTAPI = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
def chat(q: str):
    response = index.as_query_engine(streaming=True).query(q)
"""
FASTAPI_FIXED = (
    FASTAPI
    + """    return StreamingResponse(response.response_gen, media_type="text/plain")
"""
)
FLASK = """
from flask import Flask, Response, request

app = Flask(__name__)


@app.get("/chat")
def chat():
    response = index.as_query_engine(streaming=True).query(request.args["q"])
"""
FLASK_FIXED = (
    FLASK
    + """    return Response(response.response_gen, mimetype="text/plain")
"""
)
MATERIALISED = [
    "list(response.response_gen)",
    "[token for token in response.response_gen]",
    '"".join(response.response_gen)',
    "[*response.response_gen]",
    "str(response)",
    'f"{response}"',
    "response.get_response().response",
]


@pytest.mark.parametrize("expression", MATERIALISED)
@repeated
def test_a_route_that_returns_the_whole_text_is_buffered(expression: str) -> None:
    broken, fixed = broken_and_fixed(FASTAPI + f'    return {{"answer": {expression}}}\n', fixed=FASTAPI_FIXED)
    assert broken.buffered
    assert fixed.streamed
    assert fixed.smooth


@repeated
def test_str_of_an_async_response_holds_the_loop_too() -> None:
    head = (
        FASTAPI.replace("def chat", "async def chat").replace("index", "await index").replace("query(q)", "aquery(q)")
    )
    code = head + '    return {"answer": str(response)}\n'
    repaired = head + '    return StreamingResponse(response.async_response_gen(), media_type="text/plain")\n'
    broken, fixed = broken_and_fixed(code, fixed=repaired)
    assert broken.buffered
    assert broken.held
    assert fixed.streamed
    assert fixed.smooth


@pytest.mark.parametrize("server", ["werkzeug", "gunicorn"])
@repeated
def test_a_flask_view_that_returns_the_whole_text_is_buffered(server: str) -> None:
    code = FLASK + '    return {"answer": "".join(response.response_gen)}\n'
    broken, fixed = broken_and_fixed(code, fixed=FLASK_FIXED, framework="flask", server=server)
    assert broken.buffered
    assert fixed.streamed


@repeated
def test_what_is_answered_beside_the_text_comes_as_the_last_line() -> None:
    code = FASTAPI + '    return {"answer": str(response), "nodes": len(response.source_nodes)}\n'
    broken, fixed = broken_and_fixed(code, select=["STL102"])
    assert broken.buffered
    assert fixed.streamed
    assert fixed.smooth
    *tokens, rest = [json.loads(line) for line in fixed.body.splitlines()]
    assert "".join(one["answer"] for one in tokens) == json.loads(broken.body)["answer"]
    assert rest == {"nodes": json.loads(broken.body)["nodes"]}
