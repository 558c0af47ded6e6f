"""STL304 context-lost: the generator runs when the context of its view is gone."""

from __future__ import annotations

from .measure import broken_and_fixed, repeated

FLASK = """
from flask import Flask, Response, request

app = Flask(__name__)


@app.get("/chat")
def chat():
    def stream():
        for token in index.as_query_engine(streaming=True).query(request.args["q"]).response_gen:
            yield token

    return Response(stream(), mimetype="text/plain")
"""
LATER = """
from flask import Flask, Response, request

app = Flask(__name__)


@app.get("/chat")
def chat():
    response = index.as_query_engine(streaming=True).query("q")

    def stream():
        for token in response.response_gen:
            yield token
            last = request.args["q"]

    return Response(stream(), mimetype="text/plain")
"""
VIEW = """
from flask import Flask, request

app = Flask(__name__)


@app.get("/chat")
def chat():
    yield from index.as_query_engine(streaming=True).query(request.args["q"]).response_gen
"""
QUART = """
from quart import Quart, Response, request

app = Quart(__name__)


@app.get("/chat")
async def chat():
    async def stream():
        response = await index.as_query_engine(streaming=True).aquery(request.args["q"])
        async for token in response.response_gen:
            yield token

    return Response(stream(), mimetype="text/plain")
"""


@repeated
def test_a_use_before_the_first_token_is_an_error() -> None:
    for code in (FLASK, VIEW):
        broken, fixed = broken_and_fixed(code, framework="flask", select=["STL304"])
        assert broken.status == 500
        assert fixed.streamed


@repeated
def test_a_use_after_the_first_token_cuts_the_answer() -> None:
    broken, fixed = broken_and_fixed(LATER, framework="flask", select=["STL304"])
    assert broken.status == 200
    assert not broken.complete
    assert broken.body == "tok0 "
    assert fixed.streamed


@repeated
def test_quart_sends_an_empty_body() -> None:
    broken, fixed = broken_and_fixed(QUART, framework="quart", select=["STL304"])
    assert broken.body == ""
    assert fixed.body != ""
    assert fixed.streamed
