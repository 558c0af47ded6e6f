"""Starts and stops a real server on a free loopback port for a given source text."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from . import client
from .hosting import FRAMEWORKS, MODULE, Hosting
from .pace import Pace, TokenLog


class ServerFailed(Exception):
    """The code under test did not become a server; the text is what it printed."""


@dataclass(frozen=True)
class RunningServer:
    """A server that answers."""

    port: int
    folder: Path

    @property
    def log(self) -> str:
        """What the server and the application printed until now."""
        path = self.folder / "server.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    @property
    def produced(self) -> TokenLog:
        """The tokens that the model of this server produced until now."""
        return TokenLog(self.folder / "tokens")


class _Zygote:
    """The process that forks the servers; it imports LlamaIndex once for all of them."""

    def __init__(self) -> None:
        top = Path(__file__).parents[__package__.count(".") + 1]
        path = os.pathsep.join([str(top), *filter(None, [os.environ.get("PYTHONPATH")])])
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
            text=True,
        )
        atexit.register(self.close)

    def ask(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise ServerFailed("the process that forks the servers ended")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ServerFailed(answer["error"])
        return answer

    def close(self) -> None:
        """End the process, and with it every server that is left."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


_zygote = cache(_Zygote)


@contextmanager
def running(
    code: str,
    *,
    framework: str = "fastapi",
    server: str = "",
    files: Mapping[str, str] | None = None,
    pace: Pace | None = None,
    options: Mapping[str, Any] | None = None,
) -> Iterator[RunningServer]:
    """Run `code` as the module `application` under a server, beside the other `files` (path: text), until the block ends.

    `server` is a name of `hosting.SERVERS`; without one it is the usual server of the framework. `options` go to the server.
    """
    with tempfile.TemporaryDirectory(prefix="witness-") as name:
        folder = Path(name)
        for path, text in {f"{MODULE}.py": code, **(files or {})}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        hosting = Hosting(name, framework, server or FRAMEWORKS[framework].server, dict(options or {}))
        started = _zygote().ask({"start": {"hosting": asdict(hosting), "pace": asdict(pace or Pace())}})
        try:
            running_server = RunningServer(started["port"], folder)
            _await_ready(running_server)
            yield running_server
        finally:
            _zygote().ask({"stop": started["process"]})


def _await_ready(server: RunningServer) -> None:
    """Ask for one heartbeat: the listening socket exists, so the request waits until the server takes it."""
    try:
        answer = client.fetch(server.port, client.Request("/heartbeat"))
    except OSError as error:
        raise ServerFailed(f"{error}\n{server.log}") from error
    if answer.status != 200:
        raise ServerFailed(f"status {answer.status}\n{server.log}")
