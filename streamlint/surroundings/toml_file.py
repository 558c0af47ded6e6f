"""Where the values of a TOML file stand; what `tomllib` says they are, in a file that may be broken.

No library that is kept tells the places: `tomllib` keeps none, `tomlkit` counts none. After an error the next line is tried.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NoReturn

from streamlint.source import Span
from streamlint.surroundings.document import Document, Fault, Keys, Setting

_DEEPEST = 60
_SPACE = re.compile(r"[ \t]*")
_BETWEEN = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_END = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\r?\Z)")
_HEADER = re.compile(r"\[\[?")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"((?:[^"\\\n]|\\.)*+)"')
_LITERAL = re.compile(r"'([^'\n]*)'")
_LONG_BASIC = re.compile(r'"""(?:\r?\n)?((?:[^"\\]|\\[\s\S]|"(?!""))*+"{0,2})"""')
_LONG_LITERAL = re.compile(r"'''(?:\r?\n)?((?:[^']|'(?!''))*+'{0,2})'''")
_PLAIN = re.compile(
    r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d)?)?|\d\d:\d\d(?::\d\d(?:\.\d+)?)?"
    r"|true|false|[+-]?(?:inf|nan)|0x[0-9A-Fa-f_]+|0o[0-7_]+|0b[01_]+|[+-]?\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d[\d_]*)?"
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([ \t]*\r?\n\s*)|([\s\S]))")
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\", "e": "\x1b"}


class _Broken(Exception):
    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.fault = Fault(offset, message)


def read(text: str) -> Document:
    """The settings of a TOML text. Never raises; each line is begun once."""
    reader = _Reader(text)
    at = 0
    while at < len(text):
        try:
            at = reader.expression(at)
        except _Broken as broken:
            reader.faults.append(broken.fault)
            at = (text.find("\n", at) + 1) or len(text)
    return Document(tuple(reader.settings), tuple(reader.faults))


@dataclass
class _Reader:
    text: str
    settings: list[Setting] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    table: Keys = ()
    lists: dict[Keys, int] = field(default_factory=dict)
    """How many tables each list of tables has so far."""

    def expression(self, at: int) -> int:
        """Read one line, or what it begins; gives the start of the next."""
        at = self._skip(at, _SPACE)
        if end := _END.match(self.text, at):
            return max(end.end(), at + 1)
        header = _HEADER.match(self.text, at)
        kept = len(self.settings)
        try:
            behind = self._header(header.end(), len(header[0])) if header else self._pair(at, self.table, 0)
            done = _END.match(self.text, behind)
            if done is None:
                self._fail(behind, "the line goes on after its value")
        except _Broken:
            del self.settings[kept:]
            raise
        return max(done.end(), at + 1)

    def _header(self, at: int, brackets: int) -> int:
        keys, at = self._key(self._skip(at, _SPACE))
        at = self._skip(at, _SPACE)
        if not self.text.startswith("]" * brackets, at):
            self._fail(at, "the name of a table is not closed")
        outer = self._located(keys[:-1])
        name = (*outer, keys[-1])
        if brackets == 2:
            self.lists[name] = self.lists.get(name, -1) + 1
        self.table = (*name, self.lists[name]) if name in self.lists else name
        return at + brackets

    def _located(self, keys: tuple[str, ...]) -> Keys:
        """The keys of a table, with the number of the last entry of every list on the way."""
        found: Keys = ()
        for key in keys:
            found = (*found, key)
            if found in self.lists:
                found = (*found, self.lists[found])
        return found

    def _pair(self, at: int, table: Keys, depth: int) -> int:
        keys, at = self._key(at)
        at = self._skip(at, _SPACE)
        if not self.text.startswith("=", at):
            self._fail(at, "a key has no `=` behind it")
        return self._value(self._skip(at + 1, _SPACE), (*table, *keys), depth)

    def _key(self, at: int) -> tuple[tuple[str, ...], int]:
        keys: list[str] = []
        while True:
            if bare := _BARE.match(self.text, at):
                keys.append(bare[0])
                at = bare.end()
            elif (quoted := _BASIC.match(self.text, at)) or (quoted := _LITERAL.match(self.text, at)):
                keys.append(_decoded(quoted[1]) if quoted[0][0] == '"' else quoted[1])
                at = quoted.end()
            else:
                self._fail(at, "a key is missing")
            behind = self._skip(at, _SPACE)
            if not self.text.startswith(".", behind):
                return tuple(keys), at
            at = self._skip(behind + 1, _SPACE)

    def _value(self, at: int, keys: Keys, depth: int) -> int:
        if depth > _DEEPEST:
            self._fail(at, "values stand in one another too deeply")
        first = self.text[at : at + 1]
        if first == "[":
            return self._array(at + 1, keys, depth)
        if first == "{":
            return self._inline(at + 1, keys, depth)
        if first in ('"', "'"):
            return self._string(at, keys)
        plain = _PLAIN.match(self.text, at)
        if plain is None:
            self._fail(at, "a value is missing or is none")
        self.settings.append(Setting(keys, plain[0], Span(*plain.span()), Span(*plain.span()), is_text=False))
        return plain.end()

    def _string(self, at: int, keys: Keys) -> int:
        long = self.text.startswith(('"""', "'''"), at)
        is_basic = self.text[at] == '"'
        pattern = (_LONG_BASIC if is_basic else _LONG_LITERAL) if long else (_BASIC if is_basic else _LITERAL)
        match = pattern.match(self.text, at)
        if match is None:
            self._fail(at, "a text is not closed")
        written = match[1].replace("\r\n", "\n") if long else match[1]
        value = _decoded(written) if is_basic else written
        inside = Span(*match.span(1)) if value == match[1] else None
        self.settings.append(Setting(keys, value, Span(*match.span()), inside))
        return match.end()

    def _array(self, at: int, keys: Keys, depth: int) -> int:
        number = 0
        while True:
            at = self._skip(at, _BETWEEN)
            if self.text.startswith("]", at):
                return at + 1
            at = self._skip(self._value(at, (*keys, number), depth + 1), _BETWEEN)
            number += 1
            if self.text.startswith(",", at):
                at += 1
            elif not self.text.startswith("]", at):
                self._fail(at, "a list is not closed")

    def _inline(self, at: int, keys: Keys, depth: int) -> int:
        while True:
            at = self._skip(at, _BETWEEN)
            if self.text.startswith("}", at):
                return at + 1
            at = self._skip(self._pair(at, keys, depth + 1), _BETWEEN)
            if self.text.startswith(",", at):
                at += 1
            elif not self.text.startswith("}", at):
                self._fail(at, "a table is not closed")

    def _skip(self, at: int, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, at)
        return match.end() if match else at

    def _fail(self, at: int, message: str) -> NoReturn:
        raise _Broken(at, message)


def _decoded(text: str) -> str:
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code:
        number = int(code, 16)
        return chr(number) if number < 0x110000 else "\N{REPLACEMENT CHARACTER}"
    return "" if match[3] is not None else _ESCAPED.get(match[4], match[0])
