"""Where the CPU time of a run goes, and where its model gave up; asked for by `--timings`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from time import process_time

from streamlint.immutable import immutable

IMPORTING, READING, PARSING, ENTRY_POINTS, TREES, REPAIRS, READERS, REST = (
    "importing the rules",
    "reading",
    "parsing",
    "entry points",
    "libcst parses",
    "applying repairs",
    "who reads answers",
    "all else",
)


@immutable(slots=True)
class GivenUp:
    """A limit that ended `times` searches on a line; 0 stands for the whole file or folder."""

    path: Path
    line: int
    limit: str
    times: int


@immutable(slots=True)
class Effort:
    """What a model took for its answers."""

    steps: int
    given_up: tuple[GivenUp, ...]


class Timings:
    """Seconds by phase, what a phase within a phase takes counted once, for the inner one; and what models took."""

    def __init__(self, clock: Callable[[], float] = process_time) -> None:
        self.seconds: dict[str, float] = {}
        self.counts: Counter[str] = Counter()
        self._efforts: list[Callable[[], Effort]] = []
        self._clock = clock
        self._open = [REST]
        self._since = clock()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self.book()
        self._open.append(name)
        self.counts[name] += 1
        try:
            yield
        finally:
            self.book()
            self._open.pop()

    def book(self) -> None:
        """Count what has passed since the last change of phase."""
        now = self._clock()
        name = self._open[-1]
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._since
        self._since = now

    def watch(self, effort: Callable[[], Effort]) -> None:
        self._efforts.append(effort)

    @property
    def effort(self) -> Effort:
        """That of all models of the run, the most frequent limit first."""
        efforts = [effort() for effort in self._efforts]
        times: Counter[tuple[Path, int, str]] = Counter()
        for row in (row for effort in efforts for row in effort.given_up):
            times[row.path, row.line, row.limit] += row.times
        rows = sorted(times.items(), key=lambda item: (-item[1], item[0]))
        return Effort(sum(effort.steps for effort in efforts), tuple(GivenUp(*place, count) for place, count in rows))


_CURRENT: ContextVar[Timings | None] = ContextVar("timings", default=None)
_UNTIMED = nullcontext()


@contextmanager
def timed(timings: Timings | None) -> Iterator[None]:
    """Within this, `phase` and `watch` speak to these timings; None: to nobody."""
    token = _CURRENT.set(timings)
    try:
        yield
    finally:
        if timings is not None:
            timings.book()
        _CURRENT.reset(token)


def phase(name: str) -> AbstractContextManager[None]:
    """The work within is told of under this name."""
    timings = _CURRENT.get()
    return timings.phase(name) if timings is not None else _UNTIMED


def watch(effort: Callable[[], Effort]) -> None:
    """Ask a model at the end of the run what it took."""
    timings = _CURRENT.get()
    if timings is not None:
        timings.watch(effort)
