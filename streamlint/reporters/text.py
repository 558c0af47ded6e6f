"""How a line of source looks on a screen: tabs, wide and unprintable characters, lines that are too long."""

from __future__ import annotations

import unicodedata

_TAB = 4
_LIMIT = 160
_LEAD = 40


def clean(character: str) -> str:
    """What stands on the screen for one character of source."""
    if character == "\t":
        return " " * _TAB
    return character if character.isprintable() else "\N{REPLACEMENT CHARACTER}"


def printable(text: str) -> str:
    return "".join(map(clean, text))


def width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    return sum(map(_width, text))


def window(line: str, start: int, end: int) -> tuple[str, int, int]:
    """The part of an over-long line around the characters `start` to `end`, with both counted in it."""
    if len(line) <= _LIMIT:
        return line, start, end
    left = max(0, start - _LEAD)
    right = min(len(line), left + _LIMIT)
    before, behind = ("…" if left else ""), ("…" if right < len(line) else "")
    shift = len(before) - left
    return f"{before}{line[left:right]}{behind}", start + shift, min(end, right) + shift


def _width(character: str) -> int:
    if character == "\t":
        return _TAB
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0 if character.isprintable() else 1
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
