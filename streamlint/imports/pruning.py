"""Imports that a change made useless, and the text without them."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache

import libcst as cst

from streamlint.imports.names import WORD, Reader, read, top_level, words
from streamlint.imports.statements import Statement, aliases, asname, closing, dotted, leading
from streamlint.parsed import lines_of, parsed

_PART = re.compile(r"\w")
_TYPE_COMMENT = re.compile(r"#\s*type:(.*)")


def useless(before: str, after: str) -> set[str]:
    """Imported names that `before` used more often than `after`, and that are now used nowhere."""
    module = parsed(after)
    if module is None:
        return set()
    start, end = _edges(before, after)
    then, now = (Counter(words(text[start : len(text) - end])) for text in (before, after))
    fewer = {name for name, number in then.items() if now[name] < number}
    fewer &= {binding.name for binding in top_level(module)} if fewer else fewer
    fewer = {name for name in fewer if not _is_used_beside(name, before, start, len(before) - end)}
    if not fewer:
        return fewer
    fewer -= read(module).uses
    fewer -= {word for note in _TYPE_COMMENT.findall(after) for word in WORD.findall(note)}
    old = parsed(before) if fewer else None
    return fewer & read(old).uses if old is not None else set()


def _is_used_beside(name: str, text: str, start: int, end: int) -> bool:
    """Whether a statement of the top level uses a name that lies wholly before or behind a part of the text."""
    return any(last <= start or first >= end for first, last in _users(text).get(name, ()))


@lru_cache(maxsize=2)
def _users(text: str) -> dict[str, list[tuple[int, int]]]:
    """Where the statements of the top level begin and end that use each name."""
    found: dict[str, list[tuple[int, int]]] = {}
    module = parsed(text)
    for lines in lines_of(text, module) if module is not None else ():
        reader = Reader()
        reader.read(ast.Module([*lines.statements], []))
        for name in reader.uses:
            found.setdefault(name, []).append((lines.start, lines.end))
    return found


def _edges(one: str, other: str) -> tuple[int, int]:
    """How much both texts begin with, and end with, in whole words."""
    start = _shared(one, other, lambda length: one.startswith(other[:length]))
    while start and _PART.match(one[start - 1]):
        start -= 1
    one, other = one[start:], other[start:]
    end = _shared(one, other, lambda length: not length or one.endswith(other[-length:]))
    while end and _PART.match(one[-end]):
        end -= 1
    return start, end


def _shared(one: str, other: str, is_shared: Callable[[int], bool]) -> int:
    """The greatest length that is shared; every shorter one is."""
    return bisect_right(range(1, min(len(one), len(other)) + 1), False, key=lambda length: not is_shared(length))


def pruned(module: cst.Module, useless: Collection[str]) -> cst.Module:
    """The module without its own imports of these names; a comment above or behind a removed line goes with it."""
    body: list[Statement] = []
    gap: list[cst.EmptyLine] = []
    for statement in module.body:
        kept = _without(statement, useless)
        if kept is None:
            gap = gap or [line for line in leading(statement) if line.comment is None][:1]
            continue
        if gap and kept is not module.body[0] and body and not any(line.comment is None for line in leading(kept)):
            kept = kept.with_changes(leading_lines=[*gap, *leading(kept)])
        elif not body and kept is not module.body[0]:
            kept = kept.with_changes(leading_lines=_without_blank_start(leading(kept), module.header))
        gap = []
        body.append(kept)
    return module.with_changes(body=body)


def _without_blank_start(lines: Sequence[cst.EmptyLine], header: Sequence[cst.EmptyLine]) -> Sequence[cst.EmptyLine]:
    if header:
        return lines
    start = next((index for index, line in enumerate(lines) if line.comment is not None), len(lines))
    return lines[start:]


def _without(statement: Statement, useless: Collection[str]) -> Statement | None:
    if not isinstance(statement, cst.SimpleStatementLine):
        return statement
    body = [reduced for small in statement.body if (reduced := _reduced(small, useless)) is not None]
    if not body:
        return None
    if len(body) == len(statement.body) and all(a is b for a, b in zip(body, statement.body, strict=True)):
        return statement
    body[-1] = body[-1].with_changes(semicolon=statement.body[-1].semicolon)
    return statement.with_changes(body=body)


def _reduced(small: cst.BaseSmallStatement, useless: Collection[str]) -> cst.BaseSmallStatement | None:
    if not isinstance(small, cst.Import | cst.ImportFrom) or isinstance(small.names, cst.ImportStar):
        return small
    gone = [alias for alias in small.names if _goes(small, alias, useless)]
    if len(gone) == len(small.names):
        return None
    for alias in gone:
        small = _dropped(small, alias)
    return small


def _goes(node: cst.Import | cst.ImportFrom, alias: cst.ImportAlias, useless: Collection[str]) -> bool:
    if isinstance(node, cst.ImportFrom) and dotted(node.module) == "__future__":
        return False
    if alias.asname is None:
        return dotted(alias.name).partition(".")[0] in useless
    return asname(alias) in useless and asname(alias) != dotted(alias.name)


def _dropped(node: cst.Import | cst.ImportFrom, alias: cst.ImportAlias) -> cst.Import | cst.ImportFrom:
    names = aliases(node)
    index = names.index(alias)
    del names[index]
    if index < len(names):
        return node.with_changes(names=names)
    last = names[-1]
    rpar = node.rpar if isinstance(node, cst.ImportFrom) else None
    between = last.comma.whitespace_after if isinstance(last.comma, cst.Comma) else cst.SimpleWhitespace("")
    ending = closing(alias, rpar)
    if isinstance(between, cst.ParenthesizedWhitespace):
        end = ending.last_line if isinstance(ending, cst.ParenthesizedWhitespace) else cst.SimpleWhitespace("")
        ending = between.with_changes(last_line=end, indent=getattr(ending, "indent", False))
    if isinstance(alias.comma, cst.Comma):
        names[-1] = last.with_changes(comma=alias.comma.with_changes(whitespace_after=ending))
        return node.with_changes(names=names)
    names[-1] = last.with_changes(comma=cst.MaybeSentinel.DEFAULT)
    if rpar is None:
        return node.with_changes(names=names)
    return node.with_changes(names=names, rpar=rpar.with_changes(whitespace_before=ending))
