"""How a module runs a function, or advances an iterator, in a thread: as its framework does, or the standard library."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlint.fix import Import
from streamlint.immutable import immutable

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile


@immutable
class Threads:
    """How a module runs a function, or advances an iterator, in a thread."""

    run: str
    run_import: Import
    iterate_import: Import | None


_TO_THREAD = Threads("asyncio.to_thread", Import("asyncio"), None)


def threads(file: PythonFile) -> Threads:
    """The way of the framework that the module imports, else that of the standard library."""
    for known in file.project.knowledge.off_loop.thread_functions:
        if known.package in file.facts.packages:
            iterate = Import(known.module, known.iterate)
            if not known.run:
                return replace(_TO_THREAD, iterate_import=iterate)
            return Threads(known.run, Import(known.module, known.run), iterate)
    return _TO_THREAD
