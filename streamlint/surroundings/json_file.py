"""Where the values of a JSON file stand; what is read before a fault stays."""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder

from streamlint.source import Span
from streamlint.surroundings.document import Document, Fault, Setting

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = JSONDecoder(strict=False)
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")


def read(text: str) -> Document:
    """The settings of a JSON text, however deep; never raises."""
    reader = _Reader(text)
    fault = reader.read()
    return Document(tuple(reader.settings), () if fault is None else (fault,))


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.settings: list[Setting] = []
        self.keys: list[str | int] = []
        """Where the reader is; in a list, the number of the entry."""

    def read(self) -> Fault | None:
        """Read up to the end, or to the first fault."""
        at = self._skip(0)
        while True:
            at, is_whole = self._value(at)
            if at < 0:
                return Fault(-at - 1, "a value is missing or is none")
            while is_whole:
                at = self._skip(at)
                if not self.keys:
                    return None if at == len(self.text) else Fault(at, "the text goes on after its value")
                is_list = isinstance(self.keys[-1], int)
                if self.text.startswith("]" if is_list else "}", at):
                    self.keys.pop()
                    at += 1
                elif self.text.startswith(",", at):
                    at = self._next(self._skip(at + 1))
                    if at < 0:
                        return Fault(-at - 1, "a key is missing")
                    break
                else:
                    return Fault(at, "a list or an object is not closed")

    def _value(self, at: int) -> tuple[int, bool]:
        """Read a value, or enter it; whether it is whole. A place below zero is that of a fault."""
        first = self.text[at : at + 1]
        if first in ("[", "{"):
            inside = self._skip(at + 1)
            if self.text.startswith("]" if first == "[" else "}", inside):
                return inside + 1, True
            self.keys.append(-1 if first == "[" else "")
            return self._next(inside), False
        if first == '"':
            value, end = self._string(at)
            if end > 0:
                inside_span = Span(at + 1, end - 1)
                same = self.text[at + 1 : end - 1] == value
                self.settings.append(Setting(tuple(self.keys), value, Span(at, end), inside_span if same else None))
            return end, True
        plain = _PLAIN.match(self.text, at)
        if plain is None:
            return -at - 1, False
        self.settings.append(Setting(tuple(self.keys), plain[0], Span(*plain.span()), is_text=False))
        return plain.end(), True

    def _next(self, at: int) -> int:
        """Step to the next entry: its number, or its key and the colon behind."""
        last = self.keys[-1]
        if isinstance(last, int):
            self.keys[-1] = last + 1
            return at
        if not self.text.startswith('"', at):
            return -at - 1
        key, end = self._string(at)
        if end < 0:
            return end
        self.keys[-1] = key
        end = self._skip(end)
        return self._skip(end + 1) if self.text.startswith(":", end) else -end - 1

    def _string(self, at: int) -> tuple[str, int]:
        try:
            value, end = _DECODER.raw_decode(self.text, at)
        except JSONDecodeError:
            return "", -at - 1
        return str(value), int(end)

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at
