"""What a line of a `.gitignore` means: the paths that it speaks of, as git decides, whatever the pattern in linear time.

A pattern becomes an expression that never tries again: behind a star stands a piece of fixed length, and the first place where it
fits is as good as any later one, so that place is final (an atomic group). Tests hold the answers against `git check-ignore`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise

from streamlint.immutable import immutable

_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
    "space": r" \t\n\r\f\v",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}
_STAR, _STARS, _SLASH = "*", "**", "/"
_FOLDER = "[^/]*+/"
_PLAIN = re.compile(r"[^*?\[\\]+(?=\*\*)")
_NEVER = re.compile(r"(?!)")
_HEAD = re.compile(r"[^*?\[\\]+")
_TAIL = re.compile(r"[^*?\[\]\\/]+\Z")
"""What a text must begin with, and what its last name must end with: `**/b` fits `b` too."""


class _Impossible(Exception):
    """A pattern that fits nothing: a bracket without an end, a class that does not exist, a backslash at the end."""


@immutable
class _Rule:
    """One pattern, for the name of an entry alone or for its path from the folder of the patterns."""

    pattern: str
    takes_back: bool
    of_names: bool
    of_folders: bool

    @cached_property
    def expression(self) -> str:
        """An expression for the whole text; one that fits nothing where the pattern does."""
        try:
            meant = _segment(list(_tokens(self.pattern))) if self.of_names else _anchored(self.pattern)
        except _Impossible:
            return _NEVER.pattern
        return rf"{meant}\Z"

    @cached_property
    def fits(self) -> re.Pattern[str]:
        return re.compile(self.expression, re.DOTALL)


class Rules:
    """The patterns of one file; the last one that fits decides."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._rules = [rule for line in lines if (rule := _parse(line)) is not None]
        self._names = _Index((number, rule) for number, rule in enumerate(self._rules) if rule.of_names)
        self._paths = _Index((number, rule) for number, rule in enumerate(self._rules) if not rule.of_names)

    def decide(self, path: str, is_folder: bool) -> bool | None:
        """True: ignored; False: taken back by a `!` pattern; None: not spoken of. `path` is relative, with slashes."""
        name = path.rpartition("/")[2]
        for number in sorted((*self._names.likely(name), *self._paths.likely(path)), reverse=True):
            rule = self._rules[number]
            if (is_folder or not rule.of_folders) and rule.fits.match(name if rule.of_names else path):
                return not rule.takes_back
        return None


class _Index:
    """Rules by the plain text that they begin or end with, so that of many only those are made that may fit."""

    def __init__(self, rules: Iterable[tuple[int, _Rule]]) -> None:
        self._heads: dict[str, list[int]] = {}
        self._tails: dict[str, list[int]] = {}
        self._rest: list[tuple[int, _Rule]] = []
        for number, rule in rules:
            head, tail = _HEAD.match(rule.pattern), _TAIL.search(rule.pattern)
            if head is not None:
                self._heads.setdefault(head.group(), []).append(number)
            elif tail is not None:
                self._tails.setdefault(tail.group(), []).append(number)
            else:
                self._rest.append((number, rule))
        self._head_lengths = sorted(set(map(len, self._heads)))
        self._tail_lengths = sorted(set(map(len, self._tails)))

    def likely(self, text: str) -> Iterator[int]:
        """The numbers of the rules that may fit."""
        for length in self._head_lengths:
            yield from self._heads.get(text[:length], ())
        for length in self._tail_lengths:
            yield from self._tails.get(text[-length:], ())
        if self._rest and self._any_of_rest.match(text):
            yield from (number for number, _ in self._rest)

    @cached_property
    def _any_of_rest(self) -> re.Pattern[str]:
        """Answers "none of them" first, which is nearly always the answer."""
        return re.compile("|".join(rule.expression for _, rule in self._rest), re.DOTALL)


def _parse(line: str) -> _Rule | None:
    """The rule of a line; None for an empty line and a comment."""
    line = _without_end(line)
    if line.startswith("#"):
        return None
    takes_back = line.startswith("!")
    pattern = line[takes_back:]
    of_folders = pattern.endswith("/")
    pattern = pattern[: len(pattern) - of_folders]
    of_names = "/" not in pattern
    return _Rule(pattern.removeprefix("/"), takes_back, of_names, of_folders) if pattern else None


