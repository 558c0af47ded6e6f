"""Where the values of a Terraform file (HCL) stand: attributes of its blocks, and what objects and lists in them hold."""

from __future__ import annotations

import re
from collections import Counter
from json import JSONDecodeError, JSONDecoder

from streamlint.source import Span
from streamlint.surroundings.document import Document, Fault, Keys, Setting

_DEEPEST = 60
_TRIES = 3
"""How often the rest of a text is read once more, as if a value that is never closed ended with its line."""
_TOKEN = re.compile(
    r"""[ \t\r]+
      | (?P<comment> \#[^\n]* | //[^\n]* | /\*(?s:.*?)(?:\*/|\Z) )
      | (?P<newline> \n )
      | (?P<heredoc> <<-?[ \t]*(?P<tag>[A-Za-z_][\w-]*)[ \t]*\r?\n )
      | (?P<word> [A-Za-z_][\w-]* )
      | (?P<number> \d(?:[\w.]|(?<=[eE])[+-])* )
      | (?P<quote> " )
      | (?P<sign> . )""",
    re.VERBOSE,
)
_IN_TEXT = re.compile(r'[^"\\$%{}\n]+|\\.|[$%]{2}\{|[$%]\{|.', re.DOTALL)
_DECODER = JSONDecoder(strict=False)
_CLOSING = {"{": "}", "[": "]", "(": ")"}
_TRANSPARENT = ("jsonencode", "yamlencode", "tolist", "toset", "tomap")
"""Functions that give what they are given, for whoever asks for its values."""
_OPERATORS = frozenset("+-*/%<>=!&|?:.[(")
"""What goes on with a value that stands before it on the line."""


def read(text: str) -> Document:
    """The settings of a text in HCL.

    A block's keys are its type and its labels, and for a block in another one the number among its equals behind that:
    `("resource", "aws_lb", "main", "access_logs", 0, "bucket")`. `places` has the heads of blocks, with their brace, and the
    names of attributes. What is computed is a value that is no text, as it is written. Never raises.
    """
    reader = _Reader(text)
    reader.body((), is_outermost=True)
    return Document(tuple(reader.settings), tuple(reader.faults), reader.places)


