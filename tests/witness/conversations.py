"""How clients talk to applications that do not answer one plain HTTP request: WebSockets, Streamlit, Gradio."""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed, ConnectionClosedOK
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from .client import PATIENCE, Answer, Request, fetch

Conversation = Callable[[int, str, float, float | None], Answer]
"""Asks the server at a port for a path, with patience for a silence, and leaves after a time if one is given."""


class _Ear:
    """Notes when messages came over a WebSocket, and why no more of them did."""

    def __init__(self, connection: ClientConnection, patience: float, leave_at: float | None) -> None:
        self._connection = connection
        self._patience = patience
        self._leave_at = leave_at
        self._started = time.monotonic()
        self.times: list[float] = []
        self.left: float | None = None
        self.hung = self.closed_well = False

    def messages(self) -> Iterator[str | bytes]:
        """Every message, until the server closes, the client leaves, or its patience ends."""
        while True:
            wait = self._patience if self._leave_at is None else self._leave_at - self.now
            try:
                yield self._connection.recv(timeout=max(wait, 0.001))
            except TimeoutError:
                self.hung = self._leave_at is None
                self.left = None if self.hung else time.monotonic()
                return
            except ConnectionClosed as closed:
                self.closed_well = isinstance(closed, ConnectionClosedOK)
                return

    @property
    def now(self) -> float:
        """Seconds since the connection was made."""
        return time.monotonic() - self._started

    def answer(self, body: str, times: list[float], complete: bool) -> Answer:
        """What was heard until now."""
        return Answer(101, {}, body.encode(), complete, tuple(times), self.now, self.left, self.hung)


def plain(request: Request) -> Conversation:
    """Send one HTTP request and read its answer."""

    def converse(port: int, path: str, patience: float, leave_at: float | None) -> Answer:
        return fetch(port, request, patience=patience, leave_at=leave_at)

    return converse


def talk(send: str, expect: int) -> Conversation:
    """Send one WebSocket message and listen until `expect` messages came or the server closed well; both are complete."""

    def converse(port: int, path: str, patience: float, leave_at: float | None) -> Answer:
        with connect(f"ws://127.0.0.1:{port}{path}", open_timeout=PATIENCE, compression=None) as connection:
            connection.send(send)
            ear = _Ear(connection, patience, leave_at)
            received: list[str] = []
            times: list[float] = []
            for message in ear.messages():
                received.append(str(message))
                times.append(ear.now)
                if len(received) == expect:
                    break
            return ear.answer("".join(received), times, ear.closed_well or len(received) == expect)

    return converse


def streamlit(port: int, path: str, patience: float, leave_at: float | None) -> Answer:
    """Open the page as a browser does, run its script, and read its elements until the script has finished.

    The arrivals are the updates of text; the body is the last text of each element, one per line. The server collects garbage
    before it sends the last update, which shows as a stall.
    """
    protocol: Any = importlib.import_module("streamlit.proto.BackMsg_pb2")
    forward: Any = importlib.import_module("streamlit.proto.ForwardMsg_pb2")
    run = protocol.BackMsg()
    run.rerun_script.query_string = urlsplit(path).query
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    with connect(address, open_timeout=PATIENCE, subprotocols=[Subprotocol("streamlit")]) as connection:
        connection.send(run.SerializeToString())
        ear = _Ear(connection, patience, leave_at)
        texts: dict[tuple[int, ...], str] = {}
        times: list[float] = []
        finished = False
        for message in ear.messages():
            received = forward.ForwardMsg.FromString(message)
            kind = received.WhichOneof("type")
            if kind == "delta" and (text := _text(received.delta.new_element)):
                texts[tuple(received.metadata.delta_path)] = text
                times.append(ear.now)
            if kind == "script_finished":
                finished = True
                break
        return ear.answer("\n".join(texts.values()), times, finished)


def _text(element: Any) -> str:
    kind = element.WhichOneof("type")
    return str(getattr(getattr(element, kind), "body", "")) if kind else ""


def gradio(port: int, path: str, patience: float, leave_at: float | None) -> Answer:
    """Call the function that the path names with the `q` of its query, and read its events; the body are all of them."""
    parts = urlsplit(path)
    call = f"/gradio_api/call{parts.path}"
    body = json.dumps({"data": parse_qs(parts.query)["q"]}).encode()
    event = fetch(port, Request(call, "POST", body, (("Content-Type", "application/json"),)))
    identity = json.loads(event.body)["event_id"]
    return fetch(port, Request(f"{call}/{identity}"), patience=patience, leave_at=leave_at)


OF_FRAMEWORK: dict[str, Conversation] = {"streamlit": streamlit, "gradio": gradio}
"""The conversations of frameworks that have one of their own."""
COLD = frozenset({"streamlit"})
"""Frameworks whose first run imports for as long as a stream takes; what counts is the second one."""
