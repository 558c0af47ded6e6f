"""Where the comments of a text of Python stand, as far as its quotes tell: no parser is asked, so every file can be."""

from __future__ import annotations

import re
from collections.abc import Iterator

_BETWEEN_QUOTES = r"""
    \#[^\n\r]*+
    |\"\"\"(?:[^"\\]++|\\.|"(?!""))*+\"\"\"
    |'''(?:[^'\\]++|\\.|'(?!''))*+'''
    |"(?:[^"\\\n\r]++|\\.)*+"
    |'(?:[^'\\\n\r]++|\\.)*+'
"""
_TEXT = re.compile(_BETWEEN_QUOTES, re.DOTALL | re.VERBOSE)
_BYTES = re.compile(_BETWEEN_QUOTES.encode(), re.DOTALL | re.VERBOSE)


def uncommented(text: str) -> str:
    """The text with blanks in place of its comments, so that all else stays where it stands."""
    return _TEXT.sub(_blank, text) if "#" in text else text


def comments_in(text: str) -> Iterator[str]:
    """Each comment of a text, from its sign on."""
    return (match[0].rstrip() for match in _TEXT.finditer(text) if _is_comment(match[0]))


def uncommented_bytes(content: bytes) -> bytes:
    """The same of a text in UTF-8."""
    return _BYTES.sub(_blank_bytes, content) if b"#" in content else content


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0]) if _is_comment(match[0]) else match[0]


def _blank_bytes(match: re.Match[bytes]) -> bytes:
    is_kept = match[0][:1] != b"#" or _is_in_braces(match[0].decode("utf-8", "replace"))
    return match[0] if is_kept else b" " * len(match[0])


def _is_comment(text: str) -> bool:
    return text[0] == "#" and not _is_in_braces(text)


def _is_in_braces(text: str) -> bool:
    """Whether it may be a part of `f"{made["#"]}"`, which has quotes within its quotes since Python 3.12."""
    return "}" in text and not {'"', "'"}.isdisjoint(text)
