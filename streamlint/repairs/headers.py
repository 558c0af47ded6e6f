"""Take a header away from a response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Fix, Level
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile

_REASON = "the server frames the body itself, so the client receives all of it"


def without_item(file: PythonFile, item: cst.DictElement) -> Fix | None:
    """The same call without one item of the dict that it is given; without the dict where nothing else is in it."""
    from streamlint.repairs.codemods import WithoutItem, changed

    tree = file.tree
    edit = changed(tree.piece(tree.span(item).start), WithoutItem(item))
    return Fix("leave the length out", (edit,), Level.SAFE, _REASON, drops=(tree.text(item.key), tree.text(item.value)))
