"""A process that has imported what servers need, and forks one server after another: `python -m witness.zygote`.

It reads one JSON command per line and answers with one line. When its standard input ends, all servers end with it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import threading
import traceback
import warnings
from pathlib import Path
from typing import Any, NoReturn

from . import engine
from .hosting import Hosting, host
from .pace import Pace, TokenLog


def main() -> None:
    """Serve commands: `{"start": {...}}` answers with process and port, `{"stop": process}` with the process."""
    warnings.filterwarnings(
        "ignore", "This process .* is multi-threaded", DeprecationWarning
    )  # OpenBLAS, which heeds forks
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    engine.names()
    lifeline = os.pipe()
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = stop(command["stop"]) if "stop" in command else start(command["start"], lifeline)
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


def start(command: dict[str, Any], lifeline: tuple[int, int]) -> dict[str, Any]:
    """Fork a server that listens on a free loopback port; connections wait in its queue until it is ready."""
    hosting = Hosting(**command["hosting"])
    for module in hosting.preload:
        importlib.import_module(module)
    gc.freeze()  # what is imported stays; Streamlit collects after each run, for a second if it must copy these pages
    listener = listen()
    process = os.fork()
    if process == 0:
        os.close(lifeline[1])
        serve(hosting, listener, Pace(**command["pace"]), lifeline[0])
    port = listener.getsockname()[1]
    listener.close()
    return {"process": process, "port": port}


def listen() -> socket.socket:
    """A listening socket that names TCP: asyncio turns Nagle's algorithm off for no other, and a heartbeat then takes 40 ms."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener


def stop(process: int) -> dict[str, Any]:
    """Kill a server with all its workers, and wait until it is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return {"process": process}


def serve(hosting: Hosting, listener: socket.socket, pace: Pace, lifeline: int) -> NoReturn:
    """Be a server until the end of this process; everything that is printed goes to the log."""
    os.setpgid(0, 0)
    log = os.open(Path(hosting.folder, "server.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, target)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    code = 0
    try:
        engine.configure(pace, TokenLog(Path(hosting.folder, "tokens")))
        host(hosting, listener)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _end_with(lifeline: int) -> None:
    """Wait until the zygote, which alone holds the other end, is gone."""
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