def _without_end(line: str) -> str:
    """The line without its line end and the spaces before that; a backslash keeps a space."""
    line = line.removesuffix("\n").removesuffix("\r")
    bare = line.rstrip(" ")
    is_kept = (len(bare) - len(bare.rstrip("\\"))) % 2 and len(bare) < len(line)
    return f"{bare} " if is_kept else bare


def _anchored(pattern: str) -> str:
    """A whole path. What stands before the first wildcard git compares by itself, so that `a**/b` fits `ab` as `**/b` fits `b`."""
    plain = _PLAIN.match(pattern)
    start = plain.end() if plain is not None else 0
    return re.escape(pattern[:start]) + _path(list(_tokens(pattern[start:])))


def _tokens(pattern: str) -> Iterator[str]:
    """Expressions for one character each, and the marks for a slash, one star, and several stars."""
    at = 0
    while at < len(pattern):
        character = pattern[at]
        stars = len(pattern) - at - len(pattern[at:].lstrip("*"))
        if stars:
            yield _STAR if stars == 1 else _STARS
            at += stars
        elif character == "[":
            end, expression = _bracket(pattern, at + 1)
            yield expression
            at = end
        elif character == "?":
            yield "[^/]"
            at += 1
        else:
            at += character == "\\"
            if at == len(pattern):
                raise _Impossible
            yield _SLASH if pattern[at] == "/" else re.escape(pattern[at])
            at += 1


def _bracket(pattern: str, at: int) -> tuple[int, str]:
    """Where a bracket ends that begins before `at`, and the expression for it."""
    is_negated = pattern[at : at + 1] in ("!", "^")
    at += is_negated
    first, members, before = at, [], ""
    while at == first or pattern[at : at + 1] != "]":
        if pattern.startswith("[:", at) and (name := _class_at(pattern, at)) is not None:
            if name not in _CLASSES:
                raise _Impossible
            members.append(_CLASSES[name])
            at, before = at + len(name) + 4, ""
            continue
        is_range = before and pattern[at : at + 1] == "-" and pattern[at + 1 : at + 2] not in ("", "]")
        at += bool(is_range)
        at += pattern[at : at + 1] == "\\"
        if at >= len(pattern):
            raise _Impossible
        member = pattern[at]
        if not is_range:
            members.append(re.escape(member))
        elif before <= member:
            members.append(f"{re.escape(before)}-{re.escape(member)}")
        before = "" if is_range else member
        at += 1
    return at + 1, f"(?!/)[{'^' * is_negated}{''.join(members)}]"


def _class_at(pattern: str, at: int) -> str | None:
    """The name in `[:name:]`; None where the bracket is a character like others."""
    end = pattern.find("]", at + 2)
    if end < 0:
        raise _Impossible
    return pattern[at + 2 : end - 1] if end > at + 2 and pattern[end - 1] == ":" else None


def _segment(tokens: Sequence[str]) -> str:
    """A name, or a part of a path between slashes."""
    pieces = [""]
    for token in tokens:
        if token in (_STAR, _STARS):
            pieces.append("")
        else:
            pieces[-1] += token
    if len(pieces) == 1:
        return pieces[0]
    first, *middle, last = pieces
    found = "".join(f"(?>[^/]*?{piece})" for piece in middle if piece)
    return f"{first}{found}{f'[^/]*{last}' if last else '[^/]*+'}"


def _path(tokens: Sequence[str]) -> str:
    """Runs of segments, and between them as many folders as it takes."""
    runs: list[list[str]] = [[]]
    for segment in _split(tokens):
        if segment == [_STARS]:
            runs.append([])
        else:
            runs[-1].append(_segment(segment))
    if len(runs) == 1:
        return "/".join(runs[0])
    first, *middle, last = ["".join(f"{segment}/" for segment in run) for run in runs]
    found = "".join(f"(?>(?:{_FOLDER})*?{run})" for run in middle if run)
    return f"{first}{found}{f'(?:{_FOLDER})*{last[:-1]}' if last else '.*'}"


def _split(tokens: Sequence[str]) -> Iterator[list[str]]:
    edges = [-1, *(at for at, token in enumerate(tokens) if token == _SLASH), len(tokens)]
    return (list(tokens[start + 1 : end]) for start, end in pairwise(edges))
