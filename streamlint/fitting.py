"""How a line that a repair makes too long is broken: as black does, at its last bracket."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import replace

from streamlint.fix import Edit, Fix
from streamlint.immutable import immutable
from streamlint.source import Source, Span

_OPERATORS = re.compile(r"\b(?:if|else|and|or|in|is|not|for)\b|[-+*/%<>=|&]")
_OPENED = re.compile(r"[(\[{]\s*\Z")
_VALUE = re.compile(r"(?:return|yield|\w[\w.]* =) ")
_CLAUSES = ("for", "async", "if")
_TERNARY = ("if", "else")


def fitted(fix: Fix, source: Source, width: int) -> Fix:
    """The fix with lines that fit, where it made longer ones of statements that stand on one line."""
    edits = [edit for group in _groups(fix.edits, source) for edit in _fitted(group, source, width)]
    known = fix.edits if sorted(edits) == sorted(fix.edits) else tuple(sorted(edits))
    return replace(fix, edits=known, width=width if fix.imports else 0)


def _groups(edits: Sequence[Edit], source: Source) -> Iterator[tuple[Span, list[Edit]]]:
    """The edits that share lines, with those lines."""
    lines, group = Span(0, 0), list[Edit]()
    for edit in sorted(edits):
        start = source.line_span(edit.span.start).start
        end = max(source.line_span(max(edit.span.end - 1, edit.span.start)).end, start)
        if group and start < lines.end:
            lines, group = Span(lines.start, max(lines.end, end)), [*group, edit]
            continue
        if group:
            yield lines, group
        lines, group = Span(start, end), [edit]
    if group:
        yield lines, group


def _fitted(lines_and_edits: tuple[Span, list[Edit]], source: Source, width: int) -> list[Edit]:
    lines, edits = lines_and_edits
    before, after, end = source.slice(lines), "", lines.start
    for edit in edits:
        after += source.text[end : edit.span.start] + edit.text
        end = edit.span.end
    after += source.text[end : lines.end]
    known = set(before.splitlines())
    is_wide = any(len(line) > width for line in known)  # no formatter has been here at this width
    if is_wide or all(len(line) <= width or line in known for line in after.splitlines()):
        return edits
    whole = after.splitlines()
    outside = _line_before(lines, source)
    broken = [
        [line] if line in known else _broken(line, width, is_body=_OPENED.search(before_it) is not None)
        for before_it, line in zip([outside, *whole], whole, strict=False)
    ]
    text = source.newline.join(line for group in broken for line in group)
    ending = after[len(after.rstrip("\r\n")) :] and source.newline
    return [Edit(lines, text + ending)] if text + ending != after else edits


def _line_before(lines: Span, source: Source) -> str:
    return source.slice(source.line_span(lines.start - 1)) if lines.start else ""


def _broken(line: str, width: int, *, is_body: bool = False) -> list[str]:
    """The line, on several lines where it is too long and one knows how; `is_body`: it is all that stands in brackets."""
    if len(line) <= width or line.lstrip().startswith("#"):
        return [line]
    code = line.lstrip()
    indent = line[: len(line) - len(code)]
    if is_body:
        return _body(code, indent, width)
    marks = _read(code)
    return _split(code, marks, indent, width) if marks is not None else [line]


@immutable
class _Mark:
    """A bracket, comma or word: its offset, its text, and how many brackets it stands in."""

    at: int
    text: str
    depth: int


def _read(code: str) -> list[_Mark] | None:
    """The brackets, commas and words of a line; None where it is not whole, or holds a comment."""
    marks, depth = list[_Mark](), 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.COMMENT or token.start[0] > 2:
                return None
            if token.type not in (tokenize.OP, tokenize.NAME) or token.start[0] > 1:
                continue
            depth -= token.string in ")]}"
            marks.append(_Mark(token.start[1], token.string, depth))
            depth += token.string in "([{"
    except (tokenize.TokenError, SyntaxError):
        return None
    return marks if depth == 0 else None


def _split(code: str, marks: Sequence[_Mark], indent: str, width: int) -> list[str]:
    """At the last bracket that holds something; where an operator stands behind it, at brackets around the whole value."""
    opened, pairs = list[_Mark](), list[tuple[int, int]]()
    for mark in marks:
        if mark.text in ("(", "[", "{"):
            opened.append(mark)
        elif mark.text in (")", "]", "}"):
            opening = opened.pop()
            if opening.depth == 0 and code[opening.at + 1 : mark.at].strip():
                pairs.append((opening.at, mark.at))
    whole = [f"{indent}{code}"]
    if not pairs:
        return whole
    start, end = next((one for one in reversed(pairs) if _is_room(code, *one, indent, width)), pairs[-1])
    if _OPERATORS.search(code[end + 1 :]):
        value = _VALUE.match(code)
        if value is None:
            return whole
        return [
            f"{indent}{code[: value.end()]}(",
            *_body(code[value.end() :], _deeper(indent), width),
            f"{indent})",
        ]
    if not _is_room(code, start, end, indent, width):
        return whole
    return [
        f"{indent}{code[: start + 1]}",
        *_body(code[start + 1 : end], _deeper(indent), width, is_literal=_is_literal(code, start)),
        f"{indent}{code[end:]}",
    ]


def _is_room(code: str, start: int, end: int, indent: str, width: int) -> bool:
    """Whether what stands before a pair of brackets, and behind it, has room on the lines with them."""
    return len(indent) + start + 1 <= width and len(indent) + len(code) - end <= width


def _deeper(indent: str) -> str:
    return f"{indent}\t" if "\t" in indent else f"{indent}    "


def _is_literal(code: str, start: int) -> bool:
    """Whether a bracket begins a collection, and no arguments or subscript."""
    return start == 0 or not (code[start - 1].isalnum() or code[start - 1] in "_)]}'\"")


def _body(code: str, indent: str, width: int, *, is_literal: bool = False) -> list[str]:
    """What stands in the brackets: on one line, else each part on its own; the items of a collection always are."""
    code = code.strip()
    fits = len(indent) + len(code) <= width
    marks = None if fits and not is_literal else _read(code)
    if marks is None:
        return [f"{indent}{code}"]
    commas = [mark.at for mark in marks if mark.text == "," and not mark.depth]
    if fits and not commas:
        return [f"{indent}{code}"]
    if commas:
        return _parts(code, [at + 1 for at in commas], indent, width, ",")
    words = _CLAUSES if any(mark.text == "for" and not mark.depth for mark in marks) else _TERNARY
    clauses = [mark.at for mark in marks if not mark.depth and mark.at and mark.text in words]
    clauses = [at for at in clauses if not code[:at].endswith("async ")]
    if clauses:
        return _parts(code, clauses, indent, width)
    return _split(code, marks, indent, width)


def _parts(code: str, ends: Sequence[int], indent: str, width: int, ending: str = "") -> list[str]:
    """Each part on its own lines, with what it ends in."""
    found, begin = list[str](), 0
    for end in (*ends, len(code)):
        part = code[begin:end].strip().removesuffix(ending or "\0")
        begin = end
        if part:
            found += _broken(f"{indent}{part}{ending}", width)
    return found
