"""What a row of the user's configuration may say, by table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from streamlint.knowledge.blocking import Tier
from streamlint.knowledge.frameworks import Frameworks, Purpose, Runner
from streamlint.knowledge.off_loop import Result, Where

_WORDS = {str: "a string", int: "a number", bool: "true or false"}


@dataclass(frozen=True)
class Key:
    """The type of a value, and the values that it may have where these are few."""

    type: type
    choices: tuple[str, ...] = ()

    def fault(self, value: object) -> str:
        """Why a value cannot stand here, or nothing."""
        if type(value) is not self.type:
            return f"must be {_WORDS[self.type]}, not {_WORDS.get(type(value), type(value).__name__)}"
        if self.type is int and isinstance(value, int) and value < 0:
            return f"must be a position from 0, not {value}"
        if self.choices and value not in self.choices:
            return f"must be one of {', '.join(self.choices)}, not `{value}`{_near(str(value), self.choices)}"
        return ""


_TEXT, _POSITION, _TRUTH = Key(str), Key(int), Key(bool)


def fault(table: str, row: Mapping[str, object]) -> tuple[str, str] | None:
    """What is wrong with a row: the key, and why; None where it can be used."""
    known = keys(table)
    for name, value in row.items():
        if name not in known:
            return name, f"is no key of such a row{_near(name, tuple(known))}; known keys: {', '.join(known)}"
        if why := known[name].fault(value):
            return name, why
    dotted = str(row.get("name", ""))
    if "." not in dotted or not all(part.isidentifier() for part in dotted.split(".")):
        return "name", "must be the dotted name under which a function is imported, as in `shop.printer.print_label`"
    return None


def keys(table: str) -> dict[str, Key]:
    """What a row of this table may have."""
    return _tables()[table]


@cache
def _tables() -> dict[str, dict[str, Key]]:
    runner = Key(str, tuple(Runner))
    return {
        "blocking-calls": {
            "name": _TEXT,
            "reason": _TEXT,
            "replacement": _TEXT,
            "tier": Key(str, tuple(Tier)),
            "thread-safe": _TRUTH,
        },
        "off-loop": {
            "name": _TEXT,
            "kind": Key(str, tuple(Where)),
            "position": _POSITION,
            "keyword": _TEXT,
            "result": Key(str, tuple(Result)),
        },
        "entry-points": {
            "name": _TEXT,
            "kind": Key(str, tuple(kind for kind in Purpose if kind is not Purpose.INCLUDE)),
            "framework": Key(str, Frameworks().names),
            "factory": _TRUTH,
            "handler": _POSITION,
            "handler-keyword": _TEXT,
            "path": _POSITION,
            "path-keyword": _TEXT,
            "sync": runner,
            "async": runner,
            "off-path": _TRUTH,
        },
    }


def _near(word: str, known: tuple[str, ...]) -> str:
    found = get_close_matches(word.lower(), known, n=1, cutoff=0.5)
    return f" (did you mean `{found[0]}`?)" if found else ""
