"""Findings that a project has already, and which findings of a run are among them.

An entry is known by its file, its code, its text without the names of its variables, and the function that it stands in.
Lines do not count, and where the function or the file is not there any more, they were renamed.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum, auto
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamlint import disk
from streamlint.immutable import immutable
from streamlint.likeness import Likeness
from streamlint.parts import part_of, parts_of

if TYPE_CHECKING:
    from streamlint.finding import Finding
    from streamlint.model.modules import Module
    from streamlint.source import Source

SCHEMA = 1


class BrokenBaseline(Exception):
    """A file that is no baseline; the message says why, in words for its owner."""


@immutable(order=True)
class Entry:
    """What a finding is known by; `path` is relative to the folder of the baseline, with `/`."""

    path: str
    code: str
    function: str
    text: str


class _How(Enum):
    """What may have become of an entry since it was written; the surest comes first."""

    SAME = auto()
    RENAMED = auto()
    MOVED = auto()


@dataclass
class Baseline:
    """The entries below a folder, each with how often it is there; remembers which were met."""

    root: Path
    entries: Counter[Entry] = field(default_factory=Counter)
    _met: dict[str, Counter[Entry]] = field(default_factory=dict)
    _seen: dict[str, Counter[Entry]] = field(default_factory=dict)

    def split(
        self, source: Source, module: Module | None, findings: Sequence[Finding]
    ) -> tuple[list[Finding], list[Finding]]:
        """The findings of a file that are new, and those that are known; may be asked again for another text of it."""
        here = self._path(source.path)
        self._met[here] = met = Counter[Entry]()
        functions = parts_of(module)
        likeness = Likeness(source)
        left = [(_entry(here, module, finding, likeness), finding) for finding in findings]
        self._seen[here] = Counter(entry for entry, _ in left)
        known: list[Finding] = []
        for how in _How:
            rest = []
            for entry, finding in left:
                found = self._found(entry, how, functions)
                if found is None:
                    rest.append((entry, finding))
                else:
                    met[found] += 1
                    known.append(finding)
            left = rest
        return [finding for _, finding in left], known

    def _found(self, entry: Entry, how: _How, functions: frozenset[str]) -> Entry | None:
        """An entry that may be this finding's, and that none has met yet."""
        for old in self._alike.get((entry.code, entry.text), ()):
            is_it = {
                _How.SAME: old == entry,
                _How.RENAMED: old.path == entry.path and old.function not in functions,
                _How.MOVED: old.function == entry.function and self._is_gone(old.path),
            }[how]
            if is_it and self._is_left(old):
                return old
        return None

    def stale(self) -> Counter[Entry]:
        """The entries that nothing met: of the files that were looked at, and of those that are gone."""
        met = sum(self._met.values(), Counter[Entry]())
        left = self.entries - met
        return Counter({each: n for each, n in left.items() if each.path in self._met or self._is_gone(each.path)})

    def seen(self) -> Counter[Entry]:
        """All findings of the files that were looked at, and the entries of those that were not."""
        seen = sum(self._seen.values(), Counter[Entry]())
        rest = {e: n for e, n in self.entries.items() if e.path not in self._seen and not self._is_gone(e.path)}
        return seen + Counter(rest)

    def _is_left(self, entry: Entry) -> bool:
        return sum(met[entry] for met in self._met.values() if entry in met) < self.entries[entry]

    def _is_gone(self, path: str) -> bool:
        if path not in self._gone:
            self._gone[path] = not disk.exists(self.root / path)
        return self._gone[path]

    @cached_property
    def _gone(self) -> dict[str, bool]:
        return {}

    @cached_property
    def _alike(self) -> dict[tuple[str, str], list[Entry]]:
        found: dict[tuple[str, str], list[Entry]] = {}
        for entry in sorted(self.entries):
            found.setdefault((entry.code, entry.text), []).append(entry)
        return found

    def _path(self, path: Path) -> str:
        return os.path.relpath(path, self.root).replace(os.sep, "/")


def _entry(here: str, module: Module | None, finding: Finding, likeness: Likeness) -> Entry:
    """What a finding in the file `here` is known by."""
    span = finding.place.span
    return Entry(here, finding.code, part_of(module, span.start), likeness.of(span))


def read(path: Path) -> Baseline:
    """Read a file that `text` made; raises `BrokenBaseline`."""
    try:
        document = json.loads(disk.read_bytes(path).decode("utf-8-sig"))
    except OSError as error:
        raise BrokenBaseline(f"cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise BrokenBaseline(f"is not valid JSON: {error}") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise BrokenBaseline(f"is no baseline of streamlint with `schema` {SCHEMA}")
    rows = document.get("findings")
    if not isinstance(rows, list):
        raise BrokenBaseline("`findings` must be a list")
    counts: Counter[Entry] = Counter()
    for number, row in enumerate(rows, 1):
        counts[_read_entry(row, number)] += _count(row, number)
    return Baseline(Path(disk.real(path)).parent, counts)


def text(entries: Counter[Entry]) -> str:
    """What a baseline's file holds; in a fixed order, a line each, so that versions can be compared."""
    rows = [json.dumps({**asdict(entry), "count": entries[entry]}, ensure_ascii=False) for entry in sorted(entries)]
    inside = "\n    " + ",\n    ".join(rows) + "\n  " if rows else ""
    return f'{{\n  "schema": {SCHEMA},\n  "findings": [{inside}]\n}}\n'


def _read_entry(row: Any, number: int) -> Entry:
    names = ("path", "code", "function", "text")
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in names):
        raise BrokenBaseline(f"entry {number} must have the texts {', '.join(f'`{name}`' for name in names)}")
    return Entry(*(row[name] for name in names))


def _count(row: dict[str, Any], number: int) -> int:
    count = row.get("count", 1)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise BrokenBaseline(f"entry {number}: `count` must be a number from 1 on")
    return count