class _Reader:
    """Reads from the left to the right; `kind` and `start`, `end` are those of the next token."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.settings: list[Setting] = []
        self.faults: list[Fault] = []
        self.places: dict[Keys, Span] = {}
        self.kind, self.start, self.end = "", 0, 0
        self.tries = _TRIES
        self.last = 0
        """Where the token before this one ended."""
        self.step()

    def step(self) -> None:
        """Go to the next token; blanks and comments are none."""
        self.last = self.end
        while True:
            match = _TOKEN.match(self.text, self.end)
            if match is None:
                self.kind, self.start = "end", self.end
                return
            self.start, self.end = match.span()
            self.kind = match.lastgroup or ""
            if self.kind == "tag":
                self.kind = "heredoc"
            if self.kind in ("", "comment"):
                continue
            if self.kind == "quote":
                self.end = self._text_end(self.end)
            elif self.kind == "heredoc":
                self.end = self._heredoc_end(match["tag"])
            return

    @property
    def written(self) -> str:
        return self.text[self.start : self.end]

    def body(self, keys: Keys, *, is_outermost: bool = False) -> None:
        """The attributes and blocks up to the brace that closes them, which is passed."""
        seen: Counter[Keys] = Counter()
        while self.kind != "end":
            if self.kind == "word":
                self._statement(keys, seen, is_outermost=is_outermost)
            elif self.kind == "newline":
                self.step()
            elif self.written == "}" and not is_outermost:
                self.step()
                return
            else:
                self._fault("a name is missing")
                self._line()
        if not is_outermost:
            self._fault("a block is not closed")

    def _statement(self, keys: Keys, seen: Counter[Keys], *, is_outermost: bool) -> None:
        start, name = self.start, self.written
        self.step()
        if self.written == "=" and not self.text.startswith("=", self.end):
            self.places.setdefault((*keys, name), Span(start, start + len(name)))
            self.step()
            self._value((*keys, name))
            return
        labels: list[str] = []
        while self.kind in ("word", "quote"):
            labels.append(self.written.strip('"'))
            self.step()
        if self.written != "{":
            self._fault("neither a block nor an attribute")
            self._line()
            return
        own: Keys = (*keys, name, *labels)
        if not is_outermost:
            seen[own] += 1
            own = (*own, seen[own] - 1)
        self.places.setdefault(own, Span(start, self.end))
        if len(own) > _DEEPEST:
            self._balanced()
        else:
            self.step()
            self.body(own)

    def _value(self, keys: Keys, *, is_inner: bool = False) -> bool:
        """One expression: what it holds, or the whole of it as it is written; whether the text did not end in it."""
        start, known = self.start, len(self.settings)
        if len(keys) <= _DEEPEST and self._plain(keys) and not self._goes_on():
            return True
        is_cut = self.kind == "end"
        if is_cut and is_inner:
            return False
        del self.settings[known:]
        self.end = start
        self.step()
        if is_cut and self.tries:
            self.tries -= 1
            self._fault("a value is not closed")
            self._line()
        else:
            self._rest()
        written = self.text[start : self.last].rstrip()
        self.settings.append(Setting(keys, written, Span(start, start + len(written)), is_text=False))
        return True

    def _plain(self, keys: Keys) -> bool:
        """Whether a value that can be read was read."""
        if self.kind == "quote":
            self.settings.append(self._text(keys))
            self.step()
        elif self.kind == "heredoc":
            self.settings.append(Setting(keys, self.written, Span(self.start, self.end)))
            self.step()
        elif self.written == "{":
            return self._object(keys)
        elif self.written == "[":
            return self._list(keys)
        elif self.kind == "word" and self.written in _TRANSPARENT and self.text.startswith("(", self.end):
            return self._given(keys)
        elif self.kind in ("word", "number"):
            self.settings.append(Setting(keys, self.written, Span(self.start, self.end), is_text=False))
            self.step()
        else:
            return False
        return True

    def _given(self, keys: Keys) -> bool:
        """What a function is given that gives it back."""
        self.step()
        self.step()
        self._blank()
        if not self._value(keys, is_inner=True):
            return False
        self._blank()
        if self.written != ")":
            return False
        self.step()
        return True

    def _object(self, keys: Keys) -> bool:
        self.step()
        self._blank()
        while self.kind in ("word", "quote"):
            name = self.written.strip('"')
            if self.kind == "word" and name == "for":
                return False
            place = Span(self.start, self.end)
            self.step()
            if self.written not in ("=", ":"):
                return False
            self.places.setdefault((*keys, name), place)
            self.step()
            self._blank()
            if not self._value((*keys, name), is_inner=True):
                return False
            self._blank(",")
        if self.written != "}":
            return False
        self.step()
        return True

    def _list(self, keys: Keys) -> bool:
        self.step()
        self._blank()
        number = 0
        while self.kind != "end" and self.written != "]":
            if self.kind == "word" and self.written == "for":
                return False
            before = self.start
            if not self._value((*keys, number), is_inner=True):
                return False
            number += 1
            self._blank(",")
            if self.start == before:
                return False
        if self.written != "]":
            return False
        self.step()
        return True

    def _goes_on(self) -> bool:
        """Whether the value that was read is only the beginning of an expression."""
        return self.kind == "sign" and self.written in _OPERATORS

    def _rest(self) -> None:
        """Pass what is left of an expression: up to the end of the line, or what closes the list around it."""
        while self.kind not in ("newline", "end") and self.written not in (",", *_CLOSING.values()):
            if self.written in _CLOSING:
                self._balanced()
            else:
                self.step()

    def _balanced(self) -> None:
        """Pass a bracket with all that is in it, or up to what closes another one."""
        opened = [self.written]
        self.step()
        while opened and self.kind != "end":
            if self.written in _CLOSING:
                opened.append(self.written)
            elif self.kind == "sign" and self.written in _CLOSING.values() and self.written != _CLOSING[opened.pop()]:
                self._fault("a bracket is not closed")
                return
            self.step()

    def _blank(self, *signs: str) -> None:
        while self.kind == "newline" or (self.kind == "sign" and self.written in signs):
            self.step()

    def _line(self) -> None:
        while self.kind not in ("newline", "end"):
            self.step()

    def _text(self, keys: Keys) -> Setting:
        is_closed = self.end > self.start + 1 and self.text[self.end - 1] == '"'
        inside = Span(self.start + 1, self.end - is_closed)
        written = self.text[inside.start : inside.end]
        value = written
        if "\\" in written:
            try:
                value = str(_DECODER.raw_decode(self.written)[0])
            except JSONDecodeError:
                value = written
        return Setting(keys, value, Span(self.start, self.end), inside if value == written else None)

    def _text_end(self, at: int) -> int:
        """Where a text in quotes ends; `${…}` in it may hold texts again."""
        around = ['"']
        while match := _IN_TEXT.match(self.text, at):
            sign, at = match[0], match.end()
            is_text = around[-1] == '"'
            if sign in (("${", "%{") if is_text else ("{",)):
                around.append("{")
            elif sign == "}" and not is_text:
                around.pop()
            elif sign == '"':
                if not is_text:
                    around.append(sign)
                    continue
                around.pop()
                if not around:
                    return at
            elif sign == "\n" and len(around) == 1:
                self._fault("a text is not closed")
                return match.start()
        return at

    def _heredoc_end(self, tag: str) -> int:
        end = re.compile(rf"^[ \t]*{re.escape(tag)}[ \t]*\r?$", re.MULTILINE).search(self.text, self.end)
        if end is None:
            self._fault("a text is not closed")
            return len(self.text)
        return end.end()

    def _fault(self, message: str) -> None:
        if not self.faults:
            self.faults.append(Fault(self.start, message))
