"""How a person names rules: by code, by the beginning of codes, by name, or ALL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

Codes = Mapping[str, str]
"""Every code that exists, with its name."""

EVERYTHING = "STL"
FAMILIES = ("STL0", "STL1", "STL2", "STL3", "STL4", "STL5")
"""The published families, also those that have no rule yet: a setting may speak about what comes."""


def prefix(written: str, codes: Codes) -> str:
    """The code, or the beginning of codes, that `written` means; nothing where no rule and no family is called so."""
    upper = written.upper()
    if upper in ("ALL", EVERYTHING, *FAMILIES):
        return EVERYTHING if upper == "ALL" else upper
    for code, name in codes.items():
        if written.lower() == name:
            return code
    known = len(upper) > len(EVERYTHING) and any(code.startswith(upper) for code in codes)
    return upper if known else ""


def nearest(written: str, known: Iterable[str]) -> str:
    """The known word that is most like `written`, or nothing."""
    words = {word.lower(): word for word in known}
    found = get_close_matches(written.lower(), words, n=1, cutoff=0.5)
    return words[found[0]] if found else ""
