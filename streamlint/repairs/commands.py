"""Repairs of commands, wherever they are written: options that are added, changed or left out, in the way of their neighbours."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.source import Source, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlint.deployment.server_words import Option
    from streamlint.deployment.servers import Server
    from streamlint.surroundings.shell_words import Word

_LIST = re.compile(r"\s*,\s*|[ \t]*\r?\n[ \t]*-[ \t]+")
_SHELL = re.compile(r"[ \t]+|[ \t]*\\\r?\n[ \t]*|[ \t]*\r?\n[ \t]*")


def option_set(
    server: Server, option: Option, word: str, value: str, source: Source, level: Level, reason: str
) -> Fix | None:
    """Give an option another value: where it stands, or as the last words of the command."""
    title = f"set `{word} {value}`"
    if option.given is not None:
        inside = option.given.inside
        if inside is None or server.started is not None or option.given.anchor.path != source.path:
            return None
        return Fix(title, (Edit(inside, value),), level, reason, drops=())
    is_here = server.anchor.path == source.path and server.started is None
    edit = added(server.command.words, (word, value), source) if is_here else None
    return Fix(title, (edit,), level, reason) if edit is not None else None


def added(words: Sequence[Word], texts: Sequence[str], source: Source) -> Edit | None:
    """The words behind the last one of a command, parted and quoted as it is; None where that cannot be told."""
    last = words[-1]
    written = source.slice(last.span)
    if not written or any(word.span.overlaps(other.span) for word, other in itertools.pairwise(words)):
        return None
    between = _between(words, source)
    quote = written[0] if written[0] in "\"'" else ""
    if _LIST.fullmatch(between) or (not between and _is_in_list(source, last)):
        apart = between or ", "
        text = "".join(
            f"{apart}{quote or _quote(source, apart)}{each}{quote or _quote(source, apart)}" for each in texts
        )
    elif not between or _SHELL.fullmatch(between):
        text = (between or " ") + " ".join(texts)
    else:
        return None
    return Edit(Span(last.span.end, last.span.end), text)


def left_out(words: Sequence[Word], span: Span, source: Source) -> Edit | None:
    """A part of a command taken away, with what parts it from the word before; None where that is not plain."""
    before = [word for word in words if word.span.end <= span.start]
    if not before:
        return None
    between = source.text[before[-1].span.end : span.start]
    if not _LIST.fullmatch(between) and not _SHELL.fullmatch(between):
        return None
    return Edit(Span(before[-1].span.end, span.end), "")


def handed_over(word: Word, source: Source) -> Fix | None:
    """`exec` before a command, so that the shell gives its place to the program."""
    if word.inside is None or word.inside != word.span:
        return None
    reason = "nothing comes behind the command, and the shell ended with it anyway"
    return Fix(
        "put `exec` before the command", (Edit(Span(word.span.start, word.span.start), "exec "),), Level.SAFE, reason
    )


def _between(words: Sequence[Word], source: Source) -> str:
    """What parts the options of a command from the words before them, or its last two words."""
    pairs = [(one, other) for one, other in itertools.pairwise(words) if other.text.startswith("-")]
    one, other = pairs[-1] if pairs else (words[-2:] if len(words) > 1 else (words[-1], words[-1]))
    return source.text[one.span.end : other.span.start]


def _is_in_list(source: Source, word: Word) -> bool:
    """Whether the only word of a command stands in brackets."""
    return source.text[: word.span.start].rstrip().endswith("[")


def _quote(source: Source, apart: str) -> str:
    return '"' if "," in apart and source.path.suffix not in (".yml", ".yaml") else ""
