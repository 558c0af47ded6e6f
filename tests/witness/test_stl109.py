"""STL109 unframed-sse: what an event parser makes of the body."""

from __future__ import annotations

import json

import pytest

from .measure import broken_and_fixed, repeated

FASTAPI = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from sse_starlette.sse import EventSourceResponse

app = FastAPI()


@app.get("/chat")
def chat(q: str):
    response = index.as_query_engine(streaming=True).query(q)

    def events():
        for token in response.response_gen:
            yield {0}

    return {1}
"""
FLASK = """
from flask import Flask, Response, request

app = Flask(__name__)


@app.get("/chat")
def chat():
    response = index.as_query_engine(streaming=True).query(request.args["q"])

    def events():
        for token in response.response_gen:
            yield token

    return Response(events(), mimetype="text/event-stream")
"""
PLAIN = 'StreamingResponse(events(), media_type="text/event-stream")'


def events(body: str) -> list[str]:
    """The data of the events in a body, as https://html.spec.whatwg.org/multipage/server-sent-events.html reads them."""
    found, data = [], []
    for line in body.replace("\r\n", "\n").split("\n"):
        name, _, value = line.partition(":")
        if not line and data:
            found.append("\n".join(data))
            data = []
        elif name == "data":
            data.append(value.removeprefix(" "))
    return found


@pytest.mark.parametrize("item", ["token", 'f"data: {token}\\n"'])
@repeated
def test_no_event_reaches_the_client(item: str) -> None:
    broken, fixed = broken_and_fixed(FASTAPI.format(item, PLAIN), select=("STL109",))
    assert broken.streamed
    assert len(events(broken.body)) <= 1
    assert fixed.streamed
    tokens = [json.loads(event) if item == "token" else event for event in events(fixed.body)]
    assert tokens == [f"tok{number} " for number in range(20)]


@repeated
def test_flask_sends_no_event_either() -> None:
    broken, fixed = broken_and_fixed(FLASK, select=("STL109",), framework="flask")
    assert broken.streamed
    assert events(broken.body) == []
    assert fixed.streamed
    assert len(events(fixed.body)) == 20


@repeated
def test_events_that_are_framed_twice_hold_the_frame_as_text() -> None:
    code = FASTAPI.format('f"data: {token}\\n\\n"', "EventSourceResponse(events())")
    broken, fixed = broken_and_fixed(code, select=("STL109",))
    assert all(event.startswith("data: tok") for event in events(broken.body))
    assert [event.strip() for event in events(fixed.body)] == [f"tok{number}" for number in range(20)]
