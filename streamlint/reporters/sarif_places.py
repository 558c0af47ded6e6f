"""Places as SARIF counts them: files below the repository, columns in UTF-16 code units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streamlint.reporters.roots import uri

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from streamlint.finding import Place
    from streamlint.source import Position, Source, Span

BASE = "%SRCROOT%"


class Places:
    """Locations in the files of a report."""

    def __init__(self, base: Path, sources: Mapping[Path, Source]) -> None:
        self._base = base
        self._sources = sources

    def source(self, path: Path) -> Source | None:
        return self._sources.get(path)

    def artifact(self, path: Path) -> dict[str, str]:
        where = {"uri": uri(path, self._base)}
        return {**where, "uriBaseId": BASE} if path.is_relative_to(self._base) else where

    def location(self, place: Place, message: str = "", number: int | None = None) -> dict[str, Any]:
        source = self._sources.get(place.path)
        if source is None:
            region = _region(place.start, _column(place.line, place.start), place.end, place.end.column)
        else:
            region = region_of(source, place.span)
        physical = {"artifactLocation": self.artifact(place.path), "region": region}
        told = {"message": {"text": message}} if message else {}
        numbered = {"id": number} if number is not None else {}
        return {**numbered, "physicalLocation": physical, **told}


def region_of(source: Source, span: Span) -> dict[str, int]:
    start, end = source.position(span.start), source.position(span.end)
    columns = (_column(source.line(position.line), position) for position in (start, end))
    return _region(start, next(columns), end, next(columns))


def _region(start: Position, start_column: int, end: Position, end_column: int) -> dict[str, int]:
    return {"startLine": start.line, "startColumn": start_column, "endLine": end.line, "endColumn": end_column}


def _column(line: str, position: Position) -> int:
    """A column counted from 1 in UTF-16 code units: what lies beyond U+FFFF takes two."""
    return position.column + sum(ord(character) > 0xFFFF for character in line[: position.column - 1])
