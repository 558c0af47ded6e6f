"""What is measured on what: the rows of `programs.toml` and `trees.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Program:
    """A row of `programs.toml`."""

    name: str
    arguments: tuple[str, ...]
    needs: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    """What runs before it is measured."""
    edits: str = ""
    """What is added to the tree's file before each measured run."""
    within: int | None = None


@dataclass(frozen=True)
class Tree:
    """A row of `trees.toml`, unpacked."""

    name: str
    folder: Path
    file: Path

    @property
    def size(self) -> int:
        return sum(1 for _ in self.folder.rglob("*.py"))


def programs() -> list[Program]:
    return [
        Program(
            row["name"],
            tuple(row["arguments"]),
            tuple(row.get("needs", ())),
            tuple(row["arguments"] if row.get("first") is True else row.get("first", ())),
            row.get("edits", ""),
            row.get("within"),
        )
        for row in _rows("program")
    ]


def trees() -> Iterator[tuple[str, tuple[str, ...], str]]:
    """The name, the wheels and the file of routes of each tree."""
    for row in _rows("tree"):
        wheels = tuple(row["wheels"])
        yield row.get("name", wheels[0]), wheels, row["file"]


def _rows(kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((HERE / f"{kind}s.toml").read_text("utf-8"))[kind]
    return found
