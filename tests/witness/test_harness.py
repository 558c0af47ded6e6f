"""The harness sees the truth: what streams, what is buffered, what holds the loop, and who goes on after the client left."""

from __future__ import annotations

import pytest

from .measure import measure, repeated
from .pace import Pace
from .server import ServerFailed, running

FASTAPI = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()

"""
STREAMS = (
    FASTAPI
    + """
@app.get("/chat")
def chat(q: str):
    response = index.as_query_engine(streaming=True).query(q)
    return StreamingResponse(response.response_gen, media_type="text/plain")
"""
)


@repeated
def test_correct_code_streams() -> None:
    measured = measure(STREAMS)
    assert measured.status == 200
    assert measured.streamed
    assert measured.smooth
    assert measured.first_token_ratio < 0.3
    assert measured.body == "".join(f"tok{number} " for number in range(20))
    assert measured.produced == 20


@repeated
def test_a_drained_stream_is_buffered() -> None:
    code = (
        FASTAPI
        + """
@app.get("/chat")
def chat(q: str):
    response = index.as_query_engine(streaming=True).query(q)
    return "".join(list(response.response_gen))
"""
    )
    measured = measure(code)
    assert measured.buffered
    assert not measured.streamed
    assert measured.smooth


@repeated
def test_a_held_loop_is_seen_by_the_heartbeat_alone() -> None:
    code = (
        FASTAPI
        + """
@app.get("/chat")
async def chat(q: str):
    response = await index.as_query_engine(streaming=True).aquery(q)

    async def stream():
        for token in llm.stream_complete(q):
            yield token.delta

    return StreamingResponse(stream(), media_type="text/plain")
"""
    )
    measured = measure(code)
    assert measured.streamed
    assert measured.held
    assert measure(code, heartbeat=False).stall == 0


@repeated
def test_a_model_without_async_methods_holds_the_loop_for_the_async_engine() -> None:
    code = (
        FASTAPI
        + """
@app.get("/chat")
async def chat(q: str):
    response = await index.as_query_engine(streaming=True).aquery(q)
    return StreamingResponse(response.async_response_gen(), media_type="text/plain")
"""
    )
    native, sync_only = measure(code), measure(code, pace=Pace(native=False))
    assert native.streamed
    assert native.smooth
    assert sync_only.stalled


@repeated
def test_tokens_are_counted_after_the_client_has_left() -> None:
    stops = (
        FASTAPI
        + """
@app.get("/chat")
async def chat(q: str):
    response = await index.as_query_engine(streaming=True).aquery(q)
    return StreamingResponse(response.async_response_gen(), media_type="text/plain")
"""
    )
    goes_on = (
        FASTAPI
        + """
@app.get("/chat")
def chat(q: str):
    response = index.as_chat_engine(chat_mode="context").stream_chat(q)
    return StreamingResponse(response.response_gen, media_type="text/plain")
"""
    )
    stopped, continued = measure(stops, leave_at=0.3), measure(goes_on, leave_at=0.3)
    assert stopped.tokens_after_leaving <= 2
    assert stopped.produced < 12
    assert not stopped.complete
    assert continued.produced == 20
    assert continued.tokens_after_leaving >= 10


def test_an_empty_body_that_breaks_off_is_incomplete() -> None:
    measured = measure(STREAMS.replace("response.response_gen,", "response,"))
    assert measured.status == 200
    assert not measured.body
    assert not measured.complete
    assert "not iterable" in measured.log


def test_a_server_that_hangs_is_told_from_a_slow_one() -> None:
    code = (
        FASTAPI
        + """
@app.get("/chat")
async def chat(q: str):
    response = await index.as_chat_engine(chat_mode="context").astream_chat(q)
    return "".join([token for token in response.response_gen])
"""
    )
    measured = measure(code, patience=2.0)
    assert measured.hung
    assert not measured.complete
    assert measured.held


@repeated
def test_websocket_messages_are_timed() -> None:
    code = (
        FASTAPI
        + """
from fastapi import WebSocket
from fastapi.concurrency import iterate_in_threadpool

@app.websocket("/ws")
async def chat(websocket: WebSocket):
    await websocket.accept()
    question = await websocket.receive_text()
    response = await index.as_query_engine(streaming=True).aquery(question)
    LOOP
        await websocket.send_text(token)
    await websocket.close()
"""
    )
    holds = code.replace("LOOP", "for token in (part.delta for part in llm.stream_complete(question)):")
    leaves = code.replace("LOOP", "async for token in response.async_response_gen():")
    held, free = (measure(variant, path="/ws", websocket=True) for variant in (holds, leaves))
    assert held.held
    assert free.streamed
    assert free.smooth


def test_the_body_and_the_headers_of_a_request_arrive() -> None:
    code = (
        FASTAPI
        + """
from fastapi import Request
from fastapi.responses import PlainTextResponse

@app.post("/echo")
async def echo(request: Request):
    return PlainTextResponse((await request.body()).decode() + request.headers["x-name"])
"""
    )
    measured = measure(code, path="/echo", method="POST", body=b"question ", headers={"X-Name": "me"})
    assert measured.body == "question me"


def test_code_that_cannot_be_imported_is_an_error_with_its_traceback() -> None:
    with pytest.raises(ServerFailed, match="no_such_package"), running("import no_such_package"):
        pass


def test_other_files_and_undefined_names_can_be_used() -> None:
    helper = "def ask(q):\n    return index.as_query_engine(streaming=True).query(q).response_gen\n"
    code = """
from fastapi.responses import StreamingResponse
from services.chat import ask

@app.get("/chat")
def chat(q: str):
    return StreamingResponse(ask(q))
"""
    assert measure(code, files={"services/chat.py": helper}).status == 200


@repeated
def test_workflows_and_agents_run() -> None:
    """An agent streams its events; one that is awaited first has them all ready; and it goes on for a client that has left."""
    streams = (
        FASTAPI
        + """
@app.get("/chat")
async def chat(q: str):
    handler = agent.run(q)

    async def stream():
        async for event in handler.stream_events():
            if delta := getattr(event, "delta", ""):
                yield delta
        await handler

    return StreamingResponse(stream(), media_type="text/plain")
"""
    )
    waits = streams.replace("handler = agent.run(q)", "handler = agent.run(q)\n    await handler")
    assert measure(streams).streamed
    assert measure(waits).first_token_ratio > 0.8
    assert measure(streams, leave_at=0.3).produced == 20
