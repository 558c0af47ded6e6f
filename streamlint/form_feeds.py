"""White space that Python skips in front of a statement and libcst loses: form feeds, and lines with nothing but a backslash."""

from __future__ import annotations

import io
import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

_LINE_END = re.compile(r"\r\n|\r|\n")
_SKIPPED = re.compile(r"^[ \t]*[\f\\]", re.MULTILINE)
_BEFORE_CODE = re.compile(r"^[ \t]*(?:\f[ \t\f]*[^\s#]|\\$)", re.MULTILINE)
_LAYOUT = (tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def in_indentation(text: str) -> bool:
    """Whether such white space stands in front of code, where a repair would copy it as indentation."""
    return ("\f" in text or "\\" in text) and _BEFORE_CODE.search(text) is not None


@dataclass
class Straight:
    """A text without that white space, with the way back to the offsets of the original."""

    text: str
    _own: list[int] = field(default_factory=list)
    _original: list[int] = field(default_factory=list)

    @property
    def is_changed(self) -> bool:
        return bool(self._own)

    def offset(self, own: int) -> int:
        """The offset in the original text of one in this text."""
        number = bisect_right(self._own, own) - 1
        return own if number < 0 else self._original[number] + own - self._own[number]


def straighten(text: str) -> Straight:
    """The text as libcst can read it without loss; the same text where there is nothing to lose, or where it is no Python."""
    if not _SKIPPED.search(text):
        return Straight(text)
    result = Straight("")
    parts, length, copied = [], 0, 0
    for start, end in _indentations(text):
        kept = _effective(text[start:end])
        if kept == text[start:end]:
            continue
        parts += [text[copied:start], kept]
        length += start - copied + len(kept)
        result._own.append(length)
        result._original.append(end)
        copied = end
    result.text = "".join(parts) + text[copied:]
    return result


def _indentations(text: str) -> Iterator[tuple[int, int]]:
    """What stands in front of the first word or comment of each logical line, brackets and strings left alone."""
    starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
    readline = io.StringIO(_LINE_END.sub("\n", text)).readline
    at, is_fresh, in_statement = 0, True, False
    try:
        for token in tokenize.generate_tokens(readline):
            if token.type in _LAYOUT:
                continue
            if is_fresh and token.type != tokenize.NL:  # libcst keeps what stands on an empty line
                yield at, starts[token.start[0] - 1] + token.start[1]
                is_fresh = False
            if token.type == tokenize.NEWLINE or (token.type == tokenize.NL and not in_statement):
                at, is_fresh, in_statement = starts[min(token.start[0], len(starts) - 1)], True, False
            elif token.type not in (tokenize.COMMENT, tokenize.NL):
                in_statement = True
    except (tokenize.TokenError, SyntaxError):
        return


def _effective(white: str) -> str:
    """What counts as indentation: of lines joined by backslashes the first that has any, of each what follows its form feeds."""
    lines = [line.rpartition("\f")[2] for line in _LINE_END.sub("\n", white).split("\\\n")]
    return next(filter(None, lines), "")
