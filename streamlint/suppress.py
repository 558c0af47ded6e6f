"""Comments that take findings back: `# streamlint: ignore[STL101] reason` in a statement, `ignore-file` for a file."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from streamlint.finding import BLANKET_IGNORE, RULE_CRASHED, UNREADABLE_FILE, UNUSED_IGNORE, Finding, Place, ToolCode
from streamlint.fix import Edit, Fix, Level
from streamlint.source import Source, Span

MARK = "streamlint:"
_CUT_SHORT = (UNREADABLE_FILE.code, RULE_CRASHED.code)
"""With one of these, nobody knows what an ignore would have met."""
_OF_COMMENTS = (UNUSED_IGNORE.code, BLANKET_IGNORE.code)
_COMMENT = re.compile(r"#\s*streamlint:\s*(?P<kind>ignore-file|ignore)(?![\w-])(?:\s*\[(?P<codes>[^\]]*)\])?")
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
    """One code or name in the brackets; `code` is empty where nothing is called that."""

    written: str
    span: Span
    code: str


@dataclass(frozen=True)
class Ignore:
    """An ignore comment that speaks for `line` of `statement`, and for `header`, the function under its decorators."""

    span: Span
    entries: tuple[Entry, ...]
    blanket: bool
    whole_file: bool
    line: int
    statement: Lines
    header: int = 0

    def reaches(self, finding: Finding) -> bool:
        """Whether the comment stands where it can speak for this finding."""
        first, last = finding.place.start.line, finding.place.end.line
        if self.whole_file or first in (self.line, self.header):
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
    """The ignore comments of a Python file, up to where it stops being Python; text in strings does not count."""
    tokens = list(_tokens(source.text))
    statements = _statements(tokens)
    return tuple(
        _ignore(source, token, match, _speaks_for(token, tokens, statements), codes)
        for token in tokens
        if token.type == tokenize.COMMENT and (match := _COMMENT.search(token.string))
    )


@dataclass(frozen=True)
class _Target:
    line: int
    statement: Lines
    header: int = 0


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(io.StringIO(text, newline="").readline)
    except (tokenize.TokenError, SyntaxError, ValueError):
        return


def _statements(tokens: Sequence[tokenize.TokenInfo]) -> list[tuple[Lines, bool]]:
    """The lines of each logical line, and whether it is a decorator."""
    found = []
    first: tokenize.TokenInfo | None = None
    for token in tokens:
        if token.type in _SILENT:
            continue
        first = first or token
        if token.type == tokenize.NEWLINE:
            found.append((Lines(first.start[0], token.start[0]), first.string == "@"))
            first = None
    return found


def _speaks_for(
    comment: tokenize.TokenInfo, tokens: Sequence[tokenize.TokenInfo], statements: Sequence[tuple[Lines, bool]]
) -> _Target:
    line = comment.start[0]
    alone = not comment.line[: comment.start[1]].strip()
    if alone:
        behind = (token.start[0] for token in tokens if token.start[0] > line and token.type not in _SILENT)
        line = next(behind, line)
    for number, (lines, is_decorator) in enumerate(statements):
        if lines.first <= line <= lines.last:
            header = _header(statements[number:]) if alone and is_decorator else 0
            return _Target(line, lines, header)
    return _Target(line, Lines(line, line))


def _header(statements: Sequence[tuple[Lines, bool]]) -> int:
    return next((lines.first for lines, is_decorator in statements if not is_decorator), 0)


def _ignore(
    source: Source, token: tokenize.TokenInfo, match: re.Match[str], target: _Target, codes: Mapping[str, str]
) -> Ignore:
    base = source.line_starts[token.start[0] - 1] + token.start[1]
    start = match.start("codes")
    entries = tuple(
        Entry(word.group(), Span(base + start + word.start(), base + start + word.end()), _code(word.group(), codes))
        for word in re.finditer(r"[^\s,]+", match["codes"] or "")
    )
    return Ignore(
        span=Span(base + match.start(), base + match.end()),
        entries=entries,
        blanket=not entries,
        whole_file=match["kind"] == "ignore-file",
        line=target.line,
        statement=target.statement,
        header=target.header,
    )


def _code(written: str, codes: Mapping[str, str]) -> str:
    if written.upper() in codes:
        return written.upper()
    return next((code for code, name in codes.items() if name == written.lower()), "")


def _matching(finding: Finding, ignores: Sequence[Ignore]) -> Iterator[tuple[Ignore, Entry | None]]:
    for ignore in ignores:
        if not ignore.reaches(finding):
            continue
        if ignore.blanket:
            yield ignore, None
        for entry in ignore.entries:
            if entry.code == finding.code:
                yield ignore, entry


def _excused(remark: Finding, ignores: Sequence[Ignore]) -> bool:
    """Whether a comment names the remark's own code; a blanket comment cannot excuse itself."""
    line = remark.place.start.line
    speaking = (ignore for ignore in ignores if ignore.whole_file or ignore.line == line)
    return any(entry.code == remark.code for ignore in speaking for entry in ignore.entries)


def _remarks(
    source: Source, ignore: Ignore, used: set[Entry], codes: Mapping[str, str], selects: Callable[[str], bool]
) -> Iterator[Finding]:
    where = "file" if ignore.whole_file else "statement"
    if ignore.blanket:
        message = f"this comment hides every finding of its {where}, also those that nobody has seen yet"
        yield _remark(source, BLANKET_IGNORE, ignore.span, message, remedy="name the codes: `ignore[STL101]`")
    for entry in ignore.entries:
        if not entry.code:
            message = f"there is no rule `{entry.written}`"
            yield _remark(source, UNUSED_IGNORE, entry.span, message, remedy=_near(entry.written, codes))
        elif entry not in used and selects(entry.code) and entry.code not in _OF_COMMENTS:
            message = f"no finding of this {where} needs `ignore[{entry.written}]`"
            yield _remark(source, UNUSED_IGNORE, entry.span, message, fix=_removal(source, ignore, entry))


def _near(written: str, codes: Mapping[str, str]) -> str:
    known = {word.lower(): word for word in (*codes, *codes.values())}
    found = get_close_matches(written.lower(), known, n=1, cutoff=0.5)
    return f"write `{known[found[0]]}`" if found else "`streamlint --list-rules` shows what there is"


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
