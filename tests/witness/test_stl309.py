"""STL309 shared-chat-engine: what one user wrote is part of the next user's conversation."""

from __future__ import annotations

import pytest

from . import client
from .server import running

SHARED = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()
chat_engine = index.as_chat_engine(chat_mode="context")


@app.get("/chat")
def chat(q: str):
    before = [message.content for message in chat_engine.chat_history]
    response = chat_engine.stream_chat(q)

    def stream():
        yield f"{before} "
        yield from response.response_gen

    return StreamingResponse(stream(), media_type="text/plain")
"""
MADE = 'chat_engine = index.as_chat_engine(chat_mode="context")\n'
OWN = SHARED.replace(MADE, "").replace("    before =", f"    {MADE}    before =")


def second_answer(code: str) -> str:
    """What the second of two users gets."""
    with running(code) as server:
        client.fetch(server.port, client.Request("/chat?q=my-secret"))
        return client.fetch(server.port, client.Request("/chat?q=hello")).body.decode()


@pytest.mark.parametrize(("code", "mixed"), [(SHARED, True), (OWN, False)])
def test_histories_of_users_mix(code: str, mixed: bool) -> None:
    answer = second_answer(code)
    assert "tok19" in answer
    assert ("my-secret" in answer) is mixed
