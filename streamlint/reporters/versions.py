"""The releases that are assumed, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence

from streamlint.releases.told import Told
from streamlint.reporters import relative
from streamlint.reporters.text import visible

_HEAD = ("FOLDER", "PACKAGE", "RELEASE", "SAID BY")


def told(rows: Sequence[Told]) -> list[tuple[str, ...]]:
    """A head, and a row for each package."""
    lines = [(relative(row.folder), row.package, row.release, _said_by(row)) for row in rows]
    return [_HEAD, *(tuple(map(visible, line)) for line in lines)]


def listed(rows: Sequence[Told]) -> list[dict[str, object]]:
    return [
        {
            "folder": relative(row.folder),
            "package": row.package,
            "release": row.release,
            "source": row.source if row.path is None else "file",
            "file": relative(row.path) if row.path is not None else "",
            "line": row.line,
        }
        for row in rows
    ]


def _said_by(row: Told) -> str:
    return row.source if row.path is None else f"{relative(row.path)}:{row.line}"
