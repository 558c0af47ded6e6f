"""How a module runs a function, or advances an iterator, in a thread: as its framework does, or the standard library."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlint.fix import Import
from streamlint.immutable import immutable
from streamlint.model import syntax as ir

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile


_ASYNCIO = "asyncio"
_SLEEP = "asyncio.sleep"


@immutable
class Threads:
    """How a module runs a function, or advances an iterator, in a thread."""

    run: str
    run_import: Import
    iterate_import: Import | None
    is_positional: bool = False
    """Whether `run` takes no keywords for the function."""
    library: str = _ASYNCIO
    """Whose loop it is."""

    def own(self, name: str) -> str:
        """What stands for a function of asyncio that each library has under the same name; other names as they are."""
        return f"{self.library}.sleep" if name == _SLEEP else name


_TO_THREAD = Threads("asyncio.to_thread", Import(_ASYNCIO), None)


def threads(file: PythonFile) -> Threads:
    """The way of the framework that the module imports, else that of the standard library, which a module may be used to."""
    is_used_to = _calls(file, _TO_THREAD.run)
    for known in file.project.knowledge.off_loop.thread_functions:
        if known.package not in file.facts.packages or (known.is_own_loop and _ASYNCIO in file.facts.packages):
            continue
        iterate = Import(known.module, known.iterate) if known.iterate else None
        if not known.run or (is_used_to and not known.is_own_loop and not _calls(file, known.run)):
            return replace(_TO_THREAD, iterate_import=iterate)
        library = known.package if known.is_own_loop else _ASYNCIO
        bound = Import(known.module, known.run.partition(".")[0])
        return Threads(known.run, bound, iterate, known.is_positional, library)
    return _TO_THREAD


def _calls(file: PythonFile, name: str) -> bool:
    return any(ir.dotted(call.function) == name for scope in file.facts.scopes for call in scope.calls)
