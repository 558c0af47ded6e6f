"""STL510 to STL519: the real servers before a real stream: each broken command, and what streamlint makes of it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests import real_nginx

from .client import Answer
from .commands import ENDED, repaired, started
from .measure import repeated

ASGI = """
import asyncio
import time

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/heartbeat")
async def heartbeat():
    return "beat"


@app.get("/chat")
async def chat(tokens: int, gap: float):
    async def stream():
        for number in range(tokens):
            yield f"tok{number} "
            await asyncio.sleep(gap)
        yield "end"

    return StreamingResponse(stream(), media_type="text/plain")


@app.get("/held")
async def held(tokens: int, gap: float):
    async def stream():
        for number in range(tokens):
            yield f"tok{number} "
            time.sleep(gap)
        yield "end"

    return StreamingResponse(stream(), media_type="text/plain")
"""
WSGI = """
import time

from flask import Flask, Response, request

app = Flask(__name__)


@app.get("/heartbeat")
def heartbeat():
    return "beat"


@app.get("/chat")
def chat():
    tokens, gap = int(request.args["tokens"]), float(request.args["gap"])

    def stream():
        for number in range(tokens):
            yield f"tok{number} "
            time.sleep(gap)
        yield "end"

    return Response(stream(), mimetype="text/plain")
"""
LINTED_ASGI = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core import VectorStoreIndex

app = FastAPI()
engine = VectorStoreIndex([]).as_query_engine(streaming=True)


@app.get("/chat")
def chat(q: str):
    return StreamingResponse(engine.query(q).response_gen, media_type="text/plain")
"""
LINTED_WSGI = """
from flask import Flask, Response
from llama_index.core import VectorStoreIndex

app = Flask(__name__)
engine = VectorStoreIndex([]).as_query_engine(streaming=True)


@app.get("/chat")
def chat():
    return Response(engine.query("q").response_gen, mimetype="text/plain")
"""
STREAM = "/chat?tokens=7&gap=0.3"
"""2.1 s."""


@dataclass(frozen=True)
class Seen:
    """What a client saw: how early the first token came, 1 with the last; whether HTTP says the answer is whole, and it is."""

    status: int
    first: float
    complete: bool
    ended: bool
    took: float

    @classmethod
    def of(cls, answer: Answer) -> Seen:
        whole = answer.body.endswith(ENDED)
        return cls(answer.status, answer.first / answer.total, answer.complete, whole, answer.total)

    @property
    def streamed(self) -> bool:
        return self.status == 200 and self.complete and self.ended and self.first < 0.5


class Commands:
    """A command before the application, and the one that a repair makes of it."""

    def __init__(self, folder: Path, command: str, code: str, *, wsgi: bool = False) -> None:
        self.folder, self.port = folder, real_nginx.free_port()
        self.application = WSGI if wsgi else ASGI
        self.broken = command.format(port=self.port)
        linted = {"application.py": LINTED_WSGI if wsgi else LINTED_ASGI, "Procfile": f"web: {self.broken}\n"}
        self.fixed = repaired(linted, folder / "linted", code)["Procfile"].removeprefix("web: ") if code else ""

    def ask(self, command: str, path: str = STREAM, *, stop_after: float | None = None) -> Seen:
        folder = self.folder / f"run{time.monotonic_ns()}"
        with started(command, folder, self.port, {"application.py": self.application}) as running:
            return Seen.of(running.ask(path, stop_after=stop_after))


@pytest.mark.slow
@repeated
def test_stl510_daphne_ends_a_stream_as_if_it_were_whole(tmp_path_factory: pytest.TempPathFactory) -> None:
    command = "daphne -b 127.0.0.1 -p {port} --http-timeout 1 application:app"
    commands = Commands(tmp_path_factory.mktemp("served"), command, "STL510")
    path = "/chat?tokens=13&gap=0.3"
    before, after = commands.ask(commands.broken, path), commands.ask(commands.fixed, path)
    assert before.complete and not before.ended
    assert after.streamed
    assert before.took < 0.9 * after.took


@repeated
def test_stl511_gunicorn_kills_a_sync_worker_with_its_stream(tmp_path_factory: pytest.TempPathFactory) -> None:
    command = "gunicorn application:app -b 127.0.0.1:{port} --timeout 1"
    commands = Commands(tmp_path_factory.mktemp("served"), command, "STL511", wsgi=True)
    path = "/chat?tokens=9&gap=0.3"
    before, after = commands.ask(commands.broken, path), commands.ask(commands.fixed, path)
    assert not before.complete and not before.ended
    assert after.streamed
    assert before.took < 0.9 * after.took
    assert commands.ask(f"{commands.broken} --threads 4").streamed


@repeated
def test_stl512_a_sync_worker_cannot_call_an_asgi_application(tmp_path_factory: pytest.TempPathFactory) -> None:
    command = "gunicorn application:app -b 127.0.0.1:{port}"
    commands = Commands(tmp_path_factory.mktemp("served"), command, "STL512")
    before, after = commands.ask(commands.broken), commands.ask(commands.fixed)
    assert before.status == 500
    assert after.streamed


