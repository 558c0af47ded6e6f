"""The text that an expression of JavaScript is, with `HOLE` for the pieces of it that cannot be told."""

from __future__ import annotations

import re
from collections.abc import Iterator

from streamlint.readers.addresses import HOLE
from streamlint.readers.tokens import Kind, Tokens

_DEEPEST = 6
_DECLARES = ("const", "let", "var")
_JOINS = frozenset(
    ("+", ".", "?.", "?", ":", "||", "??", "=>", "=", "&", "(", "[", ",", "{", "!", "-", "*", "<", ">", "|")
)
"""Marks by which a statement goes on over the end of a line."""
_OPENING = ("(", "[", "{", "${")
_FILLED_IN = re.compile(r"\{\{.*?\}\}", re.DOTALL)
"""What a template of a page, as Jinja's, writes when it is rendered."""


class ScriptTexts:
    """Reads strings, templates, sums, and the constants of the same file."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self._values: dict[str, tuple[int, int] | None] = {}

    def text(self, start: int, end: int) -> str:
        """What the tokens from `start` to `end` say."""
        return _FILLED_IN.sub(HOLE, self._text(start, end, _DEEPEST))

    def _text(self, start: int, end: int, left: int) -> str:
        start, end = self._bare(start, end)
        if start >= end or not left:
            return HOLE
        marks = {
            text: at for at in self._level(start, end) if (text := self.tokens.text(at)) in ("?", "||", "??", "=>", "&")
        }
        if "?" in marks or "=>" in marks or "&" in marks:
            return HOLE
        if marks:  # the last of `a || "http://localhost"` is what holds where nothing is set
            return self._text(max(marks.values()) + 1, end, left - 1)
        pieces, begin = [], start
        for at in [*(at for at in self._level(start, end) if self.tokens.text(at) == "+"), end]:
            pieces.append(self._term(begin, at, left))
            begin = at + 1
        return "".join(pieces)

    def _bare(self, start: int, end: int) -> tuple[int, int]:
        """Without the brackets around, and without TypeScript's `as string` and `!`."""
        while start < end and self.tokens.text(start) == "(" and self.tokens.partner.get(start) == end - 1:
            start, end = start + 1, end - 1
        behind = next((at for at in self._level(start, end) if self.tokens.text(at) in ("as", "satisfies")), end)
        end = behind if behind > start else end
        return start, end - 1 if end - start > 1 and self.tokens.text(end - 1) == "!" else end

    def _level(self, start: int, end: int) -> Iterator[int]:
        """The tokens that stand in no bracket and no template of their own."""
        at = start
        while at < end:
            yield at
            at = self.tokens.behind(at) if self._opens(at) else at + 1

    def _opens(self, at: int) -> bool:
        token = self.tokens.all[at]
        return token.kind is Kind.OPEN_TEMPLATE or (token.kind is Kind.MARK and token.text in _OPENING)

    def _term(self, start: int, end: int, left: int) -> str:
        start, end = self._bare(start, end)
        if start >= end:
            return HOLE
        first = self.tokens.all[start]
        if first.kind is Kind.TEXT and end == start + 1:
            return first.text
        if first.kind is Kind.OPEN_TEMPLATE and self.tokens.partner.get(start) == end - 1:
            return "".join(self._pieces(start + 1, end - 1, left))
        if self.tokens.reads(start, "new", "URL", "(") and self.tokens.behind(start + 2) == end:
            return self._located(start + 2, left)
        if self.tokens.text(start) == "(":
            return self._text(start, end, left - 1) if self.tokens.behind(start) == end else HOLE
        return self._named(start, end, left)

    def _pieces(self, start: int, end: int, left: int) -> Iterator[str]:
        for at in self._level(start, end):
            if self.tokens.all[at].kind is Kind.TEXT:
                yield self.tokens.all[at].text
            elif self.tokens.text(at) == "${":
                yield self._text(at + 1, self.tokens.partner.get(at, at + 1), left - 1)

    def _located(self, bracket: int, left: int) -> str:
        """`new URL(path, base)`: the path at the host of the base."""
        arguments = self.arguments(bracket)
        if not arguments:
            return HOLE
        path = self._text(*arguments[0], left - 1)
        base = self._text(*arguments[1], left - 1) if len(arguments) > 1 else ""
        if "://" in path or not base:
            return path
        host = re.match(r"[^/]*://[^/]*", base)
        return (host.group() if host else HOLE) + (path if path.startswith("/") else f"/{path}")

    def _named(self, start: int, end: int, left: int) -> str:
        """The value of a constant, or of a key of one."""
        names = [self.tokens.text(at) for at in range(start, end)]
        if len(names) not in (1, 3) or (len(names) == 3 and names[1] != "."):
            return HOLE
        value = self.value_of(names[0])
        if value is not None and len(names) == 3:
            value = self.entry(value[0], names[2]) if self.tokens.text(value[0]) == "{" else None
        return self._text(*value, left - 1) if value is not None else HOLE

    # Places

    def value_of(self, name: str) -> tuple[int, int] | None:
        """The tokens of what a name of this file is given, where that is one expression."""
        if name not in self._values:
            self._values[name] = self._find_value(name)
        return self._values[name]

    def _find_value(self, name: str) -> tuple[int, int] | None:
        given = [at for at in self.tokens.places(name) if self._is_given(at)]
        if len(given) != 1 or self.tokens.text(given[0] - 1) not in _DECLARES:
            return None
        start = next(at for at in range(given[0] + 1, len(self.tokens.all)) if self.tokens.text(at) == "=") + 1
        return start, self.end(start)

    def _is_given(self, at: int) -> bool:
        """Whether a name stands there to be given a value."""
        if self.tokens.text(at - 1) in _DECLARES:
            line = range(at + 1, min(at + 8, len(self.tokens.all)))
            return any(self.tokens.text(each) == "=" for each in line)
        return self.tokens.text(at + 1) == "=" and self.tokens.text(at - 1) not in (".", "?.")

    def end(self, start: int) -> int:
        """Where the expression ends that begins there."""
        previous = start
        for at in self._level(start, len(self.tokens.all)):
            text = self.tokens.text(at)
            if text in (";", ",", ")", "]", "}"):
                return at
            if at > start and text not in _JOINS and self._joins_not(previous, at):
                return at
            previous = self.tokens.behind(at) - 1 if self._opens(at) else at
        return len(self.tokens.all)

    def _joins_not(self, previous: int, at: int) -> bool:
        """Whether a new line begins a new statement there."""
        between = self.tokens.source[self.tokens.all[previous].end : self.tokens.all[at].start]
        return "\n" in between and self.tokens.text(previous) not in _JOINS

    def arguments(self, bracket: int) -> list[tuple[int, int]]:
        """The arguments of a call, or the entries of a list or object, each from its first token to behind its last."""
        close = self.tokens.partner.get(bracket)
        if close is None:
            return []
        found, begin = [], bracket + 1
        for at in [*(at for at in self._level(bracket + 1, close) if self.tokens.text(at) == ","), close]:
            if at > begin:
                found.append((begin, at))
            begin = at + 1
        return found

    def entry(self, bracket: int, key: str) -> tuple[int, int] | None:
        """The value under a key of an object that is written out."""
        for start, end in self.arguments(bracket):
            token = self.tokens.all[start]
            if token.kind in (Kind.WORD, Kind.TEXT) and token.text == key:
                return (start + 2, end) if self.tokens.text(start + 1) == ":" else (start, end)
        return None
