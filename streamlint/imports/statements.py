"""The parts of an import statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

Names = list[cst.ImportAlias]
Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement


def dotted(node: cst.CSTNode | None) -> str:
    if isinstance(node, cst.Attribute):
        return f"{dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


def asname(alias: cst.ImportAlias) -> str:
    return dotted(alias.asname.name) if alias.asname else ""


def aliases(node: cst.Import | cst.ImportFrom) -> Names:
    return [] if isinstance(node.names, cst.ImportStar) else list(node.names)


def imports(statement: cst.CSTNode) -> Iterator[cst.Import | cst.ImportFrom]:
    if isinstance(statement, cst.SimpleStatementLine):
        yield from (small for small in statement.body if isinstance(small, cst.Import | cst.ImportFrom))


def leading(statement: cst.CSTNode) -> Sequence[cst.EmptyLine]:
    lines = getattr(statement, "leading_lines", ())
    return tuple(lines)


def closing(last: cst.ImportAlias, rpar: cst.RightParen | None) -> cst.BaseParenthesizableWhitespace:
    """The white space between the last name and the closing parenthesis."""
    if isinstance(last.comma, cst.Comma):
        return last.comma.whitespace_after
    return rpar.whitespace_before if rpar is not None else cst.SimpleWhitespace("")
