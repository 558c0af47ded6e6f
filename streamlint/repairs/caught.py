"""Let cancellation pass through a handler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.source import Span
from streamlint.streams.caught import Caught

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame


def exceptions_only(file: PythonFile, handler: ir.Handler, frame: Frame) -> Fix | None:
    """`except:` and `except BaseException` become `except Exception`; None for any other handler."""
    is_one = not isinstance(handler.type, ir.Sequence)
    if not is_one or not file.project.ask(Caught).everything(handler, frame) or not _is_builtin(file):
        return None
    drops: tuple[str, ...]
    if handler.type is None:
        end = handler.head + len("except")
        edit, drops = Edit(Span(end, end), " Exception"), ()
    else:
        drops = (file.text(handler.type),)
        edit = Edit(Span(handler.type.start, handler.type.end), "Exception")
    return Fix(
        "catch `Exception`",
        (edit,),
        Level.SAFE,
        "every error is still caught; `CancelledError` is a `BaseException` and passes",
        drops=drops,
    )


def _is_builtin(file: PythonFile) -> bool:
    return not any("Exception" in scope.by_name for scope in file.facts.scopes)
