"""Comments that take findings back: `# streamlint: ignore[STL101] reason` in a statement, `ignore-file` for a file."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from streamlint.finding import BLANKET_IGNORE, RULE_CRASHED, UNREADABLE_FILE, UNUSED_IGNORE, Finding, Place, ToolCode
from streamlint.fix import Edit, Fix, Level
from streamlint.selectors import EVERYTHING, nearest, prefix
from streamlint.source import Source, Span

MARK = "streamlint:"
_CUT_SHORT = (UNREADABLE_FILE.code, RULE_CRASHED.code)
"""With one of these, nobody knows what an ignore would have met."""
_OF_COMMENTS = (UNUSED_IGNORE.code, BLANKET_IGNORE.code)
_COMMENT = re.compile(
    r"#\s*streamlint:\s*(?P<kind>ignore-file|ignore)(?![\w-])"
    r"(?:\s*\[(?P<codes>[^\]\[#]*)\]|(?P<broken>\s*(?:[\[({<]|[:=]?\s*(?i:stl)\d)[^#]*))?"
)
"""Codes stand in closed square brackets; `broken` is what was meant as codes and is not."""
_BROKEN = "the codes of this comment do not stand in closed square brackets, so it hides nothing"
_SILENT = frozenset(
    (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER)
)


@dataclass(frozen=True)
class Lines:
    """A statement's lines, or a compound statement's header, first and last included."""

    first: int
    last: int


@dataclass(frozen=True)
class Entry:
    """A code, the beginning of codes or a name in the brackets; `prefix` is empty where nothing is called that."""

    written: str
    span: Span
    prefix: str

    def names(self, code: str) -> bool:
        return bool(self.prefix) and code.startswith(self.prefix)


@dataclass(frozen=True)
class Ignore:
    """An ignore comment that speaks for `line` of `statement`, and for all of `decorated`: decorators, header and body.

    `broken` is what stands where the codes should be; such a comment hides nothing.
    """

    span: Span
    entries: tuple[Entry, ...]
    blanket: bool
    whole_file: bool
    line: int
    statement: Lines
    decorated: Lines | None = None
    broken: str = ""

    def reaches(self, finding: Finding) -> bool:
        """Whether the comment stands where it can speak for this finding."""
        return any(self._reaches(place) for place in finding.places)

    def _reaches(self, place: Place) -> bool:
        first, last = place.start.line, place.end.line
        if self.whole_file or first == self.line:
            return True
        if self.decorated is not None and self.decorated.first <= first <= self.decorated.last:
            return True
        if not self.statement.first <= first <= self.statement.last:
            return False
        return self.line in (self.statement.first, self.statement.last) or first <= self.line <= last


def suppress(
    source: Source,
    findings: Sequence[Finding],
    codes: Mapping[str, str],
    selects: Callable[[str], bool],
) -> list[Finding]:
    """The findings that no comment takes back, and those about the comments themselves.

    `codes` holds every code with its name; `selects` says which codes can be reported in this file: an ignore for
    another one is not unused.
    """
    if MARK not in source.text:
        return list(findings)
    ignores = read(source, codes)
    used: set[Entry] = set()
    left = []
    for finding in findings:
        matching = list(_matching(finding, ignores))
        used.update(entry for _, entry in matching if entry is not None)
        if not matching or finding.code == RULE_CRASHED.code:
            left.append(finding)
    whole = all(finding.code not in _CUT_SHORT for finding in findings)
    judged = selects if whole else _none
    remarks = [remark for ignore in ignores for remark in _remarks(source, ignore, used, codes, judged)]
    return left + [remark for remark in remarks if selects(remark.code) and not _excused(remark, ignores)]


def _none(_code: str) -> bool:
    return False


def read(source: Source, codes: Mapping[str, str]) -> tuple[Ignore, ...]:
    """The ignore comments of a Python file, up to where it stops being Python; text in strings does not count.

    In any other file a comment begins with `#` at the start of a line or behind a space.
    """
    if not source.is_python:
        return tuple(_of_lines(source, codes))
    tokens = list(_tokens(source.text))
    statements = _statements(tokens)
    return tuple(
        _ignore(source, _offset(source, token), match, _speaks_for(token, tokens, statements), codes)
        for token in tokens
        if token.type == tokenize.COMMENT and (match := _COMMENT.search(token.string))
    )


def _offset(source: Source, token: tokenize.TokenInfo) -> int:
    return source.line_starts[token.start[0] - 1] + token.start[1]


def _of_lines(source: Source, codes: Mapping[str, str]) -> Iterator[Ignore]:
    lines = [source.line(number) for number in range(1, len(source.line_starts) + 1)]
    for number, line in enumerate(lines, 1):
        match = _COMMENT.search(line)
        if match is None or not (match.start() == 0 or line[match.start() - 1].isspace()):
            continue
        speaks_for = number
        if not line[: match.start()].strip():
            behind = enumerate(lines[number:], number + 1)
            speaks_for = next((at for at, each in behind if each.strip() and each.lstrip()[0] != "#"), number)
        target = _Target(speaks_for, Lines(speaks_for, speaks_for))
        yield _ignore(source, source.line_starts[number - 1], match, target, codes)


@dataclass(frozen=True)
class _Target:
    line: int
    statement: Lines
    decorated: Lines | None = None


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(io.StringIO(text, newline="").readline)
    except (tokenize.TokenError, SyntaxError, ValueError):
        return


@dataclass(frozen=True)
class _Statement:
    """A logical line; `depth` counts the blocks around it."""

    lines: Lines
    depth: int
    is_decorator: bool


def _statements(tokens: Sequence[tokenize.TokenInfo]) -> list[_Statement]:
    found = []
    depth = 0
    first: tokenize.TokenInfo | None = None
    for token in tokens:
        depth += (token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT)
        if token.type in _SILENT:
            continue
        first = first or token
        if token.type == tokenize.NEWLINE:
            found.append(_Statement(Lines(first.start[0], token.start[0]), depth, first.string == "@"))
            first = None
    return found


def _speaks_for(
    comment: tokenize.TokenInfo, tokens: Sequence[tokenize.TokenInfo], statements: Sequence[_Statement]
) -> _Target:
    line = comment.start[0]
    alone = not comment.line[: comment.start[1]].strip()
    if alone:
        behind = (token.start[0] for token in tokens if token.start[0] > line and token.type not in _SILENT)
        line = next(behind, line)
    for number, statement in enumerate(statements):
        if statement.lines.first <= line <= statement.lines.last:
            decorated = _decorated(statements[number:]) if alone and statement.is_decorator else None
            return _Target(line, statement.lines, decorated)
    return _Target(line, Lines(line, line))


def _decorated(statements: Sequence[_Statement]) -> Lines:
    """From the first of these statements, a decorator, to the end of the function or class under it."""
    top = statements[0]
    header = next((at for at, each in enumerate(statements) if not each.is_decorator), len(statements) - 1)
    body = takewhile(lambda each: each.depth > top.depth, statements[header + 1 :])
    last = max((each.lines.last for each in body), default=statements[header].lines.last)
    return Lines(top.lines.first, last)


def _ignore(source: Source, base: int, match: re.Match[str], target: _Target, codes: Mapping[str, str]) -> Ignore:
    start = match.start("codes")
    entries = tuple(
        Entry(word.group(), Span(base + start + word.start(), base + start + word.end()), prefix(word.group(), codes))
        for word in re.finditer(r"[^\s,]+", match["codes"] or "")
    )
    broken = (match["broken"] or "").strip()
    return Ignore(
        span=Span(base + match.start(), base + match.end()),
        entries=entries,
        blanket=not broken and (not entries or any(entry.prefix == EVERYTHING for entry in entries)),
        whole_file=match["kind"] == "ignore-file",
        line=target.line,
        statement=target.statement,
        decorated=target.decorated,
        broken=broken,
    )


def _matching(finding: Finding, ignores: Sequence[Ignore]) -> Iterator[tuple[Ignore, Entry | None]]:
    for ignore in ignores:
        if not ignore.reaches(finding):
            continue
        if ignore.blanket:
            yield ignore, None
        for entry in ignore.entries:
            if any(entry.names(code) for code in finding.codes):
                yield ignore, entry


def _excused(remark: Finding, ignores: Sequence[Ignore]) -> bool:
    """Whether a comment names the remark's own code; a blanket comment cannot excuse itself."""
    line = remark.place.start.line
    speaking = (ignore for ignore in ignores if not ignore.blanket and (ignore.whole_file or ignore.line == line))
    return any(entry.names(remark.code) for ignore in speaking for entry in ignore.entries)


