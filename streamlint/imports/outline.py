"""A text with only the statements that its imports are written beside; whatever else stands there is one word.

libcst needs ten times as long for a text as Python's own parser, and of most texts the imports are a small part.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache

import libcst as cst

from streamlint.form_feeds import straighten
from streamlint.parsed import Lines, lines_of, parsed
from streamlint.source import LINE_END
from streamlint.timings import TREES, phase

_WORD = "left_out_"


class Outline:
    """`module` is what is left of the text for libcst; None where it cannot read that."""

    def __init__(self, text: str, left_out: Sequence[tuple[int, int]]) -> None:
        self.text = text
        self._left_out = left_out
        self._word = _word(text)
        ends = [0, *(end for _, end in left_out)]
        kept = [text[end:start] for end, (start, _) in zip(ends, left_out, strict=False)]
        self._straight = straighten(self._word.join([*kept, text[ends[-1] :]]))
        self._behind: list[int] = []
        """Where in the outline each of the words ends."""
        for part in kept:
            self._behind.append((self._behind[-1] if self._behind else 0) + len(part) + len(self._word))
        self.module = self._read()

    @property
    def code(self) -> str:
        """The code of the module."""
        return self._straight.text

    def _read(self) -> cst.Module | None:
        try:
            with phase(TREES):
                return cst.parse_module(self.code)
        except (cst.ParserSyntaxError, RecursionError):
            return None

    def offset(self, own: int) -> int:
        """The offset in the text of one in the code, which lies between two lines."""
        at = self._straight.offset(own)
        number = bisect_right(self._behind, at)
        return at - self._behind[number - 1] + self._left_out[number - 1][1] if number else at

    def whole(self, code: str, own: int = 0) -> str:
        """Code in the place of that from an offset on, with everything that was left out of it."""
        first = bisect_right(self._behind, self._straight.offset(own))
        words = code.split(self._word)
        left_out = (self.text[start:end] for start, end in self._left_out[first:])
        return words[0] + "".join(out + word for out, word in zip(left_out, words[1:], strict=False))


@lru_cache(maxsize=4)
def outline(text: str) -> Outline | None:
    """What the imports of a text are written beside; None where it is no Python."""
    module = parsed(text)
    return Outline(text, tuple(_left_out(text, module))) if module is not None else None


def matters(lines: Lines, is_first: bool) -> bool:
    """Whether they hold an import, or may be the docstring."""
    first = lines.statements[0]
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (is_first and is_text) or any(isinstance(one, ast.Import | ast.ImportFrom) for one in lines.statements)


def _left_out(text: str, module: ast.Module) -> Iterator[tuple[int, int]]:
    """What stands between the lines that matter; a block in front of such a line stays, as it says whose the comments are."""
    run: list[Lines] = []
    for number, line in enumerate(lines_of(text, module)):
        if not matters(line, is_first=number == 0):
            run.append(line)
            continue
        if run and not run[-1].is_compound:
            yield run[0].start, run[-1].end
        elif len(run) > 1:
            yield run[0].start, run[-1].start
        run = []
    if run:
        yield run[0].start, len(text)


def _word(text: str) -> str:
    """A line that stands for statements, and is nowhere in the text."""
    word = _WORD
    while word in text:
        word += "_"
    end = LINE_END.search(text)
    return word + (end.group() if end is not None else "\n")
