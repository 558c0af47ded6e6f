"""Where a new import goes, and in which style."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import libcst as cst

from streamlint.fix import Import
from streamlint.imports.statements import Names, Statement, aliases, closing, dotted, imports, leading


def placed(module: cst.Module, needed: Import, width: int = 0) -> cst.Module:
    """The module with one import more; on several lines where it would be longer than `width`, if there is one."""
    host = next((line for line in module.body if needed.name and _extensible(line, needed.module)), None)
    if host is None:
        return module.with_changes(body=_with_line(module, needed))
    line = cst.ensure_type(host, cst.SimpleStatementLine)
    small = [_extended(each, needed.name) if _imports_from(each, needed.module) else each for each in line.body]
    if width and len(module.code_for_node(small[0])) > width >= len(module.code_for_node(line.body[0])):
        small[0] = _on_lines(small[0], module.default_indent)
    body = [line.with_changes(body=small) if each is host else each for each in module.body]
    return module.with_changes(body=body)


def _extensible(line: cst.CSTNode, module: str) -> bool:
    return any(_imports_from(each, module) for each in imports(line))


def _imports_from(node: cst.CSTNode, module: str) -> bool:
    if not isinstance(node, cst.ImportFrom) or isinstance(node.names, cst.ImportStar) or node.relative:
        return False
    return dotted(node.module) == module


def _extended(node: cst.BaseSmallStatement, name: str) -> cst.BaseSmallStatement:
    """The statement with one more name: in its order if it has one, else at the end."""
    statement = cst.ensure_type(node, cst.ImportFrom)
    names = aliases(statement)
    index = _index([dotted(alias.name) for alias in names], name)
    new = cst.ImportAlias(cst.Name(name))
    between = _between(statement, names)
    if index < len(names):
        names.insert(index, new.with_changes(comma=cst.Comma(whitespace_after=between)))
        return statement.with_changes(names=names)
    last, rpar = names[-1], statement.rpar
    ending = closing(last, rpar)
    after_last = between
    if isinstance(ending, cst.ParenthesizedWhitespace) and isinstance(between, cst.ParenthesizedWhitespace):
        after_last = ending.with_changes(last_line=between.last_line, indent=between.indent)
        ending = between.with_changes(last_line=ending.last_line, indent=ending.indent)
    names[-1] = last.with_changes(comma=cst.Comma(whitespace_after=after_last))
    if isinstance(last.comma, cst.Comma):
        return statement.with_changes(
            names=[*names, new.with_changes(comma=last.comma.with_changes(whitespace_after=ending))]
        )
    changed = statement.with_changes(names=[*names, new])
    return changed if rpar is None else changed.with_changes(rpar=rpar.with_changes(whitespace_before=ending))


def _on_lines(node: cst.BaseSmallStatement, indent: str) -> cst.BaseSmallStatement:
    """The statement in brackets, each name on its own line."""
    statement = cst.ensure_type(node, cst.ImportFrom)
    if statement.lpar is not None:
        return node
    inner = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent))
    names = [one.with_changes(comma=cst.Comma(whitespace_after=inner)) for one in aliases(statement)]
    names[-1] = names[-1].with_changes(comma=cst.Comma(whitespace_after=cst.ParenthesizedWhitespace(indent=True)))
    return statement.with_changes(names=names, lpar=cst.LeftParen(whitespace_after=inner), rpar=cst.RightParen())


def _between(node: cst.ImportFrom, names: Names) -> cst.BaseParenthesizableWhitespace:
    """The white space behind a comma between two names of the statement, without its comments."""
    if len(names) > 1 and isinstance(names[0].comma, cst.Comma):
        model = names[0].comma.whitespace_after
    else:
        model = node.lpar.whitespace_after if node.lpar else cst.SimpleWhitespace(" ")
    if not isinstance(model, cst.ParenthesizedWhitespace):
        return cst.SimpleWhitespace(" ")
    return model.with_changes(first_line=cst.TrailingWhitespace(newline=model.first_line.newline), empty_lines=[])


def _index(names: Sequence[str], name: str) -> int:
    for order in (_by_kind, str.casefold, str):
        keys = [order(each) for each in names]
        if keys == sorted(keys):
            return sum(key <= order(name) for key in keys)
    return len(names)


def _by_kind(name: str) -> str:
    """The order of isort: constants, then classes, then the rest."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return f"{kind}{name.casefold()}{name}"


