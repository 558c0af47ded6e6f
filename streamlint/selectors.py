"""How a person names rules: by code, by the beginning of codes, by name, or ALL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

Codes = Mapping[str, str]
"""Every code that exists, with its name."""

EVERYTHING = "STL"
_CODE = re.compile(r"(?=.*\d)[stl]{1,4}[-_ ]?[\doils]{1,4}", re.IGNORECASE)
"""What was meant to be a code."""
_FOREIGN = re.compile(r"([a-z]{1,4})[-_ ]?\d{2,}")
"""What was meant to be a code, of whichever program."""
_MEANT = str.maketrans("oOiIlLsS", "00111155")
_PART = re.compile(r"[a-z]{3,}")
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
    """The known word that somebody who wrote this may have meant, or nothing: by letters, then by whole words.

    Of a number a wrong digit says nothing, so a code is only mended where letters stand for digits, or are out of order, and a
    code of another program means none of ours.
    """
    words = {word.lower(): word for word in known}
    if _CODE.fullmatch(written):
        return words.get(f"stl{written.lower().lstrip('stl-_ ').translate(_MEANT)}", "")
    from difflib import get_close_matches  # of use where somebody errs

    foreign = _FOREIGN.fullmatch(written.lower())
    if foreign is not None and not get_close_matches(foreign[1], [EVERYTHING.lower()], cutoff=0.6):
        return ""
    found = get_close_matches(written.lower(), words, n=1, cutoff=0.6)
    return words[found[0]] if found else _by_words(written.lower(), words)


def _by_words(written: str, words: Mapping[str, str]) -> str:
    """The known word that shares most of its parts with what was written, at least one; of equals the shortest."""
    parts = set(_PART.findall(written))
    shared = {word: len(parts & set(_PART.findall(word))) for word in words}
    best = max(shared, key=lambda word: (shared[word], -len(word), word), default="")
    return words[best] if shared.get(best) else ""