@repeated
def test_stl513_a_held_loop_costs_the_worker(tmp_path_factory: pytest.TempPathFactory) -> None:
    command = "gunicorn -k uvicorn_worker.UvicornWorker application:app -b 127.0.0.1:{port} --timeout 1"
    commands = Commands(tmp_path_factory.mktemp("served"), command, "")
    before = commands.ask(commands.broken, "/held?tokens=2&gap=1.3")
    after = commands.ask(commands.broken, "/chat?tokens=2&gap=1.3")
    assert not before.ended
    assert after.streamed


@repeated
def test_stl514_the_old_name_of_the_worker_is_deprecated(tmp_path_factory: pytest.TempPathFactory) -> None:
    command = "gunicorn -k uvicorn.workers.UvicornWorker application:app -b 127.0.0.1:{port}"
    commands = Commands(tmp_path_factory.mktemp("served"), command, "STL514")
    logs = []
    for each in (commands.broken, commands.fixed):
        files = {"application.py": ASGI}
        with started(each, commands.folder / f"run{len(logs)}", commands.port, files) as running:
            assert Seen.of(running.ask("/chat?tokens=4&gap=0.1")).streamed
            logs.append(running.log.read_text())
    assert "uvicorn-worker" in logs[0]
    assert "uvicorn-worker" not in logs[1]


@repeated
def test_stl515_the_time_to_keep_a_connection_does_nothing_to_a_stream(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    command = "uvicorn application:app --port {port} --timeout-keep-alive 1"
    commands = Commands(tmp_path_factory.mktemp("served"), command, "")
    assert commands.ask(commands.broken, "/chat?tokens=2&gap=1.5").streamed


PATIENT = [
    ("hypercorn application:app -b 127.0.0.1:{port}", "/chat?tokens=14&gap=0.3"),
    ("uvicorn application:app --port {port} --timeout-graceful-shutdown 1", STREAM),
    ("gunicorn -k uvicorn_worker.UvicornWorker application:app -b 127.0.0.1:{port} --graceful-timeout 1", STREAM),
]


@pytest.mark.slow
@pytest.mark.parametrize(("command", "path"), PATIENT, ids=["hypercorn", "uvicorn", "gunicorn"])
@repeated
def test_stl516_a_restart_cuts_the_streams(command: str, path: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    commands = Commands(tmp_path_factory.mktemp("served"), command, "STL516")
    before = commands.ask(commands.broken, path, stop_after=0.4)
    after = commands.ask(commands.fixed, path, stop_after=0.4)
    assert not before.ended
    assert after.streamed
    assert before.took < 0.9 * after.took


@repeated
def test_stl516_daphne_cuts_at_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    command = "daphne -b 127.0.0.1 -p {port} application:app"
    commands = Commands(tmp_path_factory.mktemp("served"), command, "")
    cut = commands.ask(commands.broken, stop_after=0.4)
    assert not cut.ended
    assert cut.took < 0.5 * 2.1


@repeated
def test_stl517_a_container_is_killed_with_its_streams(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder, port = tmp_path_factory.mktemp("served"), real_nginx.free_port()
    lines = (
        "services:",
        "  api:",
        f"    command: uvicorn application:app --port {port}",
        "    stop_grace_period: 1s\n",
    )
    broken = {"application.py": LINTED_ASGI, "compose.prod.yaml": "\n".join(lines)}
    seen = []
    for files in (broken, repaired(broken, folder / "linted", "STL517")):
        service = yaml.safe_load(files["compose.prod.yaml"])["services"]["api"]
        grace = float(service["stop_grace_period"].removesuffix("s"))
        run = folder / f"run{len(seen)}"
        with started(service["command"], run, port, {"application.py": ASGI}) as running:
            seen.append(Seen.of(running.ask(STREAM, stop_after=0.4, grace=grace)))
    assert not seen[0].complete and not seen[0].ended
    assert seen[1].streamed


@repeated
def test_stl518_a_script_does_not_pass_on_that_it_is_told_to_stop(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder, port = tmp_path_factory.mktemp("served"), real_nginx.free_port()
    broken = {
        "application.py": LINTED_ASGI,
        "start.sh": f"#!/bin/sh\nset -e\nuvicorn application:app --port {port}\n",
        "Dockerfile": 'FROM python:3.12-slim\nCOPY . .\nCMD ["./start.sh"]\n',
    }
    hears = []
    for files in (broken, repaired(broken, folder / "linted", "STL518")):
        run = folder / f"run{len(hears)}"
        with started("sh start.sh", run, port, {**files, "application.py": ASGI}) as running:
            running.stop()
            time.sleep(1)
            hears.append(not running.listens)
    assert hears == [False, True]


@pytest.mark.slow
@repeated
def test_stl519_who_comes_while_files_change_waits_for_the_last_stream(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    command = "uvicorn application:app --port {port} --reload"
    commands = Commands(tmp_path_factory.mktemp("served"), command, "STL519")
    waits = []
    for each in (commands.broken, commands.fixed):
        folder = commands.folder / f"run{len(waits)}"
        with started(each, folder, commands.port, {"application.py": ASGI}) as running:
            stream = threading.Thread(target=running.ask, args=("/chat?tokens=8&gap=0.3",))
            stream.start()
            time.sleep(0.3)
            (folder / "application.py").write_text(f"{ASGI}\n# changed\n")
            time.sleep(0.8)
            waits.append(running.ask("/chat?tokens=2&gap=0.1").first)
            stream.join()
    assert waits[1] < 0.3 * waits[0]
