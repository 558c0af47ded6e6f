"""What was found before files got other comments or empty lines, as it would be found now.

No finding depends on a comment, but for the repairs that look at it: what the model asks of a text before it is parsed passes
comments over (`model/texts.py`), a Summary has none, and where a repair looked is known (`disk.note_piece`). So all findings stay,
at their new places, except those of a file whose repairs may have seen what changed: that file is looked at again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from streamlint import disk, project
from streamlint.finding import Also, Finding, Place, Related
from streamlint.fix import Edit, Fix
from streamlint.import_starts import names_in
from streamlint.intake import LLAMA_MODULE
from streamlint.kept.contents import Contents
from streamlint.kept.moves import Moves, moves
from streamlint.kept.plain import plain, valued
from streamlint.links import real_path
from streamlint.source import SIZE_LIMIT, Source, Span, UnreadableFile
from streamlint.surroundings.names import declares_resources, is_dependency_file, is_deployment_file

_Placed = TypeVar("_Placed", Related, Also)
_Moved = TypeVar("_Moved")
Registering: TypeAlias = Callable[[Path], Sequence[str]]
_MOST = 32
"""Files; where more have changed, a branch was changed, and not their comments."""


class _Lost(Exception):
    """Something stood where comments changed."""


def renewed(
    kept: Mapping[str, Any], rewritten: Iterable[str], contents: Contents, registering: Registering
) -> dict[str, Any] | None:
    """What was kept, for the files as they are now; None where more than comments changed in those that were rewritten.

    `registering` gives the names of functions that register others in a file, as its settings have them. Raises `LookupError`,
    `TypeError` or `ValueError` where nothing of ours was kept.
    """
    files, seen = list(rewritten), dict(kept["seen"])
    if len(files) > _MOST or not all(_is_plain_code(path) for path in files):
        return None
    moved: dict[str, Moves] = {}
    held: dict[Path, str] = {}
    for path in files:
        limit, *_, digest = seen["read"][path]
        if held.setdefault(real_path(Path(path)), digest) != digest:  # it was written while that run read it
            return None
        found = _moves(Path(path), contents.of(digest), registering)
        if found is None:
            return None
        moved[path] = found
        seen["read"] = {**seen["read"], path: (limit, -1, 0, 0, found.digest)}
    renewal = _Renewal(moved)
    seen["pieces"] = dict.fromkeys(renewal.pieces(seen["pieces"]), "")
    found_now, read_now = dict(renewal.found(kept["found"])), list(renewal.read(kept["read"]))
    return {**kept, "seen": seen, "found": found_now, "read": read_now}


def _is_plain_code(path: str) -> bool:
    return path.endswith(".py") and not is_dependency_file(path) and not is_deployment_file(path)


def _moves(path: Path, before: bytes | None, registering: Registering) -> Moves | None:
    """How the places of a file move; None where its new content may mean something else, to whoever looks at its bytes too."""
    try:
        after = disk.read_bytes(path, SIZE_LIMIT + 1)
        if before is None or len(after) > SIZE_LIMIT or declares_resources(after):
            return None
        names = registering(path)
        if _looks(before, names) != _looks(after, names):
            return None
        return moves(Source.decode(path, before), Source.decode(path, after))
    except (OSError, UnreadableFile):
        return None


def _looks(content: bytes, names: Sequence[str]) -> tuple[object, ...]:
    """What is asked of the bytes of a file before a project has them."""
    return project.interesting(content, names), LLAMA_MODULE.encode() in content, list(names_in(content))


class _Renewal:
    """Where findings go when the places of some files move."""

    def __init__(self, moves: Mapping[str, Moves]) -> None:
        self._real: dict[Path, Path] = {}
        self._moves = {self._really(Path(path)): move for path, move in moves.items()}
        self._touched = set[Path]()
        """The files of which comments were seen that changed."""
        names = "|".join(re.escape(json.dumps(path.name)[1:-1]) for path in self._moves)
        self._naming, self._telling = re.compile(rf"(?:{names})\""), re.compile(rf"(?:{names}):\d")
        """One of the files as the path of a place, and a line of one in words."""

    def _really(self, path: Path) -> Path:
        if path not in self._real:
            self._real[path] = real_path(path)
        return self._real[path]

    def _move(self, path: Path) -> Moves | None:
        return self._moves.get(self._really(path))

    def pieces(self, pieces: Iterable[str]) -> Iterator[str]:
        """The pieces of which comments were seen, as they are now; to be asked before all else."""
        for piece in pieces:
            first, last, path = piece.split(":", 2)
            start, end = int(first), int(last)
            move = self._move(Path(path))
            span = move.span(Span(start, end)) if move is not None else Span(start, end)
            if move is not None and (span is None or move.changes(start, end)):
                self._touched.add(self._really(Path(path)))
            elif span is not None:
                yield f"{span.start}:{span.end}:{path}"

    def found(self, found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """The findings by file, without the files that must be looked at again."""
        for path, row in found.items():
            try:
                yield path, self._moved(tuple[Finding, ...], row, self._findings)
            except _Lost:
                continue

    def read(self, read: Iterable[Any]) -> Iterator[Any]:
        """Findings and how they were read, without those that must be read again."""
        for row in read:
            try:
                yield [self._moved(Finding, one, self._finding) for one in row]
            except _Lost:
                continue

    def _moved(self, kind: Any, row: Any, move: Callable[[Any], Any]) -> Any:
        told = json.dumps(row)
        if self._telling.search(told):
            raise _Lost
        return plain(move(valued(kind, row))) if self._naming.search(told) else row

    def _findings(self, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return tuple(map(self._finding, findings))

    def _finding(self, finding: Finding) -> Finding:
        if self._really(finding.path) in self._touched:
            raise _Lost
        return replace(
            finding,
            place=self._place(finding.place),
            related=self._placed(finding.related),
            also=self._placed(finding.also),
            readers=self._placed(finding.readers),
            fix=self._fix(finding.fix, self._move(finding.path)),
        )

    def _placed(self, rows: tuple[_Placed, ...]) -> tuple[_Placed, ...]:
        return tuple(replace(row, place=self._place(row.place)) for row in rows)

    def _place(self, place: Place) -> Place:
        move = self._move(place.path)
        return place if move is None else _there(move.place(place))

    @staticmethod
    def _fix(fix: Fix | None, move: Moves | None) -> Fix | None:
        if fix is None or move is None:
            return fix
        edits = tuple(Edit(_there(move.span(edit.span)), edit.text) for edit in fix.edits)
        return replace(fix, edits=edits, claims=tuple(_there(move.span(claim)) for claim in fix.claims))


def _there(moved: _Moved | None) -> _Moved:
    if moved is None:
        raise _Lost
    return moved
