"""The sections and lines of an HAProxy configuration, with the place of each word."""

from __future__ import annotations

import re
from dataclasses import field

from streamlint.immutable import immutable
from streamlint.source import Span
from streamlint.surroundings import templates

_WORD = re.compile(r"""(?:[^\s"'\\#]|\\.|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|["'])+""")
_QUOTED = re.compile(r"""'(?P<strong>[^']*)'|"(?P<weak>(?:[^"\\]|\\.)*)"|\\(?P<escaped>.)|["']""")
_ESCAPED = re.compile(r"\\(.)")
SECTIONS = frozenset(
    (
        *(
            "global",
            "defaults",
            "frontend",
            "backend",
            "listen",
            "program",
            "peers",
            "resolvers",
            "userlist",
            "mailers",
        ),
        *("cache", "http-errors", "ring", "log-forward", "fcgi-app", "crt-store", "traces", "log-profile"),
    )
)


@immutable(slots=True)
class Word:
    """One word as the program means it, and where it is written; `is_known` unless something computes it."""

    text: str
    span: Span
    is_known: bool


@immutable
class Line:
    """One statement: its first words say what it sets."""

    words: tuple[Word, ...]

    @property
    def span(self) -> Span:
        return Span(self.words[0].span.start, self.words[-1].span.end)

    def starts(self, *words: str) -> bool:
        return tuple(each.text for each in self.words[: len(words)]) == words

    def text(self, number: int) -> str:
        return self.words[number].text if number < len(self.words) else ""

    def behind(self, word: str) -> str:
        """The word behind another one."""
        texts = [each.text for each in self.words]
        return self.text(texts.index(word) + 1) if word in texts else ""


@immutable
class Section:
    """`defaults`, `frontend web`, `backend app`: its head, and its statements."""

    kind: str
    name: str
    head: Line
    lines: list[Line] = field(default_factory=list)

    def last(self, *words: str) -> Line | None:
        """The statement of these words that holds: the last."""
        return next((line for line in reversed(self.lines) if line.starts(*words)), None)

    def every(self, *words: str) -> list[Line]:
        return [line for line in self.lines if line.starts(*words)]


def read(text: str) -> tuple[Section, ...]:
    """The sections of a text in their order; what is said before the first of them is passed over. Never raises."""
    masked = templates.read(text).masked(text)
    found: list[Section] = []
    start = 0
    for raw in re.findall(r"[^\n]*\n|[^\n]+", masked):
        words = tuple(_words(raw, start))
        start += len(raw)
        if not words:
            continue
        line = Line(words)
        if words[0].text in SECTIONS:
            found.append(Section(words[0].text, line.text(1), line))
        elif found:
            found[-1].lines.append(line)
    return tuple(found)


def _words(line: str, start: int) -> list[Word]:
    found = []
    at = 0
    while match := _WORD.search(line, at):
        if "#" in line[at : match.start()]:
            break
        written = match[0]
        is_known = templates.HOLE not in written and "$" not in _QUOTED.sub(_filled, written)
        plain = _QUOTED.sub(_meant, written)
        found.append(Word(plain, Span(start + match.start(), start + match.end()), is_known))
        at = match.end()
    return found


def _filled(part: re.Match[str]) -> str:
    """What may hold variables: not what stands in strong quotes."""
    return "" if part["strong"] is not None else part[0]


def _meant(part: re.Match[str]) -> str:
    if part["weak"] is not None:
        return _ESCAPED.sub(r"\1", part["weak"])
    return part["strong"] or part["escaped"] or ""
