"""A module without the imports that a change made useless."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import libcst as cst

from streamlint.imports.statements import Statement, aliases, asname, closing, dotted, leading


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
