"""One program spelt in other ways: comments, tabs, line ends, quotes, semicolons, and lines as a formatter breaks them."""

from __future__ import annotations

import io
import subprocess
import sys
import tokenize
from collections.abc import Callable, Iterator

Spelling = Callable[[str], str]
_BEHIND = "  # behind, (all) of it: {number}"
_ABOVE = "# above, \"all\" of 'it': {number}"
_SOFT = (tokenize.NEWLINE, tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT)


def commented(text: str) -> str:
    """A comment at the end of each line that can take one, and one above each line of code."""
    lines = text.splitlines(keepends=True)
    kept = {token.start[0] for token in _tokens(text) if token.type == tokenize.COMMENT}
    ends = {token.start[0] for token in _tokens(text) if token.type in (tokenize.NEWLINE, tokenize.NL)}
    begins = set(_statements(text))
    found = []
    for number, line in enumerate(lines, 1):
        body = line.rstrip("\n")
        if number in begins:
            found.append(f"{body[: len(body) - len(body.lstrip())]}{_ABOVE.format(number=number)}\n")
        is_free = number in ends and number not in kept and bool(body.strip())
        found.append(f"{body}{_BEHIND.format(number=number)}\n" if is_free else line)
    return "".join(found)


def tabbed(text: str) -> str:
    """Each four blanks before the code of a line are a tab."""
    inside = {
        number
        for token in _tokens(text)
        for number in range(token.start[0] + 1, token.end[0] + 1)
        if token.type not in _SOFT
    }
    return "".join(
        line if number in inside else _tabs(line) for number, line in enumerate(text.splitlines(keepends=True), 1)
    )


def _tabs(line: str) -> str:
    width = len(line) - len(line.lstrip(" "))
    return "\t" * (width // 4) + line[width - width % 4 :]


def windows(text: str) -> str:
    return text.replace("\n", "\r\n")


def quoted(text: str) -> str:
    """Plain texts have the other quotes."""
    return _replaced(text, tokenize.STRING, _requoted)


def _requoted(text: str) -> str:
    other = {'"': "'", "'": '"'}.get(text[0])
    if other is None or len(text) < 2 or text[1:3] == text[0] * 2 or other in text or "\\" in text:
        return text
    return f"{other}{text[1:-1]}{other}"


def ended(text: str) -> str:
    """A semicolon behind each simple statement."""
    compound = ("if", "for", "while", "try", "with", "def", "class", "async", "else", "elif", "except", "finally", "@")
    lines = text.splitlines(keepends=True)
    begins = list(_statements(text))
    ends = [token for token in _tokens(text) if token.type == tokenize.NEWLINE]
    for start, token in zip(begins, ends, strict=True):
        first = lines[start - 1].strip()
        row, column = token.start
        if (
            not first.startswith(compound)
            and ":" not in first.split(" ")[0]
            and not first.startswith(("match", "case"))
        ):
            line = lines[row - 1]
            behind = line[:column].rstrip()
            at = line.rfind("#") if "#" in line else column
            head = line[: min(at, column)].rstrip()
            if head and behind:
                lines[row - 1] = f"{head};{line[len(head) :]}"
    return "".join(lines)


def narrow(text: str) -> str:
    """As a formatter breaks it that lets a line have few characters."""
    return _formatted(text, 40)


def wide(text: str) -> str:
    """As a formatter joins it that lets a line have many characters."""
    return _formatted(text.replace(",\n    )", "\n    )"), 200)


def _formatted(text: str, width: int) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", str(width), "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def dated(text: str) -> str:
    """Annotations are texts."""
    line = "from __future__ import annotations\n"
    if line in text:
        return text
    head = next(
        (token.end[0] for token in _tokens(text) if token.type == tokenize.NEWLINE),
        0,
    )
    lines = text.splitlines(keepends=True)
    at = head if lines and lines[0].lstrip().startswith(('"', "'")) else 0
    return "".join([*lines[:at], line, *lines[at:]])


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(text).readline))


def _statements(text: str) -> Iterator[int]:
    """The lines at which logical lines begin."""
    is_new = True
    for token in _tokens(text):
        if is_new and token.type not in (*_SOFT, tokenize.ENDMARKER):
            yield token.start[0]
            is_new = False
        is_new = is_new or token.type == tokenize.NEWLINE


def _replaced(text: str, kind: int, change: Callable[[str], str]) -> str:
    lines = text.splitlines(keepends=True)
    for token in reversed(_tokens(text)):
        if token.type == kind and token.start[0] == token.end[0]:
            line = lines[token.start[0] - 1]
            lines[token.start[0] - 1] = f"{line[: token.start[1]]}{change(token.string)}{line[token.end[1] :]}"
    return "".join(lines)


SPELLINGS: tuple[Spelling, ...] = (commented, tabbed, windows, quoted, ended, narrow, wide, dated)
