"""Where the nodes of the standard `ast` stand in their text, as character offsets."""

from __future__ import annotations

import ast
from itertools import accumulate


class Places:
    """The places of one text; `ast` counts lines from 1 and columns in UTF-8 bytes."""

    def __init__(self, text: str) -> None:
        self.text = text
        # ast ends lines as Python does, at \n, \r\n and \r, and not at the other characters that str.splitlines knows
        self._lines = text.replace("\r\n", "\n\n").replace("\r", "\n").split("\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in self._lines)]

    def span(self, node: ast.expr | ast.stmt | ast.pattern) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def _offset(self, line: int, column: int) -> int:
        start = self._starts[line - 1]
        return start + len(self._lines[line - 1].encode()[:column].decode())
