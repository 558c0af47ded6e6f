"""What a row or a list of names of the user's configuration may say, by table."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from keyword import iskeyword

from streamlint.immutable import immutable
from streamlint.knowledge.blocking import Tier
from streamlint.knowledge.extended import LISTS
from streamlint.knowledge.framework_table import Frameworks
from streamlint.knowledge.frameworks import Purpose, Runner
from streamlint.knowledge.names import names
from streamlint.knowledge.off_loop import Result, Where
from streamlint.knowledge.resources import End
from streamlint.knowledge.responses import Fate
from streamlint.knowledge.table import Row, read

_WORDS = {str: "a string", int: "a number", bool: "true or false"}
_ITERATORS = ("sync-iterator", "async-iterator", "sync-iterator-wsgi", "async-iterator-wsgi")
_SOURCES = ("docs", "release", "since")


@immutable
class Key:
    """The type of a value, and the values that it may have where these are few."""

    type: type
    choices: tuple[str, ...] = ()
    is_needed: bool = False
    """Without it a row says nothing."""
    is_argument: bool = False
    """Whether it is the name of an argument."""

    def fault(self, value: object) -> str:
        """Why a value cannot stand here, or nothing."""
        if type(value) is not self.type:
            return f"must be {_WORDS[self.type]}, not {_WORDS.get(type(value), type(value).__name__)}"
        if self.type is int and isinstance(value, int) and value < 0:
            return f"must be a position from 0, not {value}"
        if value == "":
            return "must not be empty"
        if self.is_argument and not str(value).isidentifier():
            return f"must be the name of an argument, not `{value}`"
        if self.choices and value not in self.choices:
            return f"must be one of {', '.join(self.choices)}, not `{value}`{_near(str(value), self.choices)}"
        return ""


_TEXT, _POSITION, _TRUTH, _ARGUMENT = Key(str), Key(int), Key(bool), Key(str, is_argument=True)


def fault(table: str, row: Mapping[str, object]) -> tuple[str, str] | None:
    """What is wrong with a row: the key, and why; None where it can be used."""
    known = keys(table)
    for name, value in row.items():
        if name not in known:
            return name, f"is no key of such a row{_near(name, tuple(known))}; known keys: {', '.join(known)}"
        if why := known[name].fault(value):
            return name, why
    for name, key in known.items():
        if key.is_needed and name not in row:
            return name, f"must be given: one of {', '.join(key.choices)}"
    if not _is_dotted(str(row.get("name", ""))):
        return "name", "must be the dotted name under which a function is imported, as in `shop.printer.print_label`"
    if "position" in row and "keyword" in row:
        return "keyword", "says another place than `position`; one of them is enough"
    return None


def _is_name(text: str) -> bool:
    return all(part.isidentifier() and not iskeyword(part) for part in text.split("."))


def _is_dotted(text: str) -> bool:
    return "." in text and _is_name(text)


def keys(table: str) -> dict[str, Key]:
    """What a row of this table may have."""
    return _tables()[table]


@cache
def _tables() -> dict[str, dict[str, Key]]:
    return {
        "blocking-calls": _of_blocking_calls(),
        "off-loop": _of_off_loop(),
        "entry-points": _of_entry_points(),
        "responses": _of_responses(),
        "resources": {"name": _TEXT, "end": Key(str, tuple(End), is_needed=True)},
        "contexts": {"name": _TEXT, "framework": Key(str, _with_contexts(), is_needed=True)},
        "shared-state": _of_shared_state(),
    }


def _of_blocking_calls() -> dict[str, Key]:
    texts = dict.fromkeys(("name", "reason", "replacement"), _TEXT)
    return {**texts, "tier": Key(str, tuple(Tier)), "thread-safe": _TRUTH}


def _of_off_loop() -> dict[str, Key]:
    return {
        "name": _TEXT,
        "kind": Key(str, tuple(Where)),
        "position": _POSITION,
        "keyword": _ARGUMENT,
        "result": Key(str, tuple(Result)),
        **dict.fromkeys(("variadic", "beside", "outlives"), _TRUTH),
    }


def _of_entry_points() -> dict[str, Key]:
    runner = Key(str, tuple(Runner))
    return {
        "name": _TEXT,
        "kind": Key(str, tuple(kind for kind in Purpose if kind is not Purpose.INCLUDE)),
        "framework": Key(str, Frameworks().names),
        "factory": _TRUTH,
        "handler": _POSITION,
        "handler-keyword": _ARGUMENT,
        "path": _POSITION,
        "path-keyword": _ARGUMENT,
        "sync": runner,
        "async": runner,
        "off-path": _TRUTH,
    }


def _of_responses() -> dict[str, Key]:
    return {
        **_columns(read("responses"), "response"),
        "framework": Key(str, Frameworks().names, is_needed=True),
        **dict.fromkeys(_ITERATORS, Key(str, tuple(fate for fate in Fate if fate))),
    }


def _with_contexts() -> tuple[str, ...]:
    """The frameworks of which it is known when their contexts end."""
    return tuple(row.text("framework") for row in read("contexts").rows("context"))


def _of_shared_state() -> dict[str, Key]:
    """What holds for all kinds of rows that have names."""
    table = read("shared_state")
    lists = (kind for kind, rows in table.values.items() if isinstance(rows, list))
    kinds = tuple(kind for kind in lists if any(row.texts("names") for row in table.rows(kind)))
    keeps = tuple(dict.fromkeys(row.text("keeps") for row in table.rows("cache")))
    return {"name": _TEXT, "kind": Key(str, kinds, is_needed=True), "keeps": Key(str, keeps)}


def _columns(table: Row, kind: str) -> dict[str, Key]:
    """The columns of a shipped table that hold one value, by the type that they have there."""
    values = {name: value for row in table.rows(kind) for name, value in row.values.items()}
    own = {
        name: Key(type(value), is_argument=name.endswith("-keyword"))
        for name, value in values.items()
        if type(value) in _WORDS and name not in _SOURCES
    }
    return {"name": _TEXT, **own}


def table_fault(table: str) -> str:
    """Why no names can be added to this table, or nothing."""
    if table in LISTS:
        return ""
    return f"is no table of names{_near(table, LISTS)}; known tables: {', '.join(LISTS)}"


def list_fault(table: str, name: str) -> str:
    """Why this table has no such list, or nothing."""
    known = tuple(read(table).values)
    if name in known:
        return ""
    return f"is no list of this table{_near(name, known)}; known lists: {', '.join(known)}"


def name_fault(table: str, name: str, word: str) -> str:
    """Why this list can hold no such name, or nothing; a list of dotted names holds no others."""
    shipped = names(table, name)
    if all(map(_is_dotted, shipped)) and not _is_dotted(word):
        return f"must hold dotted names, as `{min(shipped)}`, not {word!r}"
    if all(map(_is_name, shipped)) and not _is_name(word):
        return f"must hold names, as `{min(shipped)}`, not {word!r}"
    return ""


def _near(word: str, known: tuple[str, ...]) -> str:
    found = get_close_matches(word.lower(), known, n=1, cutoff=0.5)
    return f" (did you mean `{found[0]}`?)" if found else ""
