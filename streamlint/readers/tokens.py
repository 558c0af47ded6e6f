"""The words, texts and brackets of JavaScript and TypeScript, in their order; what it cannot read it passes over, and goes on."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from enum import Enum, auto
from functools import cached_property

from streamlint.immutable import immutable

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<word>[A-Za-z_$\u0080-\uffff][\w$]*)
    |(?P<number>\d[\w.]*)
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<template>`)
    |(?P<mark>=>|\?\.(?!\d)|\?\?|\|\||[=!]==?|.)""",
    re.DOTALL | re.VERBOSE,
)
_REGULAR_EXPRESSION = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_CHUNK = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_PLAIN_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
_BEFORE_VALUE = frozenset(
    ("return", "typeof", "case", "in", "of", "await", "void", "new", "delete", "throw", "else", "do", "yield")
)
_CLOSING = {")": "(", "]": "[", "}": "{"}


class Kind(Enum):
    WORD = auto()
    NUMBER = auto()
    TEXT = auto()
    """A string, or a piece of a template."""
    MARK = auto()
    OPEN_TEMPLATE = auto()
    CLOSE_TEMPLATE = auto()


@immutable(slots=True)
class Token:
    """A piece of the text; `text` is what a string says, and else what is written."""

    kind: Kind
    text: str
    start: int
    end: int


class Tokens:
    """The tokens of one text, and which brackets belong together."""

    def __init__(self, text: str) -> None:
        self.source = text
        self.all = list(_tokens(text))
        self.partner, self.around = _brackets(self.all)
        """By the number of a token: that of the other bracket, or of the other end of a template; of the bracket around it."""

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for number, token in enumerate(self.all):
            if token.kind is Kind.WORD:
                found.setdefault(token.text, []).append(number)
        return found

    def places(self, word: str, start: int = 0, end: int | None = None) -> Iterator[int]:
        """Where a word stands, between two tokens."""
        known = self._places.get(word, [])
        last = len(known) if end is None else bisect_left(known, end)
        return (known[index] for index in range(bisect_left(known, start), last))

    def text(self, number: int) -> str:
        """What a token says; "" beyond the ends, and for a string, which is no code."""
        if not 0 <= number < len(self.all):
            return ""
        token = self.all[number]
        return token.text if token.kind in (Kind.WORD, Kind.MARK) else ""

    def reads(self, number: int, *texts: str) -> bool:
        """Whether these stand there, one after the other; `?.` is read as a dot."""
        return all(self._plain(number + step) == text for step, text in enumerate(texts))

    def _plain(self, number: int) -> str:
        text = self.text(number)
        return "." if text == "?." else text

    def behind(self, number: int) -> int:
        """The token behind a bracket's partner; behind the token itself where it has none."""
        return self.partner.get(number, number) + 1

    def end_of(self, number: int) -> int:
        """The number of the bracket that ends what a token stands in, or that of the last token and one."""
        opening = self.around[number] if number < len(self.around) else -1
        return self.partner.get(opening, len(self.all)) if opening >= 0 else len(self.all)


def _tokens(text: str) -> Iterator[Token]:
    at, depth, templates = (
        0,
        0,
        list[int](),
    )  # braces that are open, and with how many of them values of templates began
    last: Token | None = None
    while at < len(text):
        goes_on = bool(templates) and templates[-1] == depth and text[at] == "}"
        if goes_on:
            templates.pop()
        found, at = _template(text, at, "}") if goes_on else _next(text, at, last)
        for last in found:
            yield last
            if last.kind is Kind.MARK:
                depth += last.text in ("{", "${")
                depth -= last.text == "}"
                templates += [depth] if last.text == "${" else []


def _next(text: str, at: int, last: Token | None) -> tuple[list[Token], int]:
    """The tokens that begin there, none for space and comments, and where they end."""
    match = _regular_expression(text, at, last) or _TOKEN.match(text, at)
    assert match is not None
    if match.lastgroup == "template":
        return _template(text, at, "`")
    return [] if match.lastgroup == "space" else [_token(match)], match.end()


def _template(text: str, at: int, mark: str) -> tuple[list[Token], int]:
    """The beginning of a template, or the end of a value in it, and what the template says behind that."""
    kind = Kind.OPEN_TEMPLATE if mark == "`" else Kind.MARK
    found = [Token(kind, mark, at, at + 1), *_chunk(text, at + 1)]
    return found, found[-1].end


def _chunk(text: str, at: int) -> Iterator[Token]:
    """A piece of a template up to its end or its next value; a template that has no end is no template."""
    match = _CHUNK.match(text, at)
    assert match is not None
    yield Token(Kind.TEXT, _said(match.group()), at, match.end())
    if text.startswith("${", match.end()):
        yield Token(Kind.MARK, "${", match.end(), match.end() + 2)
    elif match.end() < len(text):
        yield Token(Kind.CLOSE_TEMPLATE, "`", match.end(), match.end() + 1)


def _token(match: re.Match[str]) -> Token:
    match match.lastgroup:
        case "word":
            kind, said = Kind.WORD, match.group()
        case "number":
            kind, said = Kind.NUMBER, match.group()
        case "text":
            kind, said = Kind.TEXT, _said(match.group()[1:-1])
        case None:
            kind, said = Kind.NUMBER, match.group()
        case _:
            kind, said = Kind.MARK, match.group()
    return Token(kind, said, match.start(), match.end())


def _regular_expression(text: str, at: int, last: Token | None) -> re.Match[str] | None:
    """A regular expression, where a slash can begin one: not behind a value, which it divides."""
    if text[at] != "/" or text[at + 1 : at + 2] in ("/", "*"):
        return None
    if last is not None and last.kind is not Kind.MARK and not (last.kind is Kind.WORD and last.text in _BEFORE_VALUE):
        return None
    return None if last is not None and last.text in (")", "]", "}", "<") else _REGULAR_EXPRESSION.match(text, at)


def _said(written: str) -> str:
    return _ESCAPE.sub(_unescaped, written) if "\\" in written else written


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code:
        value = int(code, 16)
        return chr(value) if value <= 0x10FFFF else ""
    return _PLAIN_ESCAPES.get(match[4], match[4])


def _brackets(tokens: list[Token]) -> tuple[dict[int, int], list[int]]:
    """Partners of brackets, and the innermost bracket around each token, -1 for none; a stray closing one is passed over."""
    partner: dict[int, int] = {}
    around: list[int] = []
    opened: list[tuple[str, int]] = []
    for number, token in enumerate(tokens):
        opens = "{" if token.text == "${" else token.text
        if token.kind is Kind.CLOSE_TEMPLATE or (token.kind is Kind.MARK and opens in _CLOSING):
            wanted = "`" if token.kind is Kind.CLOSE_TEMPLATE else _CLOSING[opens]
            _close(wanted, number, opened, partner)
        around.append(opened[-1][1] if opened else -1)
        if token.kind is Kind.OPEN_TEMPLATE or (token.kind is Kind.MARK and opens in "([{"):
            opened.append((opens, number))
    return partner, around


_FARTHEST = 3
"""How many brackets that nobody closed a closing one passes over."""


def _close(wanted: str, number: int, opened: list[tuple[str, int]], partner: dict[int, int]) -> None:
    for step in range(1, min(_FARTHEST, len(opened)) + 1):
        if opened[-step][0] == wanted:
            partner[opened[-step][1]] = number
            partner[number] = opened[-step][1]
            del opened[-step:]
            return
