"""The entries of systemd units and of supervisord's files: sections with keys, whose values may go on in further lines."""

from __future__ import annotations

import re
from collections.abc import Callable

from streamlint.immutable import immutable
from streamlint.source import Span
from streamlint.surroundings.document import Fault
from streamlint.surroundings.written import Written

_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_SECTION = re.compile(r"\[([^\]]+)\][ \t]*(?:[#;].*)?$")
_PAIR = re.compile(r"[ \t]*([^=:\s\[][^=:\s]*)[ \t]*[=:][ \t]*")
_UNIT_PAIR = re.compile(r"[ \t]*([^=\s\[][^=\s]*)[ \t]*=[ \t]*")
_INLINE_COMMENT = re.compile(r"[ \t]+;.*$")

_Lines = list[tuple[str, int]]
_Continuation = Callable[[_Lines, int, tuple[str, int]], tuple[_Lines, int]]


@immutable(slots=True)
class Entry:
    """One key with its value; a key may stand several times."""

    section: str
    key: str
    value: Written
    span: Span
    """From the key to the end of the value."""


@immutable
class UnitFile:
    entries: tuple[Entry, ...] = ()
    faults: tuple[Fault, ...] = ()

    def of(self, section: str, key: str) -> tuple[Entry, ...]:
        return tuple(each for each in self.entries if each.section == section and each.key == key)

    @property
    def sections(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.section for each in self.entries))


def systemd(text: str) -> UnitFile:
    """A unit: a backslash at the end of a line is a blank, and the value goes on. Never raises."""
    return _read(text, _continued_by_backslash)


def supervisord(text: str) -> UnitFile:
    """A file of supervisord: lines that are indented go on with the value, ` ;` begins a comment. Never raises."""
    return _read(text, _continued_by_indent)


def _read(text: str, parts_of: _Continuation) -> UnitFile:
    entries: list[Entry] = []
    faults: list[Fault] = []
    lines = [(match[1], match.start()) for match in _LINE.finditer(text)]
    section, number = "", 0
    pattern = _UNIT_PAIR if parts_of is _continued_by_backslash else _PAIR
    while number < len(lines):
        line, start = lines[number]
        number += 1
        if not line.strip() or line.lstrip().startswith(("#", ";")):
            continue
        if head := _SECTION.match(line.strip()):
            section = head[1].strip()
        elif pair := pattern.match(line):
            parts, number = parts_of(lines, number, (line[pair.end() :], start + pair.end()))
            value = Written.joined(parts, start + pair.end())
            entries.append(
                Entry(section, pair[1], value, Span(start + pair.start(1), max(value.whole.end, pair.end(1))))
            )
        else:
            faults.append(Fault(start, "this is neither a section, nor a key with a value"))
    return UnitFile(tuple(entries), tuple(faults))


def _continued_by_backslash(lines: _Lines, number: int, first: tuple[str, int]) -> tuple[_Lines, int]:
    parts = []
    text, place = first
    while text.endswith("\\") and number < len(lines):
        parts.append((f"{text[:-1]} ", place))
        text, place = lines[number]
        number += 1
        while text.lstrip().startswith(("#", ";")) and number < len(lines):
            text, place = lines[number]
            number += 1
    parts.append((text.rstrip(), place))
    return parts, number


def _continued_by_indent(lines: _Lines, number: int, first: tuple[str, int]) -> tuple[_Lines, int]:
    text, place = first
    parts = [(_INLINE_COMMENT.sub("", text).rstrip(), place)]
    while number < len(lines) and lines[number][0][:1] in (" ", "\t"):
        line, start = lines[number]
        number += 1
        indent = len(line) - len(line.lstrip())
        written = _INLINE_COMMENT.sub("", line).strip()
        if written and not written.startswith(("#", ";")):
            parts.append((f" {written}", start + indent - 1))
    return parts, number