def _with_line(module: cst.Module, needed: Import) -> list[Statement]:
    body = list(module.body)
    new = cst.ensure_type(cst.parse_statement(_written(needed)), cst.SimpleStatementLine)
    paragraph = _paragraph(body, needed)
    if paragraph:
        index = next((at for at in paragraph if _order(body[at]) > _order(new)), paragraph[-1] + 1)
        if index == paragraph[0] and (leading(body[index]) or index == 0):
            new = new.with_changes(leading_lines=_blank(leading(body[index])))
            body[index] = body[index].with_changes(leading_lines=_comments(leading(body[index])))
        body.insert(index, new)
        return body
    index = _new_paragraph(body, needed)
    if index < len(body) and not any(line.comment is None for line in leading(body[index])):
        body[index] = body[index].with_changes(leading_lines=[_EMPTY, *leading(body[index])])
    if index > 0:
        new = new.with_changes(leading_lines=[_EMPTY])
    body.insert(index, new)
    return body


_EMPTY = cst.EmptyLine(indent=False)


def _blank(lines: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    return [line for line in lines if line.comment is None]


def _comments(lines: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    return [line for line in lines if line.comment is not None]


def _written(needed: Import) -> str:
    return f"from {needed.module} import {needed.name}" if needed.name else f"import {needed.module}"


def _paragraph(body: Sequence[Statement], needed: Import) -> list[int]:
    """The lines of imports, not parted by blank lines, that the new one belongs to: its package's, else its kind's."""
    paragraphs = _paragraphs(body)
    package = needed.module.partition(".")[0]
    for paragraph in paragraphs:
        if any(_package(body[at]) == package for at in paragraph):
            return paragraph
    block = [each for each in paragraphs if each[0] < _block_end(body)]
    kinds = [_kind(_package(body[paragraph[0]])) for paragraph in block]
    return block[kinds.index(_kind(package))] if _kind(package) in kinds else []


def _paragraphs(body: Sequence[Statement]) -> list[list[int]]:
    paragraphs: list[list[int]] = []
    for at, statement in enumerate(body):
        if not _is_import(statement):
            continue
        if paragraphs and paragraphs[-1][-1] == at - 1 and not _blank(leading(statement)):
            paragraphs[-1].append(at)
        else:
            paragraphs.append([at])
    return [paragraph for paragraph in paragraphs if _package(body[paragraph[0]]) != "__future__"]


def _is_import(statement: cst.CSTNode) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    return all(isinstance(small, cst.Import | cst.ImportFrom) for small in statement.body)


def _block_end(body: Sequence[Statement]) -> int:
    """The index behind the first unbroken run of imports."""
    start = next((at for at, statement in enumerate(body) if _is_import(statement)), len(body))
    return next((at for at in range(start, len(body)) if not _is_import(body[at])), len(body))


def _package(statement: cst.CSTNode) -> str:
    """The top-level package of a line's first import, a dot for a relative one."""
    first = next(imports(statement), None)
    if isinstance(first, cst.ImportFrom):
        return "." if first.relative else dotted(first.module).partition(".")[0]
    return dotted(first.names[0].name).partition(".")[0] if first is not None else ""


def _kind(package: str) -> int:
    """Where a paragraph of imports stands among others: future, standard library, third party, relative."""
    if package == "__future__":
        return 0
    if package == ".":
        return 3
    return 1 if package in sys.stdlib_module_names else 2


def _order(statement: cst.CSTNode) -> tuple[int, bool, str]:
    first = next(imports(statement))
    module = dotted(first.module) if isinstance(first, cst.ImportFrom) else dotted(first.names[0].name)
    return (_kind(_package(statement)), isinstance(first, cst.ImportFrom), module)


def _new_paragraph(body: Sequence[Statement], needed: Import) -> int:
    """The index at which a paragraph of the kind of `needed` begins: among the first run of imports, else behind the docstring."""
    end = _block_end(body)
    start = next((at for at, statement in enumerate(body) if _is_import(statement)), end)
    kind = _kind(needed.module.partition(".")[0])
    if start < end:
        return next((at for at in range(start, end) if _kind(_package(body[at])) > kind), end)
    return 1 if body and _is_docstring(body[0]) else 0


def _is_docstring(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString()), *_]):
            return True
    return False
