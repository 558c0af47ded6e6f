"""What fixes would change, as a patch in the bytes of the files, or as text for a terminal."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from streamlint import reporters
from streamlint.reporters.text import visible
from streamlint.source import Source

if TYPE_CHECKING:
    from streamlint.outcome import Change

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_MARK = "\ufeff"


def patch(change: Change) -> bytes:
    """The difference as `diff -u` writes it, with the bytes and line ends of the file, so that `patch` and git take it."""
    before, after = (_MARK * change.before.has_bom + text for text in (change.before.text, change.after.text))
    body = "".join(unified_diff(before, after))
    return _headers(change).encode() + _encoded(change.before, body) if body else b""


def patch_for_terminal(change: Change) -> str:
    """The same for a person: a terminal obeys nothing that stands in the lines."""
    body = [visible(line.rstrip("\r\n"), keep="\t") for line in unified_diff(change.before.text, change.after.text)]
    return _headers(change) + "".join(f"{line}\n" for line in body) if body else ""


def unified_diff(before: str, after: str) -> list[str]:
    """The hunks without the names of the files; lines keep their own line ends."""
    hunks = list(difflib.unified_diff(lines(before), lines(after)))[2:]
    return [line if line.endswith(("\n", "\r")) else f"{line}\n\\ No newline at end of file\n" for line in hunks]


def lines(text: str) -> list[str]:
    """The lines of a text as Python counts them, with their ends; `str.splitlines` also splits at a form feed."""
    return _LINES.findall(text)


def changes(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Where lines differ: from and to in the old, from and to in the new; what both begin and end with is not compared again."""
    start = max(_common(old, new) - 1, 0)
    end = max(_common(old[start:][::-1], new[start:][::-1]) - 1, 0)
    matcher = difflib.SequenceMatcher(None, old[start : len(old) - end], new[start : len(new) - end], autojunk=False)
    for operation, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if operation != "equal":
            yield start + old_from, start + old_to, start + new_from, start + new_to


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines both begin with."""
    limit = min(len(one), len(other))
    return next((number for number in range(limit) if one[number] != other[number]), limit)


def _encoded(source: Source, text: str) -> bytes:
    try:
        return Source(source.path, "", source.encoding).encode(text)
    except UnicodeError:
        return text.encode("utf-8", "backslashreplace")


def _headers(change: Change) -> str:
    name = reporters.relative(change.before.path)
    return f"--- {_quoted(f'a/{name}')}\n+++ {_quoted(f'b/{name}')}\n"


def _quoted(name: str) -> str:
    """A name as git writes it: in quotes with escapes where it must be, and a tab behind one that holds a space."""
    if name.isprintable() and not set(name) & {'"', "\\"}:
        return f"{name}\t" if " " in name else name
    return f'"{"".join(map(_escaped, os.fsencode(name)))}"'


def _escaped(byte: int) -> str:
    character = chr(byte)
    if character in '"\\':
        return f"\\{character}"
    return character if " " <= character <= "~" else f"\\{byte:03o}"
