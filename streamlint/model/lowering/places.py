"""Where a node of the parser's tree begins and ends, in characters."""

from __future__ import annotations

import ast
from functools import cache
from itertools import pairwise

from streamlint.source import Source

_NEAR = 1 << 16


@cache
def _near() -> tuple[int, ...]:
    """The first places of any module, each once: they stand in most nodes of a project, and a number takes 32 bytes."""
    return tuple(range(_NEAR))


class Places:
    """Character offsets of one module."""

    def __init__(self, source: Source) -> None:
        self.text = source.text
        self._line_starts = [0, *source.line_starts]
        """By the number of a line."""
        self._wide = _wide_lines(source)
        self._near = _near()
        self._far: dict[int, int] = {}
        """The other places, each once."""

    def offset(self, line: int, column: int) -> int:
        """A place from the parser's line and its column in bytes."""
        start = self._line_starts[line]
        if line not in self._wide:
            return start + column
        end = self._line_starts[line + 1] if line + 1 < len(self._line_starts) else len(self.text)
        return start + len(self.text[start:end].encode()[:column].decode())

    def span(self, node: ast.expr | ast.stmt | ast.excepthandler | ast.pattern) -> tuple[int, int]:
        first, last, starts = node.lineno, node.end_lineno, self._line_starts
        assert last is not None and node.end_col_offset is not None
        if self._wide and (first in self._wide or last in self._wide):
            start, end = self.offset(first, node.col_offset), self.offset(last, node.end_col_offset)
        else:
            start, end = starts[first] + node.col_offset, starts[last] + node.end_col_offset
        if end < _NEAR:
            return self._near[start], self._near[end]
        return self._far.setdefault(start, start), self._far.setdefault(end, end)


def _wide_lines(source: Source) -> frozenset[int]:
    """The numbers, from 1, of the lines in which a byte is no character."""
    if source.text.isascii():
        return frozenset()
    starts = (*source.line_starts, len(source.text))
    return frozenset(
        number for number, (start, end) in enumerate(pairwise(starts), 1) if not source.text[start:end].isascii()
    )