def _remarks(
    source: Source, ignore: Ignore, used: set[Entry], codes: Mapping[str, str], selects: Callable[[str], bool]
) -> Iterator[Finding]:
    where = "file" if ignore.whole_file else "statement"
    if ignore.broken:
        yield _remark(source, UNUSED_IGNORE, ignore.span, _BROKEN, remedy=_mended(ignore, codes))
        return
    if ignore.blanket:
        message = f"this comment hides every finding of its {where}, also those that nobody has seen yet"
        yield _remark(source, BLANKET_IGNORE, ignore.span, message, remedy="name the codes: `ignore[STL101]`")
        return
    for entry in ignore.entries:
        if not entry.prefix:
            message = f"there is no rule `{entry.written}`"
            yield _remark(source, UNUSED_IGNORE, entry.span, message, remedy=_near(entry.written, codes))
        elif entry not in used and _judged(entry, codes, selects):
            message = f"no finding of this {where} needs `ignore[{entry.written}]`"
            yield _remark(source, UNUSED_IGNORE, entry.span, message, fix=_removal(source, ignore, entry))


def _judged(entry: Entry, codes: Mapping[str, str], selects: Callable[[str], bool]) -> bool:
    """Whether every finding that the entry could have met was looked for."""
    meant = [code for code in codes if entry.names(code)]
    return bool(meant) and all(map(selects, meant)) and not any(code in _OF_COMMENTS for code in meant)


