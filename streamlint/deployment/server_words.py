"""The options and the application in the words of a server's command, and what the settings around it say beside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from streamlint.deployment.limits import Anchor
from streamlint.deployment.units import Given, duration
from streamlint.knowledge.server_options import ServerRow
from streamlint.source import Span
from streamlint.surroundings.shell_words import Word

_SHORT = re.compile(r"-[A-Za-z]")


@dataclass(frozen=True)
class Option:
    """An option as it holds. `given` is None for the default; `whole` is the option with its value, where both stand together."""

    setting: str
    text: str
    given: Given | None = None
    whole: Span | None = None
    is_known: bool = True

    @property
    def is_default(self) -> bool:
        return self.given is None

    @property
    def anchor(self) -> Anchor | None:
        return self.given.anchor if self.given is not None else None

    @property
    def seconds(self) -> float | None:
        return duration(self.text) if self.is_known else None


@dataclass
class Spoken:
    """What the words of a command say: options in their order, the first word that is none, and whether words are unknown."""

    options: list[Option] = field(default_factory=list)
    target: Word | None = None
    is_open: bool = False


def spoken(row: ServerRow, words: Sequence[Word], path: Path) -> Spoken:
    """Read the words behind the name of a server."""
    found = Spoken()
    number = 0
    while number < len(words):
        word = words[number]
        number += 1
        if not word.text.startswith("-") or word.text == "-":
            found.is_open |= not word.is_known and not _is_target(word.text)
            found.target = found.target or (word if word.text else None)
            continue
        name, equals, value = _split(row, word)
        is_flag = name in row.flags
        behind = words[number] if number < len(words) and not equals and not is_flag else None
        number += behind is not None
        known = row.spelled(name)
        if known is not None:
            given = _given(word, value, path) if equals or behind is None else _of_word(behind, path)
            end = behind.span.end if behind is not None else word.span.end
            whole = Span(word.span.start, end)
            found.options.append(Option(known.setting, given.text, given, whole, given.is_known))
    return found


def _split(row: ServerRow, word: Word) -> tuple[str, bool, str]:
    """The name of an option, and the value in the same word."""
    name, equals, value = word.text.partition("=")
    if not equals and not name.startswith("--") and len(name) > 2 and _SHORT.match(name) and row.spelled(name[:2]):
        return name[:2], True, name[2:]
    return name, bool(equals), value


def _given(word: Word, value: str, path: Path) -> Given:
    inside = Span(word.inside.end - len(value), word.inside.end) if word.inside is not None and value else None
    return Given(value, Anchor(path, word.span), word.is_known, inside)


def _of_word(word: Word, path: Path) -> Given:
    return Given(word.text, Anchor(path, word.span), word.is_known, word.inside)


def _is_target(text: str) -> bool:
    return ":" in text and not text.startswith("$")


def of_environment(row: ServerRow, environment: dict[str, Given]) -> Iterator[Option]:
    """Options that environment variables set."""
    if not row.environment:
        return
    for option in row.options:
        for word in option.words:
            name = row.environment + word.lstrip("-").replace("-", "_").upper()
            if word.startswith("--") and name in environment:
                given = environment[name]
                yield Option(option.setting, given.text, given, None, given.is_known)
