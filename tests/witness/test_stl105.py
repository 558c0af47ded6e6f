"""STL105 stream-object-returned: bodies that no server can send."""

from __future__ import annotations

import pytest

from .client import Request, fetch
from .measure import broken_and_fixed, measure, repeated
from .releases import install, serving

HEAD = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
"""
SYNC = HEAD + "def chat(q: str):\n    response = index.as_query_engine(streaming=True).query(q)\n"
ASYNC = HEAD + "async def chat(q: str):\n    response = await index.as_query_engine(streaming=True).aquery(q)\n"
GENERATOR = """
    def stream():
        for chunk in llm.stream_complete(q):
            yield chunk

"""
EMPTY = [
    SYNC + '    return StreamingResponse(response, media_type="text/plain")\n',
    ASYNC + '    return StreamingResponse(response, media_type="text/plain")\n',
    ASYNC + '    return StreamingResponse(response.async_response_gen, media_type="text/plain")\n',
    HEAD
    + "async def chat(q: str):\n"
    + '    return StreamingResponse(index.as_query_engine(streaming=True).aquery(q), media_type="text/plain")\n',
]


@pytest.mark.parametrize("code", EMPTY, ids=["object", "async-object", "method", "coroutine"])
@repeated
def test_the_client_gets_an_empty_body(code: str) -> None:
    broken, fixed = broken_and_fixed(code, select=("STL105",))
    assert broken.body == ""
    assert not broken.complete
    assert fixed.streamed
    assert fixed.smooth


@repeated
def test_chunk_objects_break_the_response_off() -> None:
    imports = "from llama_index.core import Settings\n"
    code = imports + HEAD + "def chat(q: str):\n    llm = Settings.llm\n" + GENERATOR
    broken, fixed = broken_and_fixed(
        code + '    return StreamingResponse(stream(), media_type="text/plain")\n', select=("STL105",)
    )
    assert broken.body == ""
    assert not broken.complete
    assert fixed.streamed


@repeated
def test_a_returned_generator_is_drained_on_the_event_loop() -> None:
    broken, fixed = broken_and_fixed(SYNC + "    return response.response_gen\n", select=("STL105",))
    assert broken.buffered
    assert broken.held
    assert fixed.streamed
    assert fixed.smooth


def test_a_returned_stream_object_is_an_error() -> None:
    broken = measure(SYNC + "    return response\n")
    assert broken.status == 500


@repeated
def test_a_flask_view_that_sends_the_object() -> None:
    code = """
from flask import Flask, Response, request

app = Flask(__name__)


@app.get("/chat")
def chat():
    response = index.as_query_engine(streaming=True).query(request.args["q"])
    return Response(response, mimetype="text/plain")
"""
    broken, fixed = broken_and_fixed(code, select=("STL105",), framework="flask")
    assert "tok1" not in broken.body
    assert fixed.streamed


YIELDING = """
import time

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

app = FastAPI()


@app.get("/sync")
def tokens():
    for number in range(20):
        time.sleep(0.03)
        yield f"tok{number} "


@app.get("/async")
async def atokens():
    yield "tok"


app.get("/text", response_class=PlainTextResponse)(tokens)
app.get("/atext", response_class=PlainTextResponse)(atokens)
"""
BORDERS = [("fastapi==0.133.1", "starlette==0.52.1", False), ("fastapi==0.134.0", "starlette==0.52.1", True)]


@pytest.mark.slow
@pytest.mark.parametrize(("fastapi", "starlette", "streams"), BORDERS, ids=[row[0] for row in BORDERS])
@repeated
def test_releases_of_fastapi_that_cannot_send_a_path_operation_with_yield(
    fastapi: str, starlette: str, streams: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with serving(install(tmp_path_factory.mktemp("old"), fastapi, starlette), YIELDING) as port:
        asked = {name: fetch(port, Request(f"/{name}")) for name in ("sync", "async", "text", "atext")}
    assert asked["text"].status == asked["atext"].status == 500
    assert asked["async"].status == (200 if streams else 500)
    assert (asked["sync"].arrivals >= 15) is streams
    assert asked["sync"].body.startswith(b"[") is not streams


@repeated
def test_plain_text_cannot_be_yielded() -> None:
    head = HEAD.replace("StreamingResponse", "PlainTextResponse")
    code = head.replace('"/chat"', '"/chat", response_class=PlainTextResponse')
    broken = measure(
        code + "def chat(q: str):\n    yield from index.as_query_engine(streaming=True).query(q).response_gen\n"
    )
    assert broken.status == 500
