"""Where a configuration file is a template (Jinja, Go, ERB), and a text of the same length without its marks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from functools import cached_property

from streamlint.immutable import immutable
from streamlint.source import Span

HOLE = "\ue000"
"""Stands for each character of a value that the template computes; no file holds it, and every format allows it in a word."""
_LONGEST = 4_000
"""Characters from an opening mark to the closing one on a later line; a comment may be longer."""
_CLOSERS = {"{{": "}}", "{%": "%}", "{#": "#}", "<%": "%>"}
_OPENING = re.compile(r"\{\{|\{%|\{#(?=[\s-])|<%")
_SPACED = re.compile(r"\{\{[-~]?[\s/]|\{%|\{#|<%")
"""What may go on over several lines; a table of tables in Lua does not begin like this."""
_WORD = re.compile(r"(?:\{\{|\{%|<%)[-+~_=]?\s*(/\*|[A-Za-z_]\w*+|\$\w*\s*:?=|\}|\w*)")
_GO_CONTROL = frozenset(("if", "else", "end", "range", "with", "define", "block", "break", "continue", "/*"))
_CONDITIONS = frozenset(("if", "for", "range", "with", "unless", "case"))
_OPENERS = _CONDITIONS | {"macro", "call", "define", "block", "filter", "raw"}
_BRINGS = frozenset(("include", "import", "extends"))
_ENDS = re.compile(r"end\w*|\}")
_ERB_DO = re.compile(r"\bdo\b(?:\s*\|[^|]*\|)?\s*-?%>$")


class Kind(Enum):
    VALUE = auto()
    """Text comes here."""
    CONTROL = auto()
    """Says whether, or how often, the text around it comes."""
    COMMENT = auto()


@immutable(slots=True)
class Mark:
    """One marked place of a template; `is_alone` where its lines hold nothing but marks."""

    span: Span
    kind: Kind
    word: str
    is_alone: bool


@immutable
class Template:
    """The marks of a text in their order, and the parts that come only on a condition, or several times."""

    marks: tuple[Mark, ...] = ()
    parts: tuple[Span, ...] = ()

    def masked(self, text: str, *, alone: str = "") -> str:
        """A text of the same length and lines: values are holes, all other marks blanks.

        A value alone on its line is unknown text and no value: it becomes blanks too, or, with `alone`, ends in that character.
        """
        pieces, done = [], 0
        for mark in self.marks:
            pieces += [text[done : mark.span.start], _mask(text[mark.span.start : mark.span.end], mark, alone)]
            done = mark.span.end
        return "".join((*pieces, text[done:]))

    def depends(self, offset: int, within: int) -> bool:
        """Whether a place comes only on a condition that is asked behind another place."""
        at = bisect_right(self._starts, offset)
        while at:
            if self.parts[at - 1].start <= within:
                return False
            if offset < self.parts[at - 1].end:
                return True
            at = self._around[at - 1]
        return False

    @cached_property
    def _starts(self) -> list[int]:
        return [part.start for part in self.parts]

    @cached_property
    def _around(self) -> list[int]:
        """For each part the one around it, counted from 1; 0 for none."""
        around: list[int] = []
        open_parts: list[int] = []
        for number, part in enumerate(self.parts, 1):
            while open_parts and self.parts[open_parts[-1] - 1].end <= part.start:
                open_parts.pop()
            around.append(open_parts[-1] if open_parts else 0)
            open_parts.append(number)
        return around

    def touches(self, span: Span) -> bool:
        """Whether a mark other than a comment stands in a span."""
        at = bisect_right(self._ends, span.start)
        return any(mark.kind is not Kind.COMMENT for mark in self._until(at, span.end))

    def _until(self, at: int, end: int) -> Iterator[Mark]:
        while at < len(self.marks) and self.marks[at].span.start < end:
            yield self.marks[at]
            at += 1

    @cached_property
    def _ends(self) -> list[int]:
        return [mark.span.end for mark in self.marks]


def read(text: str) -> Template:
    """The marks of a text; an unclosed one is none. Never raises."""
    if not any(opening in text for opening in ("{{", "{%", "<%")):
        return Template()
    spans = tuple(_spans(text))
    alone = _alone(text, spans)
    marks = tuple(_mark(text, span, span in alone) for span in spans)
    return Template(marks, tuple(_parts(text, marks)))


def _spans(text: str) -> Iterator[Span]:
    done: int = 0
    missing: set[str] = set()
    while match := _OPENING.search(text, done):
        closer = _CLOSERS[match[0]]
        done = match.end()
        if closer in missing:
            continue
        end = text.find(closer, done)
        if end < 0:
            missing.add(closer)
            continue
        end += len(closer)
        if closer == "}}":
            end += text.startswith("}", end) and text.startswith("{{{", match.start())
        if _goes_on(text, match.start(), end):
            yield Span(match.start(), end)
            done = end


def _goes_on(text: str, start: int, end: int) -> bool:
    """Whether a mark may reach this far."""
    newline = text.find("\n", start, min(end, start + _LONGEST))
    if newline < 0 and end - start <= _LONGEST:
        return True
    if not _SPACED.match(text, start):
        return False
    return end - start <= _LONGEST or text.startswith(("{#", "{{/*", "{{- /*"), start)


def _alone(text: str, spans: Iterable[Span]) -> set[Span]:
    """The marks on lines that hold nothing else."""
    found: set[Span] = set()
    together: list[Span] = []
    for span in spans:
        between = text[together[-1].end : span.start] if together else ""
        if between.strip() or "\n" in between:
            found.update(together if _is_alone(text, together[0].start, together[-1].end) else ())
            together = []
        together.append(span)
    if together and _is_alone(text, together[0].start, together[-1].end):
        found.update(together)
    return found


def _is_alone(text: str, start: int, end: int) -> bool:
    before = text[text.rfind("\n", 0, start) + 1 : start]
    newline = text.find("\n", end)
    after = text[end : newline if newline >= 0 else len(text)]
    return not before.strip() and not after.strip()


def _mark(text: str, span: Span, is_alone: bool) -> Mark:
    opening = text[span.start : span.start + 2]
    word = match[1] if (match := _WORD.match(text, span.start, span.end)) else ""
    if opening == "{#" or word == "/*" or text.startswith(("<%#", "{{!"), span.start):
        return Mark(span, Kind.COMMENT, "", is_alone)
    if opening == "{{":
        is_control = word in _GO_CONTROL or word.endswith("=") or text.startswith(("{{#", "{{/", "{{^"), span.start)
    elif opening == "<%":
        is_control = not text.startswith("<%=", span.start)
    else:
        is_control = word not in _BRINGS
    return Mark(span, Kind.CONTROL if is_control else Kind.VALUE, word, is_alone)


def _parts(text: str, marks: Iterable[Mark]) -> list[Span]:
    opened: list[tuple[int, bool]] = []
    found = []
    for mark in marks:
        if mark.kind is not Kind.CONTROL:
            continue
        written = text[mark.span.start : mark.span.end]
        if _ENDS.fullmatch(mark.word) or written.startswith("{{/"):
            start, is_condition = opened.pop() if opened else (0, False)
            if is_condition:
                found.append(Span(start, mark.span.start))
        elif mark.word in _OPENERS or written.startswith(("{{#", "{{^")) or _ERB_DO.search(written):
            opened.append((mark.span.end, mark.word in _CONDITIONS or mark.word not in _OPENERS))
    return sorted(found)


def _mask(written: str, mark: Mark, alone: str) -> str:
    if mark.kind is Kind.VALUE and not mark.is_alone:
        return _blank(written, HOLE)
    blank = _blank(written, HOLE if mark.kind is Kind.VALUE and alone else " ")
    return blank[:-1] + alone if mark.kind is Kind.VALUE and alone else blank


def _blank(written: str, character: str) -> str:
    return re.sub(r"[^\r\n]", character, written)
