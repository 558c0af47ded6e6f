"""What a run is doing, told to whoever shows it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from streamlint.immutable import immutable


@immutable(slots=True)
class Step:
    """`doing` something with a file, which is number `number` of `total` where they are counted."""

    doing: str
    path: Path
    number: int = 0
    total: int = 0


_LISTENER: ContextVar[Callable[[Step], None] | None] = ContextVar("listener", default=None)


@contextmanager
def listened(listener: Callable[[Step], None] | None) -> Iterator[None]:
    """Within this, `tell` speaks to this listener; None: to nobody."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def told(doing: str, paths: Collection[Path]) -> Iterator[Path]:
    """The paths, each told of before something is done with it."""
    for number, path in enumerate(paths, 1):
        tell(doing, path, number, len(paths))
        yield path


def tell(doing: str, path: Path, number: int = 0, total: int = 0) -> None:
    listener = _LISTENER.get()
    if listener is not None:
        listener(Step(doing, path, number, total))
