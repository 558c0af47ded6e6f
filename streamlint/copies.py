"""What a run writes, to whom, so that it can be written once more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from streamlint.immutable import immutable


@immutable(slots=True)
class Piece:
    """A text for one of the two standard streams, or the content of a report's file with its format."""

    content: str | bytes
    err: bool = False
    colour: bool = False
    format: str = ""
    path: str = ""


_PIECES: ContextVar[list[Piece] | None] = ContextVar("pieces", default=None)


@contextmanager
def copied() -> Iterator[list[Piece]]:
    """Keep what is written in here."""
    pieces: list[Piece] = []
    token = _PIECES.set(pieces)
    try:
        yield pieces
    finally:
        _PIECES.reset(token)


def copy(piece: Piece) -> None:
    pieces = _PIECES.get()
    if pieces is not None:
        pieces.append(piece)
