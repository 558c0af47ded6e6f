"""The example behind real nginx and gunicorn: the six ways in which its stream fails, and the stream after the repairs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import real_nginx
from tests.deployed_example import copied, repaired

from .client import Answer, Request, fetch
from .measure import repeated
from .model_server import model_url

OLD = real_nginx.old()
BINARIES = [
    pytest.param(real_nginx.new(), "proxy_http_version 1.0; ", id="new"),
    pytest.param(
        OLD,
        "",
        id="old",
        marks=pytest.mark.skipif(OLD is None, reason="no nginx before 1.29.7 is installed (apt-get install nginx)"),
    ),
]
WORDS = tuple(f"tok{number} " for number in range(6))
WHOLE = "".join(WORDS)
PATIENCE = 60.0
WORKER = "uvicorn_worker.UvicornH11Worker"
"""What uvicorn's worker is where httptools is not installed, as the example's requirements have it."""


@dataclass
class Speech:
    """How the model speaks: seconds before the first token and between two, and after how many it breaks off."""

    before: float = 0.0
    gap: float = 0.1
    breaks_after: int | None = None


SPEECH = Speech()


def _tokens() -> Iterator[str]:
    time.sleep(SPEECH.before)
    for number, word in enumerate(WORDS):
        if number == SPEECH.breaks_after:
            raise BrokenPipeError("the model is gone")
        yield word
        time.sleep(SPEECH.gap)


@dataclass(frozen=True)
class Deployed:
    """The example as it runs: nginx, and gunicorn's first process behind it."""

    port: int
    server: subprocess.Popen[bytes]

    def answer(self, speech: Speech) -> Answer:
        vars(SPEECH).update(vars(speech))
        return fetch(self.port, Request("/api/chat?q=holidays"))


@contextmanager
def deployed(folder: Path, binary: Path) -> Iterator[Deployed]:
    """The files of a folder with other addresses, until the block ends."""
    inner, outer = real_nginx.free_port(), real_nginx.free_port()
    command = [sys.executable, "-m", "gunicorn", "application:app", "--bind", f"127.0.0.1:{inner}", "-k", WORKER]
    site = (folder / "nginx" / "chat.conf").read_text("utf-8")
    site = site.replace("server api:8000;", f"server 127.0.0.1:{inner};").replace("listen 80;", f"listen {outer};")
    with (folder / "output").open("w") as output:
        environment = os.environ | {"OLLAMA_HOST": model_url(_tokens)}
        server = subprocess.Popen(command, cwd=folder / "backend", env=environment, stdout=output, stderr=output)
        try:
            _await(inner, server, folder)
            with real_nginx.running(site, folder / "run", outer, binary):
                yield Deployed(outer, server)
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(PATIENCE)


def _await(port: int, server: subprocess.Popen[bytes], folder: Path) -> None:
    started = time.monotonic()
    while server.poll() is None and time.monotonic() - started < PATIENCE:
        try:
            if fetch(port, Request("/openapi.json")).status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"gunicorn does not answer: {(folder / 'output').read_text()}")


def broken(folder: Path, old_default: str, changes: Mapping[str, str] | None = None) -> Path:
    """The example with some of its limits made shorter, and HTTP/1.0 where nginx does not speak it by itself any more."""
    spoken = {"proxy_pass http://api/;": f"{old_default}proxy_pass http://api/;"}
    return copied(folder, {**spoken, **(changes or {})})


@pytest.mark.slow
@pytest.mark.parametrize(("binary", "old_default"), BINARIES)
@repeated
def test_what_nginx_does(binary: Path, old_default: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    tmp_path = tmp_path_factory.mktemp("app")
    changes = {"proxy_read_timeout 30s;": "proxy_read_timeout 1s;"}
    with deployed(broken(tmp_path / "broken", old_default, changes), binary) as app:
        held, silent = app.answer(Speech(gap=0.2)), app.answer(Speech(gap=1.8))
        masked = app.answer(Speech(breaks_after=3))
    assert held.complete and held.body.decode() == WHOLE and held.first > 0.8 * held.total
    assert not silent.complete and len(silent.body) < len(WHOLE)
    assert masked.complete and masked.body.decode() == "".join(WORDS[:3])

    with deployed(repaired(broken(tmp_path / "repaired", old_default, changes)), binary) as app:
        held, silent = app.answer(Speech(gap=0.2)), app.answer(Speech(gap=1.8))
        masked = app.answer(Speech(breaks_after=3))
    assert held.complete and held.body.decode() == WHOLE and held.first < 0.5 * held.total
    assert silent.complete and silent.body.decode() == WHOLE
    assert not masked.complete and masked.body.decode() == "".join(WORDS[:3])


@pytest.mark.slow
@repeated
def test_what_the_application_and_its_server_do(tmp_path_factory: pytest.TempPathFactory) -> None:
    tmp_path, binary = tmp_path_factory.mktemp("app"), real_nginx.new()
    limits = {
        "AsyncClient(timeout=10)": "AsyncClient(timeout=0.5)",
        "graceful_timeout = 5": "graceful_timeout = 1",
    }
    with deployed(broken(tmp_path / "broken", "", limits), binary) as app:
        slow = app.answer(Speech(before=1.0))
        stopped = _stopped(app)
    assert not slow.complete and slow.body == b""
    assert not stopped.complete and len(stopped.body) < len(WHOLE)
    with deployed(broken(tmp_path / "short", "", {"timeout=45": "timeout=1"}), binary) as app:
        long = app.answer(Speech(gap=0.4))
    assert not long.complete and 0 < len(long.body) < len(WHOLE)

    with deployed(repaired(broken(tmp_path / "repaired", "", limits)), binary) as app:
        slow, long = app.answer(Speech(before=1.0)), app.answer(Speech(gap=0.4))
        stopped = _stopped(app)
    for answer in (slow, long, stopped):
        assert answer.complete and answer.body.decode() == WHOLE


def _stopped(app: Deployed) -> Answer:
    """What a reader sees whose answer has begun when the server is told to stop."""
    told = threading.Timer(0.8, app.server.send_signal, (signal.SIGTERM,))
    told.start()
    return app.answer(Speech(gap=0.6))
