"""Let cancellation pass through a handler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.languages import nodes as cst
from streamlint.languages.generators import catches_everything
from streamlint.source import Span

if TYPE_CHECKING:
    from streamlint.languages.python import PythonFile


def exceptions_only(file: PythonFile, handler: cst.ExceptHandler) -> Fix | None:
    """`except:` and `except BaseException` become `except Exception`; None for any other handler."""
    if not catches_everything(file, handler) or isinstance(handler.type, cst.Tuple) or not _is_builtin(file):
        return None
    drops: tuple[str, ...]
    if handler.type is None:
        end = file.tree.span(handler).start + len("except")
        edit, drops = Edit(Span(end, end), " Exception"), ()
    else:
        drops = (file.tree.text(handler.type),)
        edit = Edit(file.tree.span(handler.type), "Exception")
    return Fix(
        "catch `Exception`",
        (edit,),
        Level.SAFE,
        "every error is still caught; `CancelledError` is a `BaseException` and passes",
        drops=drops,
    )


def _is_builtin(file: PythonFile) -> bool:
    return not any("Exception" in scope.by_name for scope in file.facts.scopes)
