"""Functions that run in a copy of this process, so that nothing they import or break stays."""

from __future__ import annotations

import gc
import multiprocessing
import os
import traceback
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

Value = TypeVar("Value")
_FORK = multiprocessing.get_context("fork")
_LONGEST = 3600.0
"""Seconds after which a child is ended, whatever it does."""
_FAILED = 3


class Child(Generic[Value]):
    """One running function."""

    def __init__(self, function: Callable[[], Value]) -> None:
        self._answers, answer = _FORK.Pipe(duplex=False)
        self._process: BaseProcess = _FORK.Process(target=_run, args=(function, answer))
        self._process.start()
        answer.close()

    @property
    def answers(self) -> Connection:
        return self._answers

    def value(self) -> Value | None:
        """What the function returned; None where the process was ended or did not end."""
        try:
            return self._answers.recv() if self._answers.poll(_LONGEST) else None
        except EOFError:
            self._process.join()
            if self._process.exitcode == _FAILED:
                raise RuntimeError("a child failed, see above") from None
            return None
        finally:
            self._process.kill()
            self._process.join()
            self._answers.close()


def in_children(functions: Iterable[Callable[[], Value]], jobs: int) -> Iterator[tuple[int, Value | None]]:
    """The values of functions, `jobs` at a time, each with the number of its function, as they come."""
    gc.freeze()
    running: dict[Connection, tuple[int, Child[Value]]] = {}
    for number, function in enumerate(functions):
        child = Child(function)
        running[child.answers] = (number, child)
        if len(running) == jobs:
            yield from _ended(running)
    while running:
        yield from _ended(running)


def _ended(running: dict[Connection, tuple[int, Child[Value]]]) -> Iterator[tuple[int, Value | None]]:
    ready = wait(list(running), timeout=_LONGEST) or list(running)
    for answers in ready:
        assert isinstance(answers, Connection)
        number, child = running.pop(answers)
        yield number, child.value()


def _run(function: Callable[[], object], answer: Connection) -> None:
    errors = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(silence, stream)
    try:
        answer.send(function())
    except BaseException:  # noqa: BLE001 whatever it is, the parent has to know
        os.write(errors, traceback.format_exc().encode())
        os._exit(_FAILED)
    os._exit(0)
