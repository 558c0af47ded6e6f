"""Of several rules that could report one fault, the one that does: one fault is one finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Reason(StrEnum):
    """What can be wrong at one place or with one stream; of all that is true of it, the first in this order is reported."""

    BUSY = "the processor is kept busy"
    LIBRARY = "a library waits"
    REPLAYED = "what was drained is sent as if it were a stream"
    SWALLOWED = "a handler takes a whole stream: repaired, it leaves nothing to wait for"
    RETURNED = "the stream's own object is sent"
    ANSWERED = "a stream is started, and the answer is sent in one piece"
    ITERATED = "tokens are taken one by one"
    LLAMA = "LlamaIndex waits"
    BEHIND = "something waits behind a helper"


REPORTERS: Mapping[Reason, tuple[str, ...]] = {
    Reason.BUSY: ("STL205",),
    Reason.LIBRARY: ("STL203",),
    Reason.REPLAYED: ("STL104",),
    Reason.SWALLOWED: ("STL101", "STL102"),
    Reason.RETURNED: ("STL105",),
    Reason.ANSWERED: ("STL103",),
    Reason.ITERATED: ("STL202",),
    Reason.LLAMA: ("STL201",),
    Reason.BEHIND: ("STL204",),
}
"""The rules that report each fault; the others are silent about it, or a labelled span of its finding."""

STOPS = (Reason.REPLAYED, Reason.SWALLOWED, Reason.RETURNED, Reason.ANSWERED)
"""Where one stream can stop: rules that report these may mean the same stream."""

_RANK = {code: rank for rank, reason in enumerate(STOPS) for code in REPORTERS[reason]}


def rank(code: str) -> int:
    """The place of a rule among those that may mean the same stream: the lowest speaks."""
    return _RANK.get(code, len(_RANK))


def kin(codes: Iterable[str]) -> tuple[str, ...]:
    """The rules that must be asked where these are: they may mean the same stream, and know more of its places."""
    asked = tuple(codes)
    more = (code for code in _RANK if code not in asked) if any(code in _RANK for code in asked) else ()
    return (*asked, *more)


NEXT: Mapping[str, tuple[str, ...]] = {
    "STL106": ("STL301", "STL307"),
    "STL114": ("STL201", "STL204", "STL309"),
    "STL401": ("STL408",),
}
"""What may be said of a statement that was repaired, and could not be said before.

The events of a run are read at last, a method that exists asks an engine, and an import names its package.
"""
