"""Frozen values as plain data for JSON, and back: who can write the file can make findings with it, and nothing else."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints


def plain(value: Any) -> Any:
    """Lists, dicts, texts and numbers that hold a value; what has its default is left out."""
    if is_dataclass(value):
        held = ((row, getattr(value, row.name)) for row in fields(value))
        return {row.name: plain(one) for row, one in held if row.default is MISSING or one != row.default}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, frozenset):
        return [plain(one) for one in sorted(value)]
    return [plain(one) for one in value] if isinstance(value, tuple) else value


def valued(kind: Any, held: Any) -> Any:
    """The value of a type that plain data hold. Raises `TypeError`, `ValueError` or `LookupError` where they hold none."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return None if held is None else valued(next(one for one in inner if one is not type(None)), held)
    if origin is not None:
        return origin(valued(inner[0], one) for one in _of(list, held))
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{name: valued(hints[name], one) for name, one in _of(dict, held).items()})
    return kind(held) if issubclass(kind, Enum | Path) else _of(kind, held)


def _of(kind: type[Any], held: Any) -> Any:
    if type(held) is not kind:
        raise TypeError(f"{held!r} is no {kind.__name__}")
    return held


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
