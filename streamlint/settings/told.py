"""Settings as people read them: one line a key, as it would be written in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from streamlint.selectors import EVERYTHING
from streamlint.settings.keys import KEYS

if TYPE_CHECKING:
    from streamlint.config import Config

_EVERYTHING = "ALL"
_ELSEWHERE = ("extend",)
"""Keys that are gone once a file is read."""


def told(config: Config) -> Iterator[str]:
    """The settings in the order of the documentation, those that hold by default too."""
    values = _values(config)
    for key in KEYS:
        if key not in _ELSEWHERE and (key != "baseline" or config.baseline is not None):
            yield f"{key} = {_toml(values[key] if key in values else list(config.rows.get(key, ())))}"


def _values(config: Config) -> dict[str, Any]:
    selection = config.selection
    chosen = (EVERYTHING,) if selection.select is None else selection.select
    return {
        "select": [_EVERYTHING if each == EVERYTHING else each for each in chosen],
        "extend-select": list(selection.extend_select),
        "ignore": list(selection.ignore),
        "per-file-ignores": {pattern: list(codes) for pattern, codes in config.per_file_ignores},
        "severity": {prefix: severity.value for prefix, severity in config.severities},
        "exclude": list(config.exclude),
        "extend-exclude": list(config.extend_exclude),
        "fix-level": config.fix_level.value,
        "output-format": config.output_format or "full",
        "baseline": str(config.baseline or ""),
        "versions": dict(config.versions),
        "versions-from-environment": config.versions_from_environment,
        "async-library": config.async_library,
        "streaming-paths": list(config.streaming_paths),
        "longest-silence": config.longest_silence,
        "longest-stream": config.longest_stream,
        "names": {table: {name: list(words) for name, words in lists.items()} for table, lists in config.names.items()},
    }


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_text(str(key))} = {_toml(each)}" for key, each in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return _text(str(value))


def _text(text: str) -> str:
    escaped = "".join(_escaped(character) for character in text)
    return f'"{escaped}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08X}"
