"""The example application runs, is found guilty where it is broken, and nowhere else."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import streamlint

FOLDER = Path(__file__).parent.parent / "examples" / "chat_app"


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[FastAPI]:
    monkeypatch.syspath_prepend(str(FOLDER))
    yield importlib.import_module("app.main").app
    for name in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    "path",
    [
        *(f"/broken/{name}" for name in ("chat", "joined", "printed", "helped", "replayed", "sources", "small-talk")),
        *(f"/broken/{name}" for name in ("events", "ask", "slow-start")),
        *(f"/correct/{name}" for name in ("chat", "chat-async", "events", "events-in-a-thread", "ask")),
    ],
)
def test_every_route_answers(app: FastAPI, path: str) -> None:
    question = "holidays"
    answer = TestClient(app).get(path, params={"q": question})
    assert answer.status_code == 200
    assert question in answer.text


def test_the_socket_answers(app: FastAPI) -> None:
    with TestClient(app).websocket_connect("/correct/socket") as socket:
        socket.send_text("holidays")
        assert socket.receive_text()


def test_findings_stand_where_it_is_broken() -> None:
    found = {(finding.path.name, finding.code) for finding in streamlint.lint([FOLDER])}
    assert {name for name, _ in found} <= {"broken.py", "background.py"}
    assert {code for name, code in found if name == "broken.py"} >= {"STL101", "STL102", "STL104", "STL202"}
    assert {code for name, code in found if name == "background.py"} >= {"STL201", "STL203"}
