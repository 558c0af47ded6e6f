"""Colours on a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from streamlint.immutable import immutable

_CODES = {
    "error": "1;31", "warning": "1;33", "advice": "1;36", "strong": "1", "gutter": "1;34", "secondary": "1;34",
    "help": "1;36", "hint": "1;33", "note": "1", "added": "32", "removed": "31", "dim": "2", "good": "1;32", "code": "36",
}  # fmt: skip


WIDTH = 120
"""Columns where the output is no terminal."""


@immutable
class Style:
    """Paints text by its role, or leaves it as it is."""

    colour: bool = False
    width: int = WIDTH
    """Columns that texts are wrapped to."""

    def paint(self, role: str, text: str) -> str:
        return f"\x1b[{_CODES[role]}m{text}\x1b[0m" if self.colour and text and role else text


def wants_colour(environment: Mapping[str, str], is_terminal: bool) -> bool:
    """FORCE_COLOR and NO_COLOR mean something when set and not empty (https://no-color.org); NO_COLOR wins."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return environment["FORCE_COLOR"] != "0"
    return is_terminal and environment.get("TERM") != "dumb"
