"""Which findings ignore comments take back, and what is said about comments that nothing needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

from streamlint.finding import BLANKET_IGNORE, RULE_CRASHED, UNREADABLE_FILE, UNUSED_IGNORE, Finding, Place, ToolCode
from streamlint.fix import Edit, Fix, Level
from streamlint.ignores import MARK, Entry, Ignore, Reach, read
from streamlint.near_misses import NearMisses
from streamlint.selectors import nearest, prefix
from streamlint.source import Source, Span

_CUT_SHORT = (UNREADABLE_FILE.code, RULE_CRASHED.code)
"""With one of these, nobody knows what an ignore would have met."""
_OF_COMMENTS = (UNUSED_IGNORE.code, BLANKET_IGNORE.code)
_ANYWHERE = 0
"""Stands for the line of a comment that speaks for its file."""
_BROKEN = "the codes of this comment do not stand in closed square brackets, so it hides nothing"


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
    reach = Reach(ignores)
    used: set[Entry] = set()
    left = []
    for finding in findings:
        matching = list(_matching(finding, reach))
        used.update(entry for _, entry in matching if entry is not None)
        if not matching or finding.code == RULE_CRASHED.code:
            left.append(finding)
    whole = all(finding.code not in _CUT_SHORT for finding in findings)
    judged = selects if whole else _none
    entries = (entry for ignore in ignores for entry in ignore.entries)
    idle = {each for each in entries if each not in used and (not each.prefix or _judged(each, codes, judged))}
    misses = NearMisses(source, ignores, idle, codes)
    remarks = [remark for ignore in ignores for remark in _remarks(source, ignore, idle, codes)]
    told = [remark for remark in _unexcused(remarks, ignores) if selects(remark.code)]
    return list(map(misses.hinted, left)) + told


def _none(_code: str) -> bool:
    return False


def _matching(finding: Finding, reach: Reach) -> Iterator[tuple[Ignore, Entry | None]]:
    for ignore in reach.of(finding):
        if ignore.blanket:
            yield ignore, None
        for entry in ignore.entries:
            if any(entry.names(code) for code in finding.codes):
                yield ignore, entry


def _unexcused(remarks: Iterable[Finding], ignores: Sequence[Ignore]) -> Iterator[Finding]:
    """Those of which no comment names the code; a blanket comment cannot excuse itself."""
    by_line: dict[int, list[Ignore]] = {}
    for ignore in ignores:
        if not ignore.blanket:
            by_line.setdefault(_ANYWHERE if ignore.whole_file else ignore.line, []).append(ignore)
    for remark in remarks:
        speaking = (ignore for line in (_ANYWHERE, remark.place.start.line) for ignore in by_line.get(line, ()))
        if not any(entry.names(remark.code) for ignore in speaking for entry in ignore.entries):
            yield remark


def _remarks(source: Source, ignore: Ignore, idle: Collection[Entry], codes: Mapping[str, str]) -> Iterator[Finding]:
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
        elif entry in idle:
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
