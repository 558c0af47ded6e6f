"""What rules said of each file, kept for runs over other files of the same project, or with another kind of report."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from streamlint import disk
from streamlint.finding import Finding
from streamlint.kept.contents import Contents
from streamlint.kept.folder import Folder
from streamlint.kept.plain import plain, valued

_NONE: dict[str, Any] = {
    "seen": disk.Record().as_rows(),
    "found": {},
    "read": [],
    "streaming": {},
    "serving": {},
}
_TRUTHS = ("streaming", "serving")


@dataclass
class Findings:
    """Findings by file, before comments and baselines take any back, in a folder under a name; of runs that read the same disk."""

    folder: Folder
    name: str
    registering: Callable[[Path], Sequence[str]]
    """The names of functions that register others in a file, as its settings have them."""
    found: dict[Path, list[Finding]] = field(default_factory=dict)
    """What this run found in files of which nothing was known."""
    read: dict[Finding, Finding] = field(default_factory=dict)
    """Of those, with who reads the answers that their fixes change."""
    streaming: dict[Path, bool] = field(default_factory=dict)
    """Of files that say how a program is served, whether something streams that is deployed with them."""
    serving: dict[Path, bool] = field(default_factory=dict)
    """Of files, whether a framework calls something in their project."""
    _is_used: bool = False
    _is_renewed: bool = False
    """Whether what is kept was for other texts of the same code."""

    def of(self, path: Path) -> list[Finding] | None:
        """What an earlier run found in a file, where the disk is as it was."""
        row = self._earlier["found"].get(str(path))
        try:
            found = None if row is None else list(valued(tuple[Finding, ...], row))
        except (TypeError, ValueError, LookupError):  # no row of ours, whatever its sum says
            return None
        if found is not None:
            self._rest_on_earlier()
        return found

    def read_as(self, finding: Finding) -> Finding | None:
        """The finding as an earlier run read it."""
        found = self._read.get(finding)
        if found is not None:
            self._rest_on_earlier()
        return found

    def streams(self, path: Path) -> bool | None:
        """Whether something streamed that is deployed with a file; None where no earlier run asked."""
        return self._truth("streaming", path)

    def serves(self, path: Path) -> bool | None:
        """Whether a framework called something in the project of a file; None where no earlier run asked."""
        return self._truth("serving", path)

    def _truth(self, kind: str, path: Path) -> bool | None:
        found = self._earlier[kind].get(str(path))
        if not isinstance(found, bool):
            return None
        self._rest_on_earlier()
        return found

    def _rest_on_earlier(self) -> None:
        """What this run says depends on what the disk told the earlier one."""
        if not self._is_used:
            disk.note_again(self._earlier["seen"])
            self._is_used = True

    def keep(self, seen: disk.Plain) -> None:
        """Keep what is known now, with what the disk said of it."""
        if not (self.found or self.streaming or self.serving or self._is_renewed):
            return
        new = {str(path): plain(tuple(found)) for path, found in self.found.items()}
        earlier = self._earlier
        both = disk.both(earlier["seen"], seen) if _holds(earlier) else None
        if both is None:  # what was found before and what was found now have nothing to do with each other
            earlier, both = _NONE, seen
        read = {**self._read, **self.read} if earlier is not _NONE else self.read
        rows = [plain((before, after)) for before, after in read.items()]
        truths = {kind: {str(path): one for path, one in getattr(self, kind).items()} for kind in _TRUTHS}
        kept = {
            "seen": both,
            "found": {**earlier["found"], **new},
            "read": rows,
            **{kind: {**earlier[kind], **truths[kind]} for kind in _TRUTHS},
        }
        self.folder.write(self.name, json.dumps(kept, separators=(",", ":")).encode())
        self._contents.keep(both)

    @cached_property
    def _contents(self) -> Contents:
        return Contents(self.folder, self.name)

    @cached_property
    def _earlier(self) -> dict[str, Any]:
        content = self.folder.read(self.name)
        try:
            kept = json.loads(content) if content is not None else _NONE
            is_whole = isinstance(kept["read"], list) and all(
                isinstance(kept[key], dict) for key in ("found", *_TRUTHS)
            )
            return (self._as_of_now(kept) if is_whole else None) or _NONE
        except (ValueError, LookupError, TypeError, AttributeError):
            return _NONE

    def _as_of_now(self, kept: dict[str, Any]) -> dict[str, Any] | None:
        """What was kept, where it still holds, or holds again at other places."""
        rewritten = disk.rewritten(kept["seen"])
        if not rewritten:
            return kept if rewritten is not None else None
        from streamlint.kept.renewed import renewed  # most runs need no more than the answer

        found = renewed(kept, rewritten, self._contents, self.registering)
        self._is_renewed = found is not None
        return found

    @cached_property
    def _read(self) -> dict[Finding, Finding]:
        try:
            return {valued(Finding, before): valued(Finding, after) for before, after in self._earlier["read"]}
        except (TypeError, ValueError, LookupError):
            return {}


def _holds(kept: dict[str, Any]) -> bool:
    """Whether the disk is as it was; asked before anything is taken from there, and again before more is put beside it."""
    return disk.is_as_before(kept["seen"])
