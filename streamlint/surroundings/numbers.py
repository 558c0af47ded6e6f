"""What a number comes to that somebody wrote: one that no port, count or time can have is none."""

from __future__ import annotations

_LONGEST = 18
"""Digits; Python refuses to read some thousand of them."""


def whole_number(text: str) -> int | None:
    """A whole number in plain digits."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST else None
