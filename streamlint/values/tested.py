"""What tests call and store, which says nothing of the program where it does so itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from streamlint.knowledge.names import names
from streamlint.model.modules import Module
from streamlint.surroundings.names import is_test_file

_Row = TypeVar("_Row")


def is_test_module(module: Module) -> bool:
    """Whether a module holds tests: by its file's name together with what it imports."""
    if not is_test_file(module.path.name):
        return False
    return bool(module.packages & names("test_files", "libraries")) or any(
        scope.name.startswith("test") for scope in module.scopes
    )


def outside_tests(rows: Sequence[_Row], module_of: Callable[[_Row], Module]) -> Sequence[_Row]:
    """The rows outside tests; all of them where there are no others: a test gives stand-ins for what the program gives."""
    outside = [row for row in rows if not is_test_module(module_of(row))]
    return outside or rows
