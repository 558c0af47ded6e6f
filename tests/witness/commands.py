"""Starts real servers by the commands of a file, and stops them as Docker does: a signal to the first process, then by force."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streamlint import config, rule, run
from streamlint.fix import Level

from .client import PATIENCE, Answer, Request, connect, fetch

PROGRAMS = ("daphne", "gunicorn", "hypercorn", "uvicorn")
ENDED = b"end"


@dataclass(frozen=True)
class Running:
    """A server that answers; `first` is the process that is told to stop."""

    port: int
    first: subprocess.Popen[bytes]
    log: Path

    def ask(self, path: str, *, stop_after: float | None = None, grace: float = PATIENCE) -> Answer:
        """What a client receives; the server is told to stop some seconds after the request, and killed after its grace."""
        timers = []
        if stop_after is not None:
            timers = [threading.Timer(stop_after, self.stop), threading.Timer(stop_after + grace, self.kill)]
        for timer in timers:
            timer.start()
        try:
            return fetch(self.port, Request(path))
        finally:
            for timer in timers:
                timer.cancel()

    def stop(self) -> None:
        self.first.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End all its processes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.first.pid, signal.SIGKILL)

    @property
    def listens(self) -> bool:
        try:
            connect(self.port).close()
        except OSError:
            return False
        return True


@contextmanager
def started(command: str, folder: Path, port: int, files: dict[str, str]) -> Iterator[Running]:
    """A command in a folder with these files, once it answers; its programs are those of this Python."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(_runnable(text) if name.endswith(".sh") else text)
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            shlex.split(_runnable(command)),
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONWARNINGS": "default"},
            start_new_session=True,
        )
        running = Running(port, process, log)
        try:
            _await(running)
            yield running
        finally:
            running.kill()
            process.wait(PATIENCE)


def repaired(files: dict[str, str], folder: Path, code: str) -> dict[str, str]:
    """The files after `--fix --unsafe-fixes` of one rule, of which at least one is another then."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    selection = config.Selection().override(rule.codes(), select=(code,))
    request = run.Request((folder,), config.Config(folder), selection, level=Level.UNSAFE, fix=True, root=folder)
    texts = {change.after.path.name: change.after.text for change in run.run(request).changes}
    assert texts, f"{code} repaired nothing in {files}"
    return {**files, **texts}


def _runnable(text: str) -> str:
    for program in PROGRAMS:
        text = text.replace(f"{program} ", f"{sys.executable} -m {program} ")
    return text


def _await(running: Running) -> None:
    """Ask for anything until somebody answers, with whatever status."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and running.first.poll() is None:
        with contextlib.suppress(OSError):
            if fetch(running.port, Request("/heartbeat")).status:
                return
        time.sleep(0.05)
    raise AssertionError(f"no server: {running.log.read_text(errors='replace')}")
