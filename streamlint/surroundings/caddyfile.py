"""The directives of a Caddyfile in their blocks, with the place of each word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field

from streamlint.immutable import immutable
from streamlint.source import Span
from streamlint.surroundings import templates

_TOKEN = re.compile(
    r"""[ \t\r]+
      | \\\r?\n
      | (?P<comment> (?<![^\s]) \#[^\n]* )
      | (?P<newline> \n )
      | (?P<heredoc> <<(?P<tag>[A-Za-z0-9_-]+)\r?\n )
      | (?P<quoted> "(?:[^"\\]|\\.)*"? | `[^`]*`? )
      | (?P<word> (?:[^\s"`\\] | \\. | (?<=\S)["`] )+ )
      | (?P<other> . )""",
    re.VERBOSE | re.DOTALL,
)
_DEEPEST = 60


@immutable(slots=True)
class Word:
    """One word as Caddy means it; `is_known` unless an environment variable or a template computes it."""

    text: str
    span: Span
    is_known: bool


@immutable
class Directive:
    """What a line says, and the lines in the braces at its end."""

    words: tuple[Word, ...]
    inner: list[Directive] = field(default_factory=list)
    has_block: bool = False

    @property
    def name(self) -> str:
        return self.words[0].text if self.words else ""

    @property
    def arguments(self) -> tuple[Word, ...]:
        return self.words[1:]

    @property
    def span(self) -> Span:
        return Span(self.words[0].span.start, self.words[-1].span.end)

    def walk(self) -> Iterator[Directive]:
        """It, and all that stands in it."""
        pending = [self]
        while pending:
            current = pending.pop()
            yield current
            pending.extend(reversed(current.inner))


def read(text: str) -> tuple[Directive, ...]:
    """The sites, snippets and options of a text; one site may stand without braces. Never raises."""
    masked = templates.read(text).masked(text)
    outermost: list[Directive] = []
    around: list[Directive] = []
    words: list[Word] = []

    def end(*, has_block: bool) -> None:
        if not words and not has_block:
            return
        directive = Directive(tuple(words), has_block=has_block)
        (around[-1].inner if around else outermost).append(directive)
        words.clear()
        if has_block:
            around.append(directive)

    for word, kind in _tokens(masked):
        if kind == "newline":
            end(has_block=False)
        elif word.text == "{" and kind == "word" and len(around) < _DEEPEST:
            end(has_block=True)
        elif word.text == "}" and kind == "word" and not words:
            around = around[:-1]
        else:
            words.append(word)
    end(has_block=False)
    return tuple(outermost)


def _tokens(text: str) -> Iterator[tuple[Word, str]]:
    at = 0
    while match := _TOKEN.match(text, at):
        at = match.end()
        kind = match.lastgroup or ""
        if kind in ("", "comment"):
            continue
        written, start = match[0], match.start()
        if match["heredoc"]:
            end = re.compile(rf"^[ \t]*{re.escape(match['tag'])}\b", re.MULTILINE).search(text, at)
            at = end.end() if end else len(text)
            written, kind = text[start:at], "word"
        plain = written[1:-1] if match["quoted"] and len(written) > 1 else written
        yield Word(plain, Span(start, at), "{$" not in written and templates.HOLE not in written), kind
