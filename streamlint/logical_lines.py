"""The statements of a text of Python by its tokens, and on which of its lines a comment can stand."""

from __future__ import annotations

import io
import tokenize
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from streamlint.immutable import immutable
from streamlint.source import Source

_SILENT = frozenset(
    (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER)
)
_OPENING, _CLOSING = (
    tuple(getattr(tokenize, f"{kind}STRING_{side}", -1) for kind in "FT") for side in ("START", "END")
)
"""The tokens around a formatted string, from Python 3.12 on (templates from 3.14); before, it is one token."""


@immutable
class Lines:
    """A statement's lines, or a compound statement's header, first and last included."""

    first: int
    last: int

    def hold(self, line: int) -> bool:
        return self.first <= line <= self.last


@immutable
class Statement:
    """A logical line; `depth` counts the blocks around it."""

    lines: Lines
    depth: int
    is_decorator: bool


class LogicalLines:
    """Of a text, up to where it stops being Python."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.tokens = tuple(_tokens(source.text))
        self.statements = tuple(self._statements())
        self._firsts = [each.lines.first for each in self.statements]

    def _statements(self) -> Iterator[Statement]:
        depth = 0
        first: tokenize.TokenInfo | None = None
        for token in self.tokens:
            depth += (token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT)
            if token.type in _SILENT:
                continue
            first = first or token
            if token.type == tokenize.NEWLINE:
                yield Statement(Lines(first.start[0], token.start[0]), depth, first.string == "@")
                first = None

    def index(self, line: int) -> int | None:
        """The number of the statement on a line."""
        at = bisect_right(self._firsts, line) - 1
        return at if at >= 0 and self.statements[at].lines.hold(line) else None

    def around(self, line: int) -> Lines:
        """The lines of the statement on a line."""
        number = self.index(line)
        return Lines(line, line) if number is None else self.statements[number].lines

    def is_decorator(self, line: int) -> bool:
        number = self.index(line)
        return number is not None and self.statements[number].is_decorator

    def code_behind(self, line: int) -> int:
        """The first line with code behind a line; that line itself where there is none."""
        at = bisect_right(self._code, line)
        return self._code[at] if at < len(self._code) else line

    def block(self, number: int) -> Lines:
        """From the statement of this number, a header or a decorator, to the end of what it heads."""
        header = self._headers[number]
        last = self.statements[self._behind[header] - 1].lines.last
        return Lines(self.statements[number].lines.first, last)

    @cached_property
    def _headers(self) -> list[int]:
        """By the number of a statement: that of what it decorates, for all others its own."""
        found = list(range(len(self.statements)))
        for number in reversed(found[:-1]):
            if self.statements[number].is_decorator:
                found[number] = found[number + 1]
        return found

    @cached_property
    def _behind(self) -> list[int]:
        """By the number of a statement: that of the first one behind what it heads."""
        found = [len(self.statements)] * len(self.statements)
        open_: list[int] = []
        for number, statement in enumerate(self.statements):
            while open_ and self.statements[open_[-1]].depth >= statement.depth:
                found[open_.pop()] = number
            open_.append(number)
        return found

    def takes_behind(self, line: int) -> bool:
        """Whether a comment can stand at the end of a line: not in a string, nor behind a backslash."""
        return line not in self._open

    def takes_above(self, line: int) -> bool:
        """Whether a line of its own can be put above a line."""
        return line - 1 not in self._open

    @cached_property
    def _code(self) -> list[int]:
        return sorted({token.start[0] for token in self.tokens if token.type not in _SILENT})

    @cached_property
    def _open(self) -> frozenset[int]:
        """The lines that end in a string or with a backslash."""
        found: set[int] = set()
        depth, start = 0, 0
        for token in self.tokens:
            if token.type == tokenize.STRING:
                found.update(range(token.start[0], token.end[0]))
            elif token.type in _OPENING:
                depth, start = depth + 1, start if depth else token.start[0]
            elif token.type in _CLOSING:
                depth -= 1
                found.update(range(start, token.end[0]) if not depth else ())
        commented = {token.start[0] for token in self.tokens if token.type == tokenize.COMMENT}
        numbers = range(1, len(self.source.line_starts) + 1)
        found.update(each for each in numbers if self.source.line(each).endswith("\\") and each not in commented)
        return frozenset(found)


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(io.StringIO(text, newline="").readline)
    except (tokenize.TokenError, SyntaxError, ValueError):
        return
