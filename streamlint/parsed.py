"""What Python's own parser says of a text for those who change or compare it: its tree, and the lines of its top level."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from streamlint.source import LINE_END


@lru_cache(maxsize=4)
def parsed(text: str) -> ast.Module | None:
    """The module, or None where the text is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class Lines(NamedTuple):
    """Statements of the top level that share lines, and where these begin and end."""

    start: int
    end: int
    statements: tuple[ast.stmt, ...]

    @property
    def is_compound(self) -> bool:
        """Whether a block may stand there."""
        return any(hasattr(one, "body") or hasattr(one, "cases") for one in self.statements)


def lines_of(text: str, module: ast.Module) -> Iterator[Lines]:
    """The lines of a module's statements, in their order; what stands between them are comments and empty lines."""
    starts = [0, *(match.end() for match in LINE_END.finditer(text)), len(text)]
    rows: list[tuple[int, int, list[ast.stmt]]] = []
    for statement in module.body:
        decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
        first = min((one.lineno for one in decorators), default=statement.lineno)
        last = statement.end_lineno or first
        while starts[last] < len(text) and text[starts[last - 1] : starts[last]].rstrip("\r\n").endswith("\\"):
            last += 1
        if rows and (first <= rows[-1][1] or statement.col_offset):
            rows[-1] = (rows[-1][0], last, [*rows[-1][2], statement])
        else:
            rows.append((first, last, [statement]))
    for first, last, statements in rows:
        yield Lines(starts[first - 1], starts[last], tuple(statements))
