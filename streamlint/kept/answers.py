"""The answers of whole runs: kept with all that they looked at, and given again where that is as it was."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, field
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, Any

from streamlint import disk, exits
from streamlint.copies import Piece, copied
from streamlint.immutable import immutable
from streamlint.kept import circumstances
from streamlint.kept.findings import Findings
from streamlint.kept.folder import Folder
from streamlint.output import write
from streamlint.outputs import Output

if TYPE_CHECKING:
    from streamlint.projects import Request

_NO_REPORT = ("show_settings", "show_files", "show_routes", "show_versions", "tested", "timings")
_OF_MORE = ("revision", "tracked", "reason", "write_baseline", "update_baseline")
"""Options whose answers are not kept: those that ask git, and those that write files of the project."""
_OURS = ("no_cache", "cache_dir", "jobs")
_KEPT = (exits.CLEAN, exits.FINDINGS)


def answers(options: Mapping[str, Any]) -> Answers | None:
    """Where the answer of this command line would be kept; nothing where it is not."""
    if options["no_cache"] or any(options[name] for name in (*_NO_REPORT, *_OF_MORE)):
        return None
    if Path("-") in options["paths"] or os.environ.get("GITHUB_STEP_SUMMARY"):
        return None
    folder = folder_of(options)
    if folder is None:
        return None
    try:
        return Answers(folder, circumstances.key({k: v for k, v in options.items() if k not in _OURS}), options)
    except OSError:
        return None


def folder_of(options: Mapping[str, Any]) -> Folder | None:
    """The folder that a command line keeps things in."""
    if options["cache_dir"] is not None:
        return Folder(Path(os.path.abspath(options["cache_dir"])))
    return Folder.around(options["paths"] or (Path(),))


@immutable
class Answers:
    """One answer, in a folder under a name."""

    folder: Folder
    name: str
    options: Mapping[str, Any]
    _of_files: list[Findings] = field(default_factory=list)

    def findings(self, request: Request) -> Findings:
        """What is kept of single files, for a run with these settings; what it finds is kept with its answer."""
        name = circumstances.key_of_findings(self.options, request.config)
        self._of_files.append(Findings(self.folder, name, request.registering))
        return self._of_files[-1]

    def of(self, ask: Callable[[], int]) -> int:
        """The exit code of a run: said again, or found out by `ask` and kept for the next time."""
        again = self._again()
        if again is not None:
            return again
        started = time_ns()
        with disk.recorded() as record, copied() as pieces:
            code = ask()
        if code in _KEPT and record.is_whole:
            seen = record.as_plain(started)
            self._keep(code, pieces, seen)
            for findings in self._of_files:
                findings.keep(seen)
        return code

    def _again(self) -> int | None:
        content = self.folder.read(self.name)
        if content is None:
            return None
        try:
            kept = json.loads(content)
            if not disk.is_as_before(kept["seen"]):
                return None
            pieces, code = [_piece(row) for row in kept["said"]], int(kept["code"])
        except (ValueError, LookupError, TypeError, AttributeError):  # no file of ours, whatever its sum says
            return None
        for piece in pieces:
            _say(piece)
        return code

    def _keep(self, code: int, pieces: Sequence[Piece], seen: disk.Plain) -> None:
        kept = {"code": code, "said": [_row(piece) for piece in pieces], "seen": seen}
        self.folder.write(self.name, json.dumps(kept, separators=(",", ":")).encode())


def _say(piece: Piece) -> None:
    if piece.path:
        content = piece.content
        Output(piece.format, Path(piece.path)).write(content if isinstance(content, bytes) else content.encode())
    else:
        write(piece.content, err=piece.err, colour=piece.colour)


def _row(piece: Piece) -> dict[str, Any]:
    if isinstance(piece.content, str):
        return asdict(piece)
    from base64 import b64encode  # few answers need it

    return {**asdict(piece), "content": {"bytes": b64encode(piece.content).decode("ascii")}}


def _piece(row: dict[str, Any]) -> Piece:
    from base64 import b64decode

    content = row["content"]
    return Piece(**{**row, "content": content if isinstance(content, str) else b64decode(content["bytes"])})
