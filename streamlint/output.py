"""What is printed, through one function, and what is said of output that nobody takes."""

from __future__ import annotations

import errno
import os
import sys
from typing import TextIO

import click

from streamlint.copies import Piece, copy
from streamlint.reporters.text import printed


class OutputError(click.ClickException):
    """Standard output or standard error takes no more; what was to be said is lost, and the exit code says so.

    Exception > click.ClickException > OutputError
    """

    exit_code = 2

    def __init__(self, stream: TextIO | None, name: str, error: OSError | None = None) -> None:
        reason = (error.strerror or str(error)) if error else "it is closed"
        super().__init__(f"cannot write to {name}: {reason}; the output is not complete")
        _abandon(stream)


def _abandon(stream: TextIO | None) -> None:
    """Lead a broken stream to nowhere: else the interpreter would try once more when it ends, and fail with a traceback."""
    try:
        number = stream.fileno() if stream is not None else None
    except (OSError, ValueError):
        return
    if number is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)


def say(text: str, *, err: bool = False, colour: bool = False) -> None:
    """Print lines that were put together for a person, or with nothing from outside in them."""
    write(printed(text, colour), err=err, colour=colour)


def write(text: str | bytes, *, err: bool = False, colour: bool = False) -> None:
    """Write as it is what a program reads; every output passes here."""
    stream, name = (sys.stderr, "standard error") if err else (sys.stdout, "standard output")
    if not text:
        return
    if stream is None:
        raise OutputError(None, name)
    copy(Piece(text, err, colour))
    try:
        if stream.isatty() or not hasattr(stream, "buffer"):
            click.echo(text, nl=False, err=err, color=colour)
        else:
            _pour(text, stream)
    except OSError as error:
        raise OutputError(stream, name, error) from error


def _pour(text: str | bytes, stream: TextIO) -> None:
    """Write all of it: with PYTHONUNBUFFERED, Python drops what a pipe that is being closed does not take at once."""
    if isinstance(text, str):
        text = text.replace("\n", os.linesep).encode(stream.encoding, stream.errors or "strict")
    stream.flush()
    rest = memoryview(text)
    while rest:
        written = stream.buffer.write(rest)
        if written is None:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        rest = rest[written:]
    stream.buffer.flush()
