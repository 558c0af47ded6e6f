"""What a file's text is: its bytes, its encoding, and where a character stands in it."""

from __future__ import annotations

import codecs
import io
import re
import tokenize
import warnings
from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypeVar

from streamlint import disk
from streamlint.immutable import immutable

_Converted = TypeVar("_Converted")
LINE_END = re.compile(r"\r\n|\r|\n")
"""What ends a line for Python."""
_BOM = codecs.BOM_UTF8
_COOKIE = re.compile(r"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
SIZE_LIMIT = 2_000_000
"""Bytes; a larger file of Python was written by a program."""


BYTEWISE = "iso-8859-1"
"""An encoding that takes all bytes, and gives the same ones back."""
TOO_LARGE = f"is larger than {SIZE_LIMIT // 1_000_000} MB"


class UnreadableFile(Exception):
    """A file whose text cannot be had; the message says why, in words for its owner."""


@immutable(slots=True)
class Position:
    """A place as people and editors count: line and column, both from 1, columns in characters."""

    line: int
    column: int


class Placed(Protocol):
    """Whatever stands somewhere in a text."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


@immutable(slots=True, order=True)
class Span:
    """A half-open range of character offsets into the decoded text, `start` <= `end`."""

    start: int
    end: int

    def overlaps(self, other: Span) -> bool:
        """Whether both share a character; an empty span inside the other counts, one at its edge does not."""
        return self.start < other.end and other.start < self.end

    def contains(self, other: Placed) -> bool:
        return self.start <= other.start and other.end <= self.end


@immutable
class Source:
    """A decoded file; `text` keeps the line ends as they are and leaves out the byte-order mark."""

    path: Path
    text: str
    encoding: str = "utf-8"
    has_bom: bool = False
    content: bytes | None = field(default=None, repr=False, compare=False)
    """The bytes that the text was decoded from, where it was."""
    is_python: bool = True
    """Whether Python's rules hold for the text: its encoding cookie, its comments, what a repair must leave whole."""

    @classmethod
    def read_any(cls, path: Path, limit: int) -> Source:
        """Read a file, of Python or any text, up to a size in bytes; raises `UnreadableFile`."""
        return cls.read(path) if path.suffix == ".py" else cls.decode_any(path, _bounded(path, limit))

    @classmethod
    def decode_any(cls, path: Path, content: bytes) -> Source:
        """Decode a text of which the ASCII matters: byte by byte where it is not Unicode; raises `UnreadableFile`."""
        is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        if b"\0" in content and not is_wide:
            raise UnreadableFile("is no text")
        try:
            return cls.decode_plain(path, content)
        except UnreadableFile:
            bare = content.removeprefix(_BOM)
            if is_wide:
                raise
            return cls(path, bare.decode(BYTEWISE), BYTEWISE, bare != content, content, is_python=False)

    @classmethod
    def read_plain(cls, path: Path, limit: int = SIZE_LIMIT) -> Source:
        """Read a file that is not Python, up to a size in bytes; raises `UnreadableFile`."""
        return cls.decode_plain(path, _bounded(path, limit))

    @classmethod
    def decode_plain(cls, path: Path, content: bytes) -> Source:
        """Decode what is not Python: UTF-16 with its byte-order mark, else UTF-8; raises `UnreadableFile`."""
        has_bom = content.startswith(_BOM)
        encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
        try:
            return cls(path, content.removeprefix(_BOM).decode(encoding), encoding, has_bom, content, is_python=False)
        except UnicodeError as error:
            raise UnreadableFile(f"cannot be decoded: {error}") from error

    def again(self, content: bytes) -> Source:
        """What other bytes in the place of this file say; raises `UnreadableFile`."""
        if self.is_python:
            return Source.decode(self.path, content)
        decode = Source.decode_any if self.encoding == BYTEWISE else Source.decode_plain
        return decode(self.path, content)

    @classmethod
    def read(cls, path: Path) -> Source:
        """Read a file; raises `UnreadableFile` when the system, the encoding or the size of the file refuses."""
        try:
            content = disk.read_bytes(path, SIZE_LIMIT + 1)
        except OSError as error:
            raise UnreadableFile(error.strerror or str(error)) from error
        if len(content) > SIZE_LIMIT:
            raise UnreadableFile(TOO_LARGE)
        return cls.decode(path, content)

    @classmethod
    def decode(cls, path: Path, content: bytes) -> Source:
        """Decode bytes as Python does (PEP 263 cookie, byte-order mark, else UTF-8); raises `UnreadableFile`."""
        has_bom = content.startswith(_BOM)
        bare = content.removeprefix(_BOM)
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
            name = "utf-8" if has_bom else encoding
            text = _quietly(lambda: bare.decode(name))
        except Exception as error:  # codecs are anybody's code: UnicodeError, LookupError, zlib.error, …
            raise UnreadableFile(f"cannot be decoded: {error}") from error
        if name not in ("utf-8", "iso-8859-1") and _cookie(text) != _cookie(bare.decode("iso-8859-1")):
            raise UnreadableFile(f"cannot be decoded: {name} cannot read the line that names it")
        return cls(path, text, name, has_bom, None if name == "utf-8" else content)  # UTF-8 gives back what it read

    def encode(self, text: str) -> bytes:
        """The bytes of `text` in this file's encoding, with its byte-order mark; raises `UnicodeError`, and no other."""
        if text == self.text and self.content is not None:
            return self.content
        try:
            return (_BOM if self.has_bom else b"") + _quietly(lambda: text.encode(self.encoding))
        except UnicodeError:
            raise
        except Exception as error:  # codecs are anybody's code
            raise UnicodeError(f"{self.encoding} cannot encode: {error}") from error

    @property
    def is_rewritable(self) -> bool:
        """Whether the encoding gives back the bytes that it read, so that a repair changes no other part of the file."""
        try:
            return (
                self.content is None
                or Source(self.path, self.text, self.encoding, self.has_bom).encode(self.text) == self.content
            )
        except UnicodeError:
            return False

    def with_text(self, text: str) -> Source:
        return Source(self.path, text, self.encoding, self.has_bom, is_python=self.is_python)

    @cached_property
    def line_starts(self) -> Sequence[int]:
        """Offset of the first character of each line, by Python's line ends only."""
        return array("L", (0, *(match.end() for match in LINE_END.finditer(self.text))))

    @cached_property
    def newline(self) -> str:
        """The line end that the file uses first, or a line feed."""
        match = LINE_END.search(self.text)
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

    def indent(self, offset: int) -> str:
        """The blanks before a place that its line begins with; "" where something else stands before it."""
        before = self.text[self.line_span(offset).start : offset]
        return before if before.isspace() else ""

    def slice(self, span: Span) -> str:
        return self.text[span.start : span.end]


def _bounded(path: Path, limit: int) -> bytes:
    try:
        content = disk.read_bytes(path, limit + 1)
    except OSError as error:
        raise UnreadableFile(error.strerror or str(error)) from error
    if len(content) > limit:
        raise UnreadableFile(f"is larger than {limit / 1_000_000:g} MB")
    return content


def _quietly(convert: Callable[[], _Converted]) -> _Converted:
    """`unicode_escape` warns of escapes that it does not know, and a warning may be an error where streamlint runs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return convert()


def _cookie(text: str) -> list[str]:
    """What the first two lines say about the encoding: an encoding that is no superset of ASCII cannot read it."""
    return [match[1] for line in text.split("\n", 2)[:2] if (match := _COOKIE.match(line))]
