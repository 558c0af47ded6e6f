"""Runs code under a real server and says what became of its stream, in ratios of one run."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, ParamSpec

from . import client, conversations
from .pace import Pace
from .repair import repair
from .server import RunningServer, running

ATTEMPTS = 3
P = ParamSpec("P")


@dataclass(frozen=True)
class Measurement:
    """What a client, and another one beside it, saw of one response."""

    status: int
    headers: Mapping[str, str]
    body: str
    complete: bool
    """The body came to its regular end."""
    hung: bool
    """Nothing came, nor did the connection end, for as long as the client was patient."""
    first_token: float
    """Seconds to the first byte of the body; all of them if there was none."""
    total: float
    arrivals: int
    """Groups of bytes, more than 4 ms apart."""
    stall: float
    """The longest that another client waited beyond its usual wait; 0 where no heartbeat was asked for."""
    pace: Pace
    produced: int
    """Tokens that the model produced, until it fell silent."""
    tokens_after_leaving: int
    """How many of them after the client had left."""
    log: str
    """What the server printed."""

    @property
    def first_token_ratio(self) -> float:
        """1 where everything came at the end."""
        return self.first_token / self.total

    @property
    def stall_ratio(self) -> float:
        """1 where the other client waited for the whole stream."""
        return self.stall / self.total

    @property
    def streamed(self) -> bool:
        """The tokens came one by one: most of them apart from each other, the first one early."""
        return self.complete and self.arrivals >= 0.75 * self.pace.tokens and self.first_token_ratio < 0.5

    @property
    def buffered(self) -> bool:
        """The answer came, but at once, at the end."""
        return self.complete and bool(self.body) and self.arrivals <= 2 and self.first_token_ratio > 0.8

    @property
    def held(self) -> bool:
        """Other clients waited for most of the response."""
        return self.stall_ratio > 0.7

    @property
    def stalled(self) -> bool:
        """Other clients waited for a good part of the response."""
        return self.stall_ratio > 0.25

    @property
    def smooth(self) -> bool:
        """Other clients hardly noticed."""
        return self.stall_ratio < 0.15


def measure(
    code: str,
    *,
    path: str = "/chat?q=hi",
    method: str = "GET",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    websocket: bool = False,
    send: str = "hello",
    heartbeat: bool = True,
    leave_at: float | None = None,
    patience: float = client.PATIENCE,
    pace: Pace | None = None,
    framework: str = "fastapi",
    server: str = "",
    files: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Measurement:
    """Run `code` under a server, ask once for `path`, and measure the answer.

    `leave_at` is a share of the time that the model takes for its answer; the client leaves then, and the measurement goes on until
    the model has fallen silent. Turn `heartbeat` off where its traffic would wake a loop that nothing else wakes.
    """
    pace = pace or Pace()
    request = client.Request(path, method, body, tuple((headers or {}).items()))
    ask = conversations.talk(send, pace.tokens) if websocket else conversations.OF_FRAMEWORK.get(framework)
    ask = ask or conversations.plain(request)
    leave = None if leave_at is None else leave_at * pace.stream
    with ExitStack() as stack:
        host = stack.enter_context(
            running(code, framework=framework, server=server, files=files, pace=pace, options=options)
        )
        if framework in conversations.COLD:
            ask(host.port, path, patience, None)
        beats = stack.enter_context(client.Heartbeat(host.port)) if heartbeat else None
        started = time.monotonic()
        answer = ask(host.port, path, patience, leave)
        ended = started + answer.total
        produced = _produced(host, pace, started, wait=leave is not None)
        return Measurement(
            status=answer.status,
            headers=answer.headers,
            body=answer.body.decode(errors="replace"),
            complete=answer.complete,
            hung=answer.hung,
            first_token=answer.first,
            total=answer.total,
            arrivals=answer.arrivals,
            stall=beats.stall(started, ended) if beats else 0.0,
            pace=pace,
            produced=len(produced),
            tokens_after_leaving=sum(moment > (answer.left or ended) for moment in produced),
            log=host.log,
        )


def _produced(host: RunningServer, pace: Pace, started: float, *, wait: bool) -> tuple[float, ...]:
    """When the tokens since `started` came; with `wait`, once no other has come for ten gaps."""
    silent_since = time.monotonic()
    while True:
        times = tuple(moment for moment in host.produced.times() if moment > started)
        silent_since = max((silent_since, *times[-1:]))
        if not wait or time.monotonic() - silent_since > 10 * pace.gap:
            return times
        time.sleep(pace.gap / 2)


def broken_and_fixed(
    code: str,
    *,
    fixed: str = "",
    fix_level: str = "response",
    select: Sequence[str] | None = None,
    files: Mapping[str, str] | None = None,
    **how: Any,
) -> tuple[Measurement, Measurement]:
    """Measure `code`, and what the fixes of the selected rules up to `fix_level` make of it, with the options of `measure`.

    `fixed` stands in for what streamlint makes of the code, for a cure that no fix offers. Raises `repair.NothingFixed`.
    """
    after = (fixed, files) if fixed else repair(code, level=fix_level, files=files, select=select)
    return measure(code, files=files, **how), measure(after[0], files=after[1], **how)


def repeated(test: Callable[P, None]) -> Callable[P, None]:
    """Run a test that measures time again if it fails, three times at the most, as other work on the machine disturbs it."""

    @functools.wraps(test)
    def attempt(*args: P.args, **kwargs: P.kwargs) -> None:
        for _ in range(ATTEMPTS - 1):
            try:
                return test(*args, **kwargs)
            except AssertionError:
                continue
        return test(*args, **kwargs)

    return attempt
