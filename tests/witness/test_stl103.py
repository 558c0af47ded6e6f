"""STL103 json-after-stream: a stream was started, and the client gets one JSON document at its end."""

from __future__ import annotations

import pytest

from .measure import broken_and_fixed, repeated

FASTAPI = """
from fastapi import FastAPI
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel

app = FastAPI()


class Answer(BaseModel):
    answer: str


@app.get("/chat")
def chat(q: str):
    response = index.as_query_engine(streaming=True).query(q)
"""
FASTAPI_FIXED = (
    FASTAPI
    + """    return StreamingResponse(response.response_gen, media_type="text/plain")
"""
)
DRAIN = """    text = "".join(response.response_gen)
"""
FLASK = """
from flask import Flask, Response, jsonify, request

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


@pytest.mark.parametrize(
    "returned",
    ['{"answer": text}', "[text]", "text", "Answer(answer=text)", 'JSONResponse({"answer": text})'],
)
@repeated
def test_a_document_made_of_the_drained_text_comes_at_the_end(returned: str) -> None:
    broken, fixed = broken_and_fixed(FASTAPI + DRAIN + f"    return {returned}\n", fixed=FASTAPI_FIXED)
    assert broken.buffered
    assert fixed.streamed
    assert fixed.smooth


@repeated
def test_the_text_of_a_chat_that_has_just_started_is_empty() -> None:
    head = FASTAPI.replace("index.as_query_engine(streaming=True).query(q)", "chat_engine.stream_chat(q)")
    broken, fixed = broken_and_fixed(
        head + '    return {"answer": response.response}\n',
        fixed=head + '    return StreamingResponse(response.response_gen, media_type="text/plain")\n',
    )
    assert broken.body == '{"answer":""}'
    assert fixed.streamed


@pytest.mark.parametrize("server", ["werkzeug", "gunicorn"])
@repeated
def test_jsonify_in_a_flask_view_comes_at_the_end(server: str) -> None:
    code = FLASK + DRAIN + "    return jsonify(answer=text)\n"
    broken, fixed = broken_and_fixed(code, fixed=FLASK_FIXED, framework="flask", server=server)
    assert broken.buffered
    assert fixed.streamed
