"""How fast the model of a test talks, and the log of what it said."""

from __future__ import annotations

import os
import struct
import time
from dataclasses import dataclass
from pathlib import Path

_STAMP = struct.Struct("d")


@dataclass(frozen=True)
class Pace:
    """How long the model and the retrieval take, in seconds; `native` says whether the model has async methods of its own.

    `ending` is what each token ends with.
    """

    tokens: int = 20
    gap: float = 0.02
    retrieval: float = 0.0
    native: bool = True
    ending: str = " "

    @property
    def stream(self) -> float:
        """What one answer takes at the least."""
        return self.tokens * self.gap


class TokenLog:
    """The time of every token that was produced, in a file that all processes of a server append to."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self) -> None:
        """Write down that a token was produced now."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, _STAMP.pack(time.monotonic()))
        os.close(descriptor)

    def times(self) -> tuple[float, ...]:
        """When the tokens were produced, on the clock of `time.monotonic`, which processes share."""
        if not self.path.exists():
            return ()
        return tuple(stamp for (stamp,) in _STAMP.iter_unpack(self.path.read_bytes()))
