"""What a configuration may say: each key with the kind of its value and a sentence, in the order of the documentation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from streamlint.finding import Severity
from streamlint.fix import Level
from streamlint.immutable import immutable

LEVELS = tuple(level.value for level in Level if level is not Level.DISPLAY)
SEVERITIES = tuple(severity.value for severity in Severity)


class Merge(StrEnum):
    """What becomes of a value where a file extends another one that has the key too."""

    REPLACES = "replaces"
    ADDS = "adds"


@immutable
class Key:
    """A key: what its value is, for people and as a JSON Schema, and what an extended file's value means beside it."""

    summary: str
    schema: Mapping[str, Any]
    merge: Merge = Merge.REPLACES


def _list(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "array", "items": item}


_TEXT: Mapping[str, Any] = {"type": "string"}
_TEXTS = _list(_TEXT)
_SECONDS: Mapping[str, Any] = {"type": "number", "exclusiveMinimum": 0}
_CODE: Mapping[str, Any] = {"type": "string", "description": "a code, the beginning of codes, a name, or ALL"}
_CODES = _list(_CODE)


def _map(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "object", "additionalProperties": value}


def _one_of(words: tuple[str, ...]) -> Mapping[str, Any]:
    return {"enum": list(words)}


_OWN: Mapping[str, Key] = {
    "extend": Key("another configuration file, whose settings hold where this one says nothing", _TEXT),
    "select": Key("rules to report; everything but advice, where nothing is said", _CODES),
    "extend-select": Key("rules to report too; the way to switch on advice", _CODES, Merge.ADDS),
    "ignore": Key("rules not to report", _CODES),
    "per-file-ignores": Key("patterns of files, each with rules not to report there", _map(_CODES), Merge.ADDS),
    "severity": Key("rules, each with the severity that it is reported with", _map(_one_of(SEVERITIES)), Merge.ADDS),
    "exclude": Key("patterns of files and folders to leave out, in place of the default list", _TEXTS),
    "extend-exclude": Key("patterns of files and folders to leave out too", _TEXTS, Merge.ADDS),
    "fix-level": Key("the strongest change that --fix makes", _one_of(LEVELS)),
    "output-format": Key("how findings are printed, as --output-format has it", _TEXT),
    "baseline": Key("a file of findings that are known and not reported", _TEXT),
    "versions": Key("packages, each with a version, a line or a range", _map(_TEXT), Merge.ADDS),
    "versions-from-environment": Key(
        "whether packages installed beside streamlint count where the project says nothing exact", {"type": "boolean"}
    ),
    "async-library": Key(
        "whether each `async def` counts as run on an event loop that serves clients, as in a library that others call",
        {"type": "boolean"},
    ),
    "streaming-paths": Key(
        "paths that stream although no Python file says so, `*` at the end for whatever follows", _TEXTS
    ),
    "longest-silence": Key("seconds between two tokens, at most", _SECONDS),
    "longest-stream": Key("seconds from a request to its last token, at most", _SECONDS),
    "names": Key("names to add to the lists of the knowledge tables", _map(_map(_TEXTS)), Merge.ADDS),
}
TABLES = ("blocking-calls", "off-loop", "entry-points", "responses", "resources", "contexts", "shared-state")
_ROWS = _list({"type": "object", "required": ["name"]})
KEYS: Mapping[str, Key] = {
    **_OWN,
    **{name: Key("rows to add to the table of this name", _ROWS, Merge.ADDS) for name in TABLES},
}


def merged(key: str, inherited: Any, own: Any) -> Any:
    """The value of a key where a file extends another one; both have their right types."""
    if KEYS[key].merge is Merge.REPLACES:
        return own
    return inherited + own if isinstance(own, list) else _joined(inherited, own)


def _joined(inherited: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Two tables as one; lists in tables of the same name are put together, all else is replaced."""
    found = dict(inherited)
    for name, value in own.items():
        before = found.get(name)
        join: Callable[[Any, Any], Any] | None = None
        if isinstance(value, dict) and isinstance(before, dict):
            join = _joined
        elif isinstance(value, list) and isinstance(before, list):
            join = list.__add__
        found[name] = value if join is None else join(before, value)
    return found
