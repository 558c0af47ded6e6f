"""Regular expressions that stand in the files of other programs, and which of them may take for ever."""

from __future__ import annotations

import re
import warnings
from functools import cache

_LONG = 20
"""Characters for which a pattern that repeats repetitions may be asked: each more may double the time."""
_PIECE = re.compile(
    r"\\.|\[\^?\]?(?:[^\]\\]|\\.)*\]|(?P<open>\()|(?P<close>\))(?P<again>[*+{])?|(?P<choice>[*+{|])|[\s\S]"
)
_GROUP = re.compile(r"\(\?<(?![=!])")


@cache
def expression(pattern: str, *, ignores_case: bool = False) -> re.Pattern[str] | None:
    """A regular expression of another program; None where Python does not understand it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what may mean something else in a later Python
            return re.compile(_GROUP.sub("(?P<", pattern), re.IGNORECASE if ignores_case else 0)
    except (re.error, RecursionError, OverflowError):
        return None


def is_too_long(pattern: str, path: str) -> bool:
    """Whether the answer may take for ever: a group is repeated in which something is repeated, or may be one of several."""
    return len(path) > _LONG and _repeats_repetitions(pattern)


@cache
def _repeats_repetitions(pattern: str) -> bool:
    open_: list[bool] = [False]
    for piece in _PIECE.finditer(pattern):
        if piece["open"]:
            open_.append(False)
        elif piece["choice"]:
            open_[-1] = True
        elif piece["close"] and len(open_) > 1:
            has_choice = open_.pop()
            if has_choice and piece["again"]:
                return True
            open_[-1] |= has_choice or bool(piece["again"])
    return False
