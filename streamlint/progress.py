"""One line of a terminal that says what a long run is doing, and is gone when the run is over."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TextIO

from streamlint.reporters import shown
from streamlint.working import Step, listened

_PATIENCE, _PAUSE = 1.0, 0.1
"""Seconds before anything is said, and between two lines."""
_START, _ERASE = "\r", "\x1b[K"


@contextmanager
def watched(*, quiet: bool) -> Iterator[None]:
    """Show on standard error what the run in here is doing, where that is a terminal that can erase a line."""
    stream = sys.stderr
    if quiet or stream is None or not stream.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield
        return
    from shutil import get_terminal_size  # what it brings along is dear to a run without a terminal

    line = Line(stream, get_terminal_size().columns)
    with listened(line.show):
        try:
            yield
        finally:
            line.clear()


class Line:
    """The line, at most so many `columns` wide."""

    def __init__(self, stream: TextIO, columns: int, clock: Callable[[], float] = monotonic) -> None:
        self._stream, self._columns, self._clock = stream, columns, clock
        self._next = clock() + _PATIENCE
        self._counted = ""
        self._is_shown = False

    def show(self, step: Step) -> None:
        """Say what is done; of files that are only followed, beside the last one that was counted."""
        if step.total:
            self._counted = f"{step.doing} {step.number} of {step.total} files: {shown(step.path)}"
        now = self._clock()
        if now < self._next:
            return
        self._next = now + _PAUSE
        text = self._counted if step.total else f"{self._counted or 'streamlint'}, {step.doing} {shown(step.path)}"
        self._write(f"{_START}{text[: self._columns - 1]}{_ERASE}")
        self._is_shown = True

    def clear(self) -> None:
        if self._is_shown:
            self._write(_START + _ERASE)

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # whoever closed it reads no progress
            self._stream.write(text)
            self._stream.flush()
