"""STL112 not-a-stream: the tokens of an engine that does not stream."""

from __future__ import annotations

import pytest

from .measure import broken_and_fixed, repeated

FASTAPI = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
def chat(q: str):
    response = index.as_query_engine().query(q)
    return StreamingResponse(response.response_gen, media_type="text/plain")
"""
FLASK = """
from flask import Flask, Response, request

app = Flask(__name__)


@app.get("/chat")
def chat():
    response = index.as_query_engine().query(request.args["q"])
    return Response(response.response_gen, mimetype="text/plain")
"""


@pytest.mark.parametrize(("code", "framework"), [(FASTAPI, "fastapi"), (FLASK, "flask")], ids=["fastapi", "flask"])
@repeated
def test_the_request_fails_when_the_answer_is_complete(code: str, framework: str) -> None:
    broken, fixed = broken_and_fixed(code, select=("STL112",), framework=framework)
    assert broken.status == 500
    assert broken.produced == 20
    assert fixed.status == 200
    assert fixed.streamed
    assert fixed.smooth
