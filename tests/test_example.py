"""The example application runs, is found guilty where it is broken, and nowhere else."""

from __future__ import annotations

import importlib
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import streamlint
from streamlint.config import Config, Selection
from streamlint.fix import Level
from streamlint.reporters import statistics
from streamlint.reporters.style import Style
from streamlint.run import Request, run
from tests.test_repairs_run import Seen

FOLDER = Path(__file__).parent.parent / "examples" / "chat_app"


_NODE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Nodes are numbered anew whenever the index is built."""
BROKEN = ("chat", "joined", "printed", "helped", "replayed", "sources", "small-talk", "events", "ask", "slow-start")


@contextmanager
def imported(folder: Path) -> Iterator[FastAPI]:
    """The application of a folder, for as long as the block runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield importlib.import_module("app.main").app
        for name in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
            del sys.modules[name]


@pytest.fixture
def app() -> Iterator[FastAPI]:
    with imported(FOLDER) as application:
        yield application


@pytest.mark.parametrize(
    "path",
    [
        *(f"/broken/{name}" for name in BROKEN),
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


def test_the_documented_numbers_are_those_of_the_example() -> None:
    outcome = run(Request((FOLDER,), Config(root=FOLDER), Selection()))
    told = (FOLDER.parent.parent / "docs" / "adopting.md").read_text(encoding="utf-8")
    assert f"$ streamlint --statistics examples/chat_app\n{statistics.render(outcome, Style())}```" in told


def answers(folder: Path) -> dict[str, tuple[int, list[str]]]:
    """The status and the words of each broken route, whatever wraps them; which page comes first differs from index to index."""
    with imported(folder) as application:
        given = {name: TestClient(application).get(f"/broken/{name}", params={"q": "holidays"}) for name in BROKEN}
        seen = {n: Seen(one.status_code, one.headers["content-type"], one.text, "") for n, one in given.items()}
        return {
            name: (one.status, sorted(re.findall(r"\w+", _NODE.sub("node", one.answered()))))
            for name, one in seen.items()
        }


@pytest.mark.parametrize("level", [Level.SAFE, Level.RESPONSE, Level.UNSAFE])
def test_the_repaired_example_says_the_same(level: Level, tmp_path: Path) -> None:
    repaired = tmp_path / "chat_app"
    shutil.copytree(FOLDER, repaired)
    outcome = run(Request((repaired,), Config(root=repaired), Selection(select=("STL",)), level, True, root=repaired))
    for change in outcome.changes:
        change.before.path.write_bytes(change.after.encode(change.after.text))
    assert outcome.changes
    assert answers(repaired) == answers(FOLDER)
