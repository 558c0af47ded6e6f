"""What rules said of each file, kept for runs over other files of the same project, or with another kind of report."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from streamlint import disk
from streamlint.finding import Finding
from streamlint.kept.folder import Folder
from streamlint.kept.plain import plain, valued

_NONE: dict[str, Any] = {"seen": {}, "found": {}, "read": []}


@dataclass
class Findings:
    """Findings by file, before comments and baselines take any back, in a folder under a name; of runs that read the same disk."""

    folder: Folder
    name: str
    found: dict[Path, list[Finding]] = field(default_factory=dict)
    """What this run was told of each file."""
    read: dict[Finding, Finding] = field(default_factory=dict)
    """Of those, with who reads the answers that their fixes change."""

    def of(self, path: Path) -> list[Finding] | None:
        """What an earlier run found in a file, where the disk is as it was."""
        row = self._earlier["found"].get(str(path))
        try:
            found = None if row is None else valued(tuple[Finding, ...], row)
        except (TypeError, ValueError, LookupError):  # no row of ours, whatever its sum says
            return None
        if found is None:
            return None
        disk.note_again(self._earlier["seen"])
        return list(found)

    def read_as(self, finding: Finding) -> Finding | None:
        """The finding as an earlier run read it."""
        return self._read.get(finding)

    def keep(self, seen: disk.Plain) -> None:
        """Keep what is known now, with what the disk said of it."""
        told = {**self._earlier["found"], **{str(path): plain(tuple(found)) for path, found in self.found.items()}}
        if told == self._earlier["found"]:
            return
        rows = [plain((before, after)) for before, after in {**self._read, **self.read}.items()]
        both = {kind: {**self._earlier["seen"].get(kind, {}), **own} for kind, own in seen.items()}
        kept = {"seen": both, "found": told, "read": rows}
        self.folder.write(self.name, json.dumps(kept, separators=(",", ":")).encode())

    @cached_property
    def _earlier(self) -> dict[str, Any]:
        content = self.folder.read(self.name)
        try:
            kept = json.loads(content) if content is not None else _NONE
            is_whole = isinstance(kept["found"], dict) and isinstance(kept["read"], list)
            return kept if is_whole and disk.is_as_before(kept["seen"]) else _NONE
        except (ValueError, LookupError, TypeError, AttributeError):
            return _NONE

    @cached_property
    def _read(self) -> dict[Finding, Finding]:
        try:
            return {valued(Finding, before): valued(Finding, after) for before, after in self._earlier["read"]}
        except (TypeError, ValueError, LookupError):
            return {}
