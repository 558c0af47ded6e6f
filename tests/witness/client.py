"""What a client on a real socket sees: when the bytes came, whether the body was whole, and who else had to wait."""

from __future__ import annotations

import contextlib
import math
import socket
import statistics
import threading
import time
from dataclasses import dataclass
from types import TracebackType

PATIENCE = 20.0
"""Seconds after which a silent server counts as hanging."""
APART = 0.004
"""Seconds between two receives that count as two arrivals; what is closer came out of one write."""
_BEAT = 0.01
_CALM_BEATS = 5


@dataclass(frozen=True)
class Answer:
    """One response as it came over the wire; times are seconds since the request was sent."""

    status: int
    headers: dict[str, str]
    body: bytes
    complete: bool
    times: tuple[float, ...]
    """When bytes of the body (or messages) came."""
    total: float
    left: float | None = None
    """When the client left, on the clock of `time.monotonic`."""
    hung: bool = False
    """Nothing came for longer than the client was ready to wait."""

    @property
    def first(self) -> float:
        """The time to the first byte of the body; the whole time if none came."""
        return self.times[0] if self.times else self.total

    @property
    def arrivals(self) -> int:
        """Groups of receives."""
        gaps = zip(self.times, self.times[1:], strict=False)
        return min(len(self.times), 1) + sum(later - earlier > APART for earlier, later in gaps)


@dataclass(frozen=True)
class Request:
    """What to ask for."""

    path: str
    method: str = "GET"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    def encode(self) -> bytes:
        """The bytes of this request, asking the server to keep the connection."""
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body or self.method not in {"GET", "HEAD"}:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + self.body


class _Reader:
    """Reads one response from a socket and notes when its body came."""

    def __init__(self, connection: socket.socket, started: float, patience: float, leave_at: float | None) -> None:
        self._connection = connection
        self._started = started
        self._patience = patience
        self._leave_at = leave_at
        self._pending = b""
        self._received_at = 0.0
        self.times: list[float] = []
        self.body = b""
        self.left: float | None = None
        self.hung = False

    def headers(self) -> tuple[int, dict[str, str]]:
        """The status and the headers; 0 and nothing if the server closed the connection before."""
        while b"\r\n\r\n" not in self._pending:
            if not self._receive():
                return 0, {}
        head, _, self._pending = self._pending.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return int(status.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}

    def chunked(self) -> bool:
        """Read a chunked body; whether its empty last chunk, which is no arrival, came."""
        while (line := self._line()) is not None:
            size = int(line.split(b";")[0], 16)
            while len(self._pending) < size and self._receive():
                pass
            self._take(size)
            if self._line() is None:
                return False
            if not size:
                return True
        return False

    def plain(self, size: float) -> bool:
        """Read a body of a known size, or with an infinite one up to the end of the connection; whether all of it came."""
        self._take(len(self._pending))
        while len(self.body) < size and self._receive():
            self._take(len(self._pending))
        return len(self.body) == size or (size == math.inf and self.left is None and not self.hung)

    def _take(self, size: int) -> None:
        """Move bytes that were received into the body."""
        content, self._pending = self._pending[:size], self._pending[size:]
        if content:
            self.times.append(self._received_at)
            self.body += content

    def _line(self) -> bytes | None:
        while b"\r\n" not in self._pending:
            if not self._receive():
                return None
        line, _, self._pending = self._pending.partition(b"\r\n")
        return line

    def _receive(self) -> bool:
        """Wait for more bytes; false when there are none any more, when it is time to leave, or when patience is at its end."""
        if self.left is not None or self.hung:
            return False
        leaving = self._leave_at is not None
        wait = self._started + self._leave_at - time.monotonic() if self._leave_at is not None else self._patience
        try:
            self._connection.settimeout(max(wait, 0.001))
            received = self._connection.recv(65536)
        except ConnectionError:
            return False
        except TimeoutError:
            self.left, self.hung = (time.monotonic() if leaving else None), not leaving
            return False
        self._received_at = time.monotonic() - self._started
        self._pending += received
        return bool(received)


def connect(port: int) -> socket.socket:
    """A connection to a local server, without the delays that the system adds to small packets."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def fetch(port: int, request: Request, *, patience: float = PATIENCE, leave_at: float | None = None) -> Answer:
    """Send a request and read the answer; `leave_at` closes the connection that many seconds after the request was sent."""
    with connect(port) as connection:
        return exchange(connection, request, patience=patience, leave_at=leave_at)


def exchange(
    connection: socket.socket, request: Request, *, patience: float = PATIENCE, leave_at: float | None = None
) -> Answer:
    """Send a request over an open connection and read the answer."""
    started = time.monotonic()
    reader = _Reader(connection, started, patience, leave_at)
    connection.sendall(request.encode())
    status, headers = reader.headers()
    complete = status > 0 and _read_body(reader, request, status, headers)
    total = time.monotonic() - started
    return Answer(status, headers, reader.body, complete, tuple(reader.times), total, reader.left, reader.hung)


def _read_body(reader: _Reader, request: Request, status: int, headers: dict[str, str]) -> bool:
    if request.method == "HEAD" or status in {204, 304}:
        return True
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return reader.chunked()
    return reader.plain(int(headers["content-length"]) if "content-length" in headers else math.inf)


class Heartbeat:
    """Another client, that asks for `/heartbeat` every 10 ms and notes how long it waits.

    One client alone cannot see a held event loop: its own tokens come in time.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._stop = threading.Event()
        self._beats: list[tuple[float, float]] = []
        self._calm = threading.Event()
        self._sent: float | None = None
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Heartbeat:
        """Start, and wait for a few beats that say how long an undisturbed one takes."""
        self._thread.start()
        self._calm.wait(PATIENCE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE)
        self._close()

    def stall(self, start: float, end: float) -> float:
        """The longest wait of a beat between two moments of `time.monotonic`, beyond what an undisturbed beat takes."""
        beats = list(self._beats)
        baseline = statistics.median(answered - sent for sent, answered in beats if sent < start)
        if self._sent is not None:
            beats.append((self._sent, end))
        waits = [min(answered, end) - max(sent, start) for sent, answered in beats if sent < end and answered > start]
        return max(0.0, max(waits, default=0.0) - baseline)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._beat()
            except OSError:
                self._close()
            self._stop.wait(_BEAT)

    def _beat(self) -> None:
        self._sent = time.monotonic()
        if self._connection is None:
            self._connection = connect(self._port)
        answer = exchange(self._connection, Request("/heartbeat"))
        if answer.status == 200:
            self._beats.append((self._sent, time.monotonic()))
            self._sent = None
        if len(self._beats) >= _CALM_BEATS:
            self._calm.set()
        if answer.status != 200 or answer.headers.get("connection", "").lower() == "close":
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
