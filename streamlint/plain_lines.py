"""The lines of a text that is not Python, and which of them a backslash makes one."""

from __future__ import annotations

from streamlint.logical_lines import Lines
from streamlint.source import Source


class PlainLines:
    """Of a text in which comments begin with `#`."""

    def __init__(self, source: Source) -> None:
        self.texts = tuple(source.line(number) for number in range(1, len(source.line_starts) + 1))

    def around(self, line: int) -> Lines:
        """The lines that are joined with a line; comments between them belong to them, and those at their edges do not."""
        first = last = line
        at = line - 1
        while at > 0 and (self.goes_on(at) or self.is_comment(at)):
            first, at = (at if self.goes_on(at) else first), at - 1
        at = line
        while at < len(self.texts) and self.goes_on(last):
            at += 1
            last = last if self.is_comment(at) else at
        return Lines(first, last)

    def code_behind(self, line: int) -> int:
        """The first line behind a line that holds more than blanks and a comment; that line itself where there is none."""
        behind = enumerate(self.texts[line:], line + 1)
        return next((at for at, text in behind if text.strip() and text.lstrip()[0] != "#"), line)

    def goes_on(self, line: int) -> bool:
        return self.texts[line - 1].endswith("\\") and not self.is_comment(line)

    def is_comment(self, line: int) -> bool:
        return self.texts[line - 1].lstrip().startswith("#")
