"""In which scopes of a Python file a check can have something to say: asked once for each, before its nodes are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamlint.model.syntax import Scope
    from streamlint.tree.python import PythonFile


def entries(file: PythonFile, scope: Scope) -> bool:
    """The functions that a framework calls."""
    return file.entry(scope) is not None


def loops(file: PythonFile, scope: Scope) -> bool:
    """The functions that an event loop runs while clients wait."""
    return file.on_loop(scope) is not None


def requests(file: PythonFile, scope: Scope) -> bool:
    """What requests run."""
    return file.serves(scope)
