"""Several processes that look at the files of one run side by side, where there is enough to do for them."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from streamlint import disk
from streamlint.working import listened

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

Found = TypeVar("Found")

_ENOUGH = 12
"""Files that must be followed for each process: for fewer, starting one takes longer than it saves."""
_MOST = 8
"""Each process keeps what it has followed in memory of its own, so more are started only where somebody asks for them."""


def processes(asked: int | None, files: int) -> int:
    """How many processes look at so many files that must be followed; 1 where the system cannot copy a process."""
    if not hasattr(os, "fork"):
        return 1
    if asked is not None:
        return min(asked, files)
    if sys.platform == "darwin":  # where a copied process is not allowed to use what the system brings along
        return 1
    return max(1, min(_cores(), _MOST, files // _ENOUGH))


def _cores() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def each(
    paths: Sequence[Path], look: Callable[[Path], Found], apart: Collection[Path], number: int
) -> Iterator[tuple[Path, Found]]:
    """What `look` finds in each file, in their order; in those `apart`, in so many other processes.

    They are copies of this one as it is now, so `look` may use whatever is there; what it finds must be picklable, and what it
    changes is lost. Where one of them is ended from outside, as for want of memory, this process looks at what is left.
    """
    if number < 2:
        yield from ((path, look(path)) for path in paths)
        return
    with _started(look, number) as pool:
        with _uninterrupted():  # which the copies inherit: it is this process that ends them
            found = {path: pool.submit(_looked, path) for path in paths if path in apart}
        for path in paths:
            yield path, _result(found[path], look, path) if path in found else look(path)


def _result(future: Future[tuple[Any, disk.Record]], look: Callable[[Path], Found], path: Path) -> Found:
    from concurrent.futures.process import BrokenProcessPool

    try:
        found, record = future.result()
    except BrokenProcessPool:
        return look(path)
    disk.note(record)
    return cast("Found", found)


_LOOK: list[Callable[[Path], Any]] = []
"""In a copied process, what it does with each file."""


def _looked(path: Path) -> tuple[Any, disk.Record]:
    with disk.recorded() as record, listened(None):
        return _LOOK[-1](path), record


@contextmanager
def _uninterrupted() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _started(look: Callable[[Path], Any], number: int) -> Iterator[ProcessPoolExecutor]:
    """Copies of this process, which are gone afterwards, whatever they are doing."""
    import gc
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import active_children, get_context

    others = set(active_children())
    gc.freeze()  # what is there stays where it is, and in memory that all of them share
    pool = ProcessPoolExecutor(number, mp_context=get_context("fork"), initializer=_LOOK.append, initargs=(look,))
    try:
        yield pool
    finally:
        gc.unfreeze()
        for child in set(active_children()) - others:
            child.kill()
        pool.shutdown(cancel_futures=True)  # its thread waits for their end; a second one would be in its way
