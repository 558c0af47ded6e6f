"""What a file's text is: its bytes, its encoding, and where a character stands in it."""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_LINE_END = re.compile(r"\r\n|\r|\n")
_BOM = codecs.BOM_UTF8


class UnreadableFile(Exception):
    """A file whose text cannot be had; the message says why, in words for its owner."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place as people and editors count: line and column, both from 1, columns in characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of character offsets into the decoded text, `start` <= `end`."""

    start: int
    end: int

    def overlaps(self, other: Span) -> bool:
        """Whether both share a character; an empty span inside the other counts, one at its edge does not."""
        return self.start < other.end and other.start < self.end

    def contains(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True)
class Source:
    """A decoded file; `text` keeps the line ends as they are and leaves out the byte-order mark."""

    path: Path
    text: str
    encoding: str = "utf-8"
    has_bom: bool = False

    @classmethod
    def read(cls, path: Path) -> Source:
        """Read a file; raises `UnreadableFile` when the system or the encoding refuses."""
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UnreadableFile(error.strerror or str(error)) from error
        return cls.decode(path, content)

    @classmethod
    def decode(cls, path: Path, content: bytes) -> Source:
        """Decode bytes as Python does (PEP 263 cookie, byte-order mark, else UTF-8); raises `UnreadableFile`."""
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
            has_bom = content.startswith(_BOM)
            name = "utf-8" if has_bom else encoding
            return cls(path, content.removeprefix(_BOM).decode(name), name, has_bom)
        except (SyntaxError, UnicodeDecodeError, LookupError) as error:
            raise UnreadableFile(f"cannot be decoded: {error}") from error

    def encode(self, text: str) -> bytes:
        """The bytes of `text` in this file's encoding, with its byte-order mark."""
        return (_BOM if self.has_bom else b"") + text.encode(self.encoding)

    def with_text(self, text: str) -> Source:
        return Source(self.path, text, self.encoding, self.has_bom)

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offset of the first character of each line, by Python's line ends only."""
        return (0, *(match.end() for match in _LINE_END.finditer(self.text)))

    @cached_property
    def newline(self) -> str:
        """The line end that the file uses first, or a line feed."""
        match = _LINE_END.search(self.text)
        return match.group() if match else "\n"

    def position(self, offset: int) -> Position:
        line = bisect_right(self.line_starts, offset)
        return Position(line, offset - self.line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its line end."""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def line_span(self, offset: int) -> Span:
        """The whole line that holds `offset`, its line end included."""
        number = bisect_right(self.line_starts, offset)
        end = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return Span(self.line_starts[number - 1], end)

    def slice(self, span: Span) -> str:
        return self.text[span.start : span.end]
