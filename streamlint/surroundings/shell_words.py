"""The commands of a shell text with their words: quotes, escapes, what is expanded, operators; nothing is run or looked up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from streamlint.immutable import immutable
from streamlint.source import Span
from streamlint.surroundings.written import Written

_BLANKS = re.compile(r"(?:[ \t\r]|\\\r?\n)+")
_COMMENT = re.compile(r"#[^\n]*")
_OPERATOR = re.compile(r"&&|\|\||;;&?|;&|\|&|[;|&()\n]")
_REDIRECTION = re.compile(r"(?:\d*(?:>>|>\||<>|>&|<&|[<>])|&>>?)(?!\()")
_HERE_DOCUMENT = re.compile(r"\d*<<(-?)(?!<)")
_HERE_STRING = re.compile(r"\d*<<<")
_PLAIN = re.compile(r"[^ \t\r\n\\'\"$`;|&()<>]+")
_SINGLE = re.compile(r"'([^']*)'")
_IN_DOUBLE = re.compile(r"[^\"\\$`]+")
_NAME = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])")
_DEFAULT = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?-)([^}{$`\"'\\]*)\}")
_BRACKET = re.compile(r"\\[\s\S]|\$[({]|[(){}'\"]")
_CLOSING = {"(": ")", "{": "}", "$(": ")", "${": "}", '"': '"'}
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
_BEFORE_A_COMMAND = frozenset(("if", "then", "elif", "else", "while", "until", "do", "!", "{", "time"))
_ALONE = frozenset(("fi", "done", "esac", "}"))


@immutable(slots=True)
class Word:
    """A word as the program is given it; `span` is all that is written for it.

    Of an expansion with a default (`${X:-30}`) `text` has the default, of any other what is written; neither is known.
    """

    text: str
    span: Span
    is_known: bool = True
    inside: Span | None = None
    """Where the characters of `text` stand one by one, where they do."""


@immutable(slots=True)
class Simple:
    """One command: its words, the assignments before them, and the operator behind (`&&`, `;`, a line end, or nothing)."""

    words: tuple[Word, ...]
    assignments: tuple[Word, ...] = ()
    behind: str = ""
    depth: int = 0
    """In how many brackets it stands."""
    keywords: tuple[str, ...] = ()
    """Those before it since the command before: `then`, `fi`, `else`."""

    @property
    def span(self) -> Span:
        parts = self.assignments + self.words
        return Span(parts[0].span.start, parts[-1].span.end)


@dataclass
class _Growing:
    """A word that is being read."""

    start: int
    texts: list[str] = field(default_factory=list)
    is_known: bool = True
    is_quoted: bool = False


def commands(written: Written) -> tuple[Simple, ...]:
    """The simple commands of a shell text in their order. Never raises; what is not closed goes up to the end."""
    return tuple(_Reader(written).read())


def words(written: Written) -> tuple[Word, ...]:
    """All words of a text that no shell splits into commands: of exec forms that are written as one text."""
    return tuple(word for command in commands(written) for word in (*command.assignments, *command.words))


def tests(found: Iterable[Simple]) -> Iterator[tuple[Simple, ...]]:
    """Of each command the tests of the branches of `if` in which it stands; of an `else` none are told."""
    branches: list[list[Simple]] = []
    is_asked = False
    for simple in found:
        for word in simple.keywords:
            if word == "if":
                branches.append([])
            elif word == "fi":
                del branches[-1:]
            elif word in ("elif", "else"):
                branches[-1:] = [[]]
            is_asked = word in ("if", "elif") or (is_asked and word != "then")
        if is_asked:
            branches[-1].append(simple)
        yield tuple(each for branch in branches for each in branch)


class _Reader:
    def __init__(self, written: Written) -> None:
        self.written = written
        self.text = written.text
        self.at = 0
        self.depth = 0
        self.keywords: list[str] = []
        self.documents: list[tuple[str, bool]] = []
        """The here-documents that begin behind the next line end: their last line, and whether tabs before it are left out."""

    def read(self) -> Iterator[Simple]:
        found: list[Word] = []
        while self.at < len(self.text):
            if match := _BLANKS.match(self.text, self.at) or _COMMENT.match(self.text, self.at):
                self.at = match.end()
            elif operator := _OPERATOR.match(self.text, self.at):
                yield from self._closed(found, operator[0])
                found = []
                self.at = operator.end()
                self.depth = max(0, self.depth + (operator[0] == "(") - (operator[0] == ")"))
                if operator[0] == "\n":
                    self._skip_documents()
            elif not self._redirected():
                found.append(self._word())
        yield from self._closed(found, "")

    def _closed(self, found: list[Word], operator: str) -> Iterator[Simple]:
        while found and found[0].text in _BEFORE_A_COMMAND | _ALONE and found[0].inside is not None:
            self.keywords.append(found.pop(0).text)
        number = next((at for at, word in enumerate(found) if not _ASSIGNMENT.match(word.text)), len(found))
        if found:
            keywords, self.keywords = tuple(self.keywords), []
            yield Simple(tuple(found[number:]), tuple(found[:number]), operator, self.depth, keywords)

    def _redirected(self) -> bool:
        """Skip a redirection and its target; of a here-document remember the end."""
        if match := _HERE_STRING.match(self.text, self.at):
            self._target(match.end())
        elif match := _HERE_DOCUMENT.match(self.text, self.at):
            is_indented = bool(match[1])
            self.documents.append((self._target(match.end()), is_indented))
        elif match := _REDIRECTION.match(self.text, self.at):
            self._target(match.end())
        else:
            return False
        return True

    def _target(self, at: int) -> str:
        blanks = _BLANKS.match(self.text, at)
        self.at = blanks.end() if blanks else at
        is_there = self.at < len(self.text) and not _OPERATOR.match(self.text, self.at)
        return self._word().text if is_there else ""

    def _skip_documents(self) -> None:
        for end, is_indented in self.documents:
            while self.at < len(self.text):
                behind = self.text.find("\n", self.at)
                line = self.text[self.at : behind if behind >= 0 else len(self.text)]
                self.at = behind + 1 if behind >= 0 else len(self.text)
                if (line.lstrip("\t") if is_indented else line).rstrip("\r") == end:
                    break
        self.documents.clear()

    def _word(self) -> Word:
        word = _Growing(self.at)
        while self.at < len(self.text) and self._part(word):
            pass
        if self.at == word.start:  # a character that begins nothing, such as a bracket of `>(`
            self.at += 1
            word.texts.append(self.text[word.start])
        text = "".join(word.texts)
        inside = self._inside(word, text)
        return Word(text, self.written.span(word.start, self.at), word.is_known, inside)

    def _inside(self, word: _Growing, text: str) -> Span | None:
        if not self.written.is_exact:
            return None
        for cut in (0, 1):
            start, end = word.start + cut, self.at - cut
            span = self.written.span(start, end)
            if self.text[start:end] == text and span.end - span.start == len(text) and (not cut or word.is_quoted):
                return span
        return None

    def _part(self, word: _Growing) -> bool:
        """Read on in a word; False at its end."""
        text, at = self.text, self.at
        if plain := _PLAIN.match(text, at):
            word.texts.append(plain[0])
            self.at = plain.end()
        elif text[at] == "'":
            single = _SINGLE.match(text, at)
            word.texts.append(single[1] if single else text[at + 1 :])
            word.is_quoted = True
            self.at = single.end() if single else len(text)
        elif text[at] == '"':
            word.is_quoted = True
            self._double(word)
        elif text[at] == "\\":
            self._escaped(word)
        elif text[at] in "$`" or text.startswith(("<(", ">("), at):
            self._expanded(word)
        else:
            return False
        return True

    def _escaped(self, word: _Growing) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        line_end = next((len(end) for end in ("\n", "\r\n") if self.text.startswith(end, self.at + 1)), 0)
        if not line_end:
            word.texts.append(following or "\\")
        self.at += 1 + (line_end or len(following))

    def _double(self, word: _Growing) -> None:
        text = self.text
        self.at += 1
        while self.at < len(text) and text[self.at] != '"':
            if match := _IN_DOUBLE.match(text, self.at):
                word.texts.append(match[0])
                self.at = match.end()
            elif text[self.at] != "\\":
                self._expanded(word)
            elif text[self.at + 1 : self.at + 2] in ('"', "\\", "$", "`", "\n"):
                self._escaped(word)
            else:
                word.texts.append("\\")
                self.at += 1
        self.at += 1
        self.at = min(self.at, len(text))

    def _expanded(self, word: _Growing) -> None:
        """Read what the shell replaces; `$` before nothing that it replaces stands for itself."""
        text, at = self.text, self.at
        if default := _DEFAULT.match(text, at):
            word.texts.append(default[2])
            self.at = default.end()
        elif name := _NAME.match(text, at):
            word.texts.append(name[0])
            self.at = name.end()
        elif text.startswith(("$(", "${", "`", "<(", ">("), at):
            self.at = self._closing(at)
            word.texts.append(text[at : self.at])
        elif text.startswith(("$'", '$"'), at):
            self.at = at + 1
            return
        else:
            word.texts.append("$")
            self.at = at + 1
            return
        word.is_known = False

    def _closing(self, at: int) -> int:
        """The end of an expansion with brackets or backticks, with what stands in it."""
        text = self.text
        if text[at] == "`":
            end = text.find("`", at + 1)
            return end + 1 if end >= 0 else len(text)
        closers: list[str] = []
        while match := _BRACKET.search(text, at + 1):
            sign, at = match[0], match.end() - 1
            is_text = closers[-1:] == ['"']
            if sign == "'" and not is_text:
                at = max(text.find("'", at + 1), at)
            elif closers and sign == closers[-1]:
                closers.pop()
            elif sign in _CLOSING and (not is_text or len(sign) == 2):
                closers.append(_CLOSING[sign])
            if not closers:
                return at + 1
        return len(text)
