"""How text from outside looks on a screen: what cannot be printed, wide characters, tabs, lines that are too long."""

from __future__ import annotations

import re
import unicodedata

_COLOUR = re.compile(r"(\x1b\[[\d;]*m)")
_COMMAND = "##["
"""With this, anywhere in a line, a command to GitHub's runner begins (ActionCommand.cs of actions/runner)."""
_COMMAND_LINE = re.compile(r"^([^\S\n]*):(?=:(?!:))", re.MULTILINE)
"""With two colons, behind any white space, a line begins that is one."""
_TAB = 4
_LIMIT = 160
_LEAD = 40


def clean(character: str) -> str:
    """What stands on the screen for one character of source."""
    if character == "\t":
        return " " * _TAB
    return character if character.isprintable() else "\N{REPLACEMENT CHARACTER}"


def printable(text: str) -> str:
    """A line of source, each character as one that takes a known width."""
    return "".join(map(clean, text)).replace(_COMMAND, "\N{REPLACEMENT CHARACTER}#[")


def visible(text: str, keep: str = "") -> str:
    """A name or message on one line: what would move the cursor or hide is written as Python would, `\\n` or `\\x1b`.

    A byte of a file name that is no text (a lone surrogate, PEP 383) is written as that byte.
    """
    if not text.isprintable():
        text = "".join(each if each.isprintable() or each in keep else _escaped(each) for each in text)
    return text.replace(_COMMAND, "#\\x23[")


def _escaped(character: str) -> str:
    number = ord(character)
    return f"\\x{number - 0xDC00:02x}" if 0xDC80 <= number <= 0xDCFF else character.encode("unicode_escape").decode()


def printed(text: str, colour: bool = False) -> str:
    """Lines that were put together for a person, with nothing left in them that a terminal or a CI system obeys.

    Names are made visible where they enter a text; this is what every text passes at the end. Only our colours stay.
    """
    lines = (_line(line, colour) for line in text.split("\n"))
    return _COMMAND_LINE.sub(r"\1\\x3a", "\n".join(lines))


def _line(line: str, colour: bool) -> str:
    if not colour:
        return visible(line, "\t")
    return "".join(part if _COLOUR.fullmatch(part) else visible(part, "\t") for part in _COLOUR.split(line))


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
