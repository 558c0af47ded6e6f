"""What a client of a WebSocket receives, and what is saved, before and after the repair: both are run.

Each handler closes its socket, or fails. One that only returns leaves Starlette's test client waiting for ever (a server closes
the connection then), which would look like a repair that hangs.
"""

from __future__ import annotations

import json
import types
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketTestSession

from streamlint.fix import Level
from tests.llama_stand_ins import TOKENS, Broken, installed
from tests.test_repairs_run import lint

HEAD = """
from fastapi import FastAPI, WebSocket
from llama_index.core import VectorStoreIndex

app = FastAPI()
engine = VectorStoreIndex.from_documents([]).as_query_engine(streaming=True)
saves = []


@app.websocket("/ws")
async def talk(websocket: WebSocket):
    await websocket.accept()
    q = await websocket.receive_text()
"""
HANDLERS = {
    "a text that is saved": """
    response = await engine.aquery(q)
    text = ""
    async for token in response.async_response_gen():
        text += token
    await websocket.send_text(text)
    saves.append(text)
    await websocket.close()
""",
    "a comprehension": """
    response = await engine.aquery(q)
    tokens = [token async for token in response.async_response_gen()]
    await websocket.send_text("".join(tokens))
    await websocket.close()
""",
    "a message of JSON": """
    response = await engine.aquery(q)
    text = ""
    async for token in response.async_response_gen():
        text += token
    await websocket.send_json({"text": text})
    saves.append(len(text))
    await websocket.close()
""",
}


def ran(text: str, fails_at: int | None) -> tuple[list[str], list[object], bool]:
    """The messages, what was saved, and whether the handler failed."""
    module = types.ModuleType("application")
    received: list[str] = []
    with installed(fails_at):
        exec(compile(text, "application", "exec"), vars(module))
        try:
            with TestClient(module.app).websocket_connect("/ws") as socket:
                socket.send_text("first")
                _receive(socket, received)
        except Broken:
            return received, module.saves, True
    return received, module.saves, False


def _receive(socket: WebSocketTestSession, received: list[str]) -> None:
    while (message := socket.receive())["type"] == "websocket.send":
        text = message["text"]
        received.append(json.loads(text)["text"] if text.startswith("{") else text)


@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS.keys())
def test_each_token_is_a_message_and_the_rest_is_done_as_before(handler: str, tmp_path: Path) -> None:
    (tmp_path / "application.py").write_text(HEAD + handler.lstrip("\n"), "utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'written'\n", "utf-8")
    (change,) = lint(tmp_path, fix=True, level=Level.RESPONSE).changes
    before, after = ran(change.before.text, None), ran(change.after.text, None)
    assert (before[0], after[0]) == (["".join(TOKENS)], list(TOKENS))
    assert before[1:] == after[1:]
    assert ran(change.before.text, 2)[1:] == ran(change.after.text, 2)[1:] == ([], True)
