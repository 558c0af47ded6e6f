"""In which ways something on the way of a stream can fail it, and after how long."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from pathlib import Path

from streamlint.source import Span


class Failure(StrEnum):
    """What becomes of the stream; each has a cure of its own."""

    BUFFER = "held back"
    """Tokens wait until the answer is whole, or a buffer full."""
    IDLE = "cut after silence"
    """A heartbeat cures it."""
    TOTAL = "cut after a time in all"
    """A heartbeat does not cure it."""
    FIRST_BYTE = "given up before the first byte"
    SHUTDOWN = "cut at a restart"
    MASK = "a broken stream ends as a whole one"
    """The client cannot notice that something is missing."""


class Layer(IntEnum):
    """Where a hop stands, from the model outwards."""

    MODEL_CLIENT = 1
    APPLICATION = 2
    SERVER = 3
    CONTAINER = 4
    PROXY = 5
    BALANCER = 6
    EDGE = 7


class Certainty(IntEnum):
    """How sure it is that a stream passes somewhere."""

    POSSIBLE = 1
    LIKELY = 2
    CERTAIN = 3


@dataclass(frozen=True)
class Anchor:
    """Where something is written."""

    path: Path
    span: Span


@dataclass(frozen=True)
class Limit:
    """One way in which a hop fails a stream; `seconds` is None where that takes no time, or never happens."""

    failure: Failure
    setting: str
    """As its product calls it: `proxy_read_timeout`."""
    seconds: float | None = None
    anchor: Anchor | None = None
    """Where the value is written; None for the product's default."""
    is_known: bool = True
    """False where the value is computed, so that nobody can say what it is."""

    @property
    def is_default(self) -> bool:
        return self.anchor is None


@dataclass(frozen=True)
class Hop:
    """One thing that a stream passes on its way from the model to the user."""

    layer: Layer
    product: str
    name: str
    """As people know it in their project: `location /api/`."""
    anchor: Anchor | None
    limits: tuple[Limit, ...] = ()
    probe: str = ""
    """Where it answers, as an address that `curl -N` is given; nothing where nobody can say."""
    inside: str = ""
    """The service of a Compose file in whose container alone that address answers."""
    certainty: Certainty = Certainty.CERTAIN
    """How sure it is that the stream passes it."""
    places: int = 1
    """At how many places one is written that is like it: variants of a file say the same again and again."""

    @property
    def likeness(self) -> Hashable:
        """What hops have in common of which one stands for all."""
        limits = tuple(
            (each.failure, each.setting, each.seconds, each.is_known, each.is_default) for each in self.limits
        )
        return replace(self, anchor=None, limits=()), limits

    def limit(self, failure: Failure) -> Limit | None:
        """What it fails a stream by first in this way; what is not known counts for nothing."""
        own = [each for each in self.limits if each.failure is failure and each.is_known]
        timed = [each for each in own if each.seconds is not None]
        return min(timed, key=lambda each: each.seconds or 0.0) if timed else next(iter(own), None)
