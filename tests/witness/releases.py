"""Runs an application under older releases of its packages: installed beside, and found before those of the environment."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PATIENCE = 30.0


def install(folder: Path, *requirements: str) -> Path:
    """These requirements, without what they depend on, in a folder of their own."""
    command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*command, "--target", str(folder / "packages"), *requirements], check=True, timeout=300)
    return folder


@contextmanager
def serving(folder: Path, code: str) -> Iterator[int]:
    """The port of a uvicorn that runs `code` with the packages of `folder`, until the block ends."""
    (folder / "application.py").write_text(code, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder / "packages"), str(folder)])}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        descriptor = listener.fileno()
        command = [sys.executable, "-m", "uvicorn", "application:app", "--fd", str(descriptor), "--log-level", "error"]
        process = subprocess.Popen(command, cwd=folder, env=environment, pass_fds=[descriptor])
        try:
            _wait(listener.getsockname()[1])
            yield int(listener.getsockname()[1])
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def _wait(port: int) -> None:
    """The listening socket exists already, so that one request waits until the server takes it."""
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE) as connection:
        connection.sendall(b"GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert connection.recv(1), f"no server after {time.monotonic() - started} s"