def _mended(ignore: Ignore, codes: Mapping[str, str]) -> str:
    words = re.findall(r"[\w-]+", ignore.broken)
    meant = list(takewhile(lambda word: prefix(word, codes), words)) or ["STL101"]
    return f"write `ignore{'-file' if ignore.whole_file else ''}[{', '.join(meant)}]`"


def _near(written: str, codes: Mapping[str, str]) -> str:
    found = nearest(written, (*codes, *codes.values()))
    return f"write `{found}`" if found else "`streamlint --list-rules` shows what there is"


def _removal(source: Source, ignore: Ignore, entry: Entry) -> Fix:
    edits = (_removing(source, ignore, entry),)
    return Fix("Remove what no finding needs", edits, Level.SAFE, "a comment does not run")


def _removing(source: Source, ignore: Ignore, entry: Entry) -> Edit:
    """Take out the entry, or the whole comment with its reason where it is the only entry."""
    if len(ignore.entries) > 1:
        index = ignore.entries.index(entry)
        if index:
            return Edit(Span(ignore.entries[index - 1].span.end, entry.span.end), "")
        return Edit(Span(entry.span.start, ignore.entries[1].span.start), "")
    line = source.line_span(ignore.span.start)
    text = source.slice(line).rstrip("\r\n")
    end = line.start + len(text)
    behind = source.text.find("#", ignore.span.end, end)
    if behind != -1:
        return Edit(Span(ignore.span.start, behind), "")
    before = source.text[line.start : ignore.span.start]
    return Edit(line if not before.strip() else Span(line.start + len(before.rstrip()), end), "")


def _remark(
    source: Source, code: ToolCode, span: Span, message: str, *, remedy: str = "", fix: Fix | None = None
) -> Finding:
    start, end = source.position(span.start), source.position(span.end)
    place = Place(source.path, span, start, end, source.line(start.line))
    return Finding(code.code, code.name, code.severity, message, place, help=remedy, fix=fix)
