"""What parts the arguments of a call from one more that comes before them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.fix import Edit
from streamlint.source import Span
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile

_ENDS_LINE = re.compile(r"[ \t]*(?:\r|\n|#)")


def parted(file: PythonFile, call: cst.Call, between: Span, *, is_broken: bool) -> Iterator[Edit]:
    """In place of what stood before the arguments: a line that they share takes one more, on lines of their own all have commas."""
    if not call.args:
        yield Edit(between, "")
        return
    text = file.source.text
    first, end = file.tree.span(call.args[0]).start, file.tree.span(call.args[-1]).end
    is_bare = is_broken and isinstance(call.args[-1].comma, cst.MaybeSentinel) and bool(_ENDS_LINE.match(text, end))
    if is_bare and "\n" not in text[first:end]:
        yield Edit(Span(between.start, first), ", ")
        return
    yield Edit(between, "," if _ENDS_LINE.match(text, between.end) else ", ")
    if is_bare:
        yield Edit(Span(end, end), ",")
