"""The import statements of a Python text: which names are free, where a new one goes, which ones are no longer used."""

from __future__ import annotations

import dataclasses
import re
import sys
import tomllib
from collections.abc import Collection, Iterator, Sequence
from functools import cache, lru_cache
from importlib import resources

import libcst as cst

from streamlint.fix import Import

Names = list[cst.ImportAlias]
Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement

_WORD = re.compile(r"[^\W\d]\w*")
_TYPE_COMMENT = re.compile(r"#\s*type:(.*)")
_LONE_RETURN = re.compile(r"\r(?!\n)")
_LAYOUT = re.compile(
    "whitespace|leading_lines|lines_after|header|footer|lpar|rpar|lbra|rbra|comma|semicolon|equal|newline"
)
_TYPING_CALLS = {"cast", "TypeVar", "NewType", "TypeAliasType", "ForwardRef", "NamedTuple", "TypedDict"}


def parses(text: str) -> bool:
    """Whether libcst can read the text as Python."""
    return _parse(text) is not None


def available(text: str, imports: Collection[Import]) -> bool:
    """Whether each of these imports can be placed, and binds a name that means nothing else anywhere in `text`.

    libcst loses the last line end of a file with lone carriage returns, so nothing is placed there.
    """
    module = _parse(text)
    if module is None or _LONE_RETURN.search(text):
        return False
    if not any(_count(needed.binds, text) for needed in imports):
        return True
    return not any(_clash(binding, needed) for needed in imports for binding in _read(module).bindings)


@lru_cache(maxsize=8)
def arrange(before: str, after: str, needed: frozenset[Import]) -> str:
    """`after` with the imports in `needed`, and without those that `before` used and `after` does not."""
    module = _parse(after)
    if module is None:
        return after
    held = {_canonical(binding.origin) for binding in _top_level(module) if binding.origin is not None}
    changed = module
    for each in sorted(needed):
        if _canonical(each) not in held:
            changed = _placed(changed, each)
    changed = _pruned(changed, _useless(before, after, module))
    return _spliced(after, module, changed)


def _spliced(text: str, old: cst.Module, new: cst.Module) -> str:
    """The code of `new`, made from the text of `old` by writing only the statements in which they differ.

    To let libcst write the whole module takes ten times as long as to parse it.
    """
    start = _common(old.body, new.body)
    end = _common(old.body[start:][::-1], new.body[start:][::-1])
    if len(old.body) == len(new.body) == start:
        return text
    prefix = len(_code(old, old.body[:start], old.header))
    before = _code(old, old.body[start : len(old.body) - end])
    after = _code(old, new.body[start : len(new.body) - end])
    if not text.startswith(before, prefix):
        return new.code
    return text[:prefix] + after + text[prefix + len(before) :]


def _common(one: Sequence[cst.CSTNode], other: Sequence[cst.CSTNode]) -> int:
    """How many nodes both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a is not b), min(len(one), len(other)))


def _code(module: cst.Module, body: Sequence[cst.CSTNode], header: Sequence[cst.EmptyLine] = ()) -> str:
    part = module.with_changes(body=body, header=header, footer=(), has_trailing_newline=True)
    return part.code if body or header else ""


@dataclasses.dataclass(frozen=True)
class _Binding:
    """A name that the text binds; `origin` is what it imports under its own name, None for everything else."""

    name: str
    origin: Import | None = None


@lru_cache(maxsize=8)
def _parse(text: str) -> cst.Module | None:
    try:
        return cst.parse_module(text)
    except (cst.ParserSyntaxError, RecursionError):
        return None


@cache
def _same_objects() -> dict[Import, Import]:
    text = resources.files("streamlint").joinpath("knowledge", "reexports.toml").read_text("utf-8")
    return {
        Import(module, name): Import(origin, name)
        for row in tomllib.loads(text)["reexport"]
        for module, origin in [(row["module"], row["origin"])]
        for name in row["names"]
    }


def _canonical(needed: Import) -> Import:
    return _same_objects().get(needed, needed)


def _clash(binding: _Binding, needed: Import) -> bool:
    if binding.name != needed.binds:
        return False
    if binding.origin is None:
        return True
    if not needed.name and not binding.origin.name:
        return False
    return _canonical(binding.origin) != _canonical(needed)


def _top_level(module: cst.Module) -> Iterator[_Binding]:
    """What is imported whenever the module is."""
    statements: list[cst.CSTNode] = list(module.body)
    while statements:
        statement = statements.pop()
        if isinstance(statement, cst.Try) and isinstance(statement.body, cst.IndentedBlock):
            statements.extend(statement.body.body)
        for node in _imports(statement):
            yield from _bindings(node)


def _bindings(node: cst.Import | cst.ImportFrom) -> Iterator[_Binding]:
    module = _dotted(node.module) if isinstance(node, cst.ImportFrom) else ""
    relative = isinstance(node, cst.ImportFrom) and bool(node.relative)
    for alias in _aliases(node):
        name = _dotted(alias.name)
        own = not relative and _asname(alias) in ("", name)
        bound = _asname(alias) or (name if isinstance(node, cst.ImportFrom) else name.partition(".")[0])
        origin = Import(module, name) if isinstance(node, cst.ImportFrom) else Import(name)
        yield _Binding(bound, origin if own else None)


@lru_cache(maxsize=8)
def _read(module: cst.Module) -> _Reader:
    reader = _Reader()
    reader.read(module)
    return reader


class _Reader:
    """The names that a text binds outside of class bodies, and those that it uses, also in annotations written as strings.

    A walk of its own: libcst's visitors also visit the white space, and take ten times as long.
    """

    def __init__(self) -> None:
        self.bindings: list[_Binding] = []
        self.uses: set[str] = set()

    def read(self, node: cst.CSTNode, in_class: bool = False, typing: bool = False) -> None:
        """Read a node and all below; `in_class`: directly in a class body; `typing`: strings there may name types."""
        match node:
            case cst.Import() | cst.ImportFrom():
                if not in_class:
                    self.bindings.extend(_bindings(node))
                return
            case cst.Name():
                self.uses.add(node.value)
                return
            case cst.SimpleString():
                if typing:
                    self.uses.update(_WORD.findall(node.value))
                return
            case cst.Attribute(value=value) | cst.Arg(value=value):
                self.read(value, in_class, typing)
                return
            case cst.MatchAs(name=cst.Name() as target) | cst.Param(name=target) | cst.AsName(name=target):
                self._bind(target, in_class)
            case cst.AssignTarget(target=target) | cst.AnnAssign(target=target) | cst.NamedExpr(target=target):
                self._bind(target, in_class)
            case cst.For(target=target) | cst.CompFor(target=target):
                self._bind(target, in_class)
            case cst.FunctionDef(name=target) | cst.ClassDef(name=target):
                self._bind(target, in_class)
                in_class = isinstance(node, cst.ClassDef)
            case cst.Lambda():
                in_class = False
            case cst.Annotation() | cst.Subscript():
                typing = True
            case cst.Call():
                typing = typing or _is_typing(node)
            case cst.SimpleStatementLine():
                typing = _exports(node)
        for child in _children(node):
            self.read(child, in_class, typing)

    def _bind(self, target: cst.CSTNode, in_class: bool) -> None:
        if in_class:
            return
        if isinstance(target, cst.Name):
            self.bindings.append(_Binding(target.value))
        elif isinstance(target, cst.Tuple | cst.List):
            for element in target.elements:
                self._bind(element.value, in_class)


def _children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, list | tuple):
            yield from (each for each in value if isinstance(each, cst.CSTNode))


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields of a node that can hold a name."""
    return tuple(field.name for field in dataclasses.fields(kind) if not _LAYOUT.match(field.name))


def _is_typing(call: cst.Call) -> bool:
    name = call.func.attr if isinstance(call.func, cst.Attribute) else call.func
    return isinstance(name, cst.Name) and name.value in _TYPING_CALLS


def _exports(line: cst.SimpleStatementLine) -> bool:
    statement = line.body[0] if line.body else None
    match statement:
        case cst.Assign(targets=[cst.AssignTarget(target=target), *_]) | cst.AugAssign(target=target):
            pass
        case cst.AnnAssign(target=target) | cst.Expr(value=cst.Call(func=cst.Attribute(value=target))):
            pass
        case _:
            return False
    return isinstance(target, cst.Name) and target.value == "__all__"


def _dotted(node: cst.CSTNode | None) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


def _asname(alias: cst.ImportAlias) -> str:
    return _dotted(alias.asname.name) if alias.asname else ""


def _aliases(node: cst.Import | cst.ImportFrom) -> Names:
    return [] if isinstance(node.names, cst.ImportStar) else list(node.names)


def _useless(before: str, after: str, module: cst.Module) -> set[str]:
    """Imported names that `before` used more often than `after`, and that are now used nowhere."""
    imported = {binding.name for binding in _top_level(module)}
    fewer = {name for name in imported if _count(name, after) < _count(name, before)}
    if not fewer:
        return fewer
    fewer -= _read(module).uses
    fewer -= {word for note in _TYPE_COMMENT.findall(after) for word in _WORD.findall(note)}
    old = _parse(before) if fewer else None
    return fewer & _read(old).uses if old is not None else set()


def _count(name: str, text: str) -> int:
    return len(re.findall(rf"\b{re.escape(name)}\b", text))


def _imports(statement: cst.CSTNode) -> Iterator[cst.Import | cst.ImportFrom]:
    if isinstance(statement, cst.SimpleStatementLine):
        yield from (small for small in statement.body if isinstance(small, cst.Import | cst.ImportFrom))


# Taking imports away


def _pruned(module: cst.Module, useless: Collection[str]) -> cst.Module:
    """The module without its own imports of these names; a comment above or behind a removed line goes with it."""
    body: list[Statement] = []
    gap: list[cst.EmptyLine] = []
    for statement in module.body:
        kept = _without(statement, useless)
        if kept is None:
            gap = gap or [line for line in _leading(statement) if line.comment is None][:1]
            continue
        if gap and kept is not module.body[0] and body and not any(line.comment is None for line in _leading(kept)):
            kept = kept.with_changes(leading_lines=[*gap, *_leading(kept)])
        elif not body and kept is not module.body[0]:
            kept = kept.with_changes(leading_lines=_without_blank_start(_leading(kept), module.header))
        gap = []
        body.append(kept)
    return module.with_changes(body=body)


def _leading(statement: cst.CSTNode) -> Sequence[cst.EmptyLine]:
    lines = getattr(statement, "leading_lines", ())
    return tuple(lines)


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
    if isinstance(node, cst.ImportFrom) and _dotted(node.module) == "__future__":
        return False
    if alias.asname is None:
        return _dotted(alias.name).partition(".")[0] in useless
    return _asname(alias) in useless and _asname(alias) != _dotted(alias.name)


def _dropped(node: cst.Import | cst.ImportFrom, alias: cst.ImportAlias) -> cst.Import | cst.ImportFrom:
    names = _aliases(node)
    index = names.index(alias)
    del names[index]
    if index < len(names):
        return node.with_changes(names=names)
    last = names[-1]
    rpar = node.rpar if isinstance(node, cst.ImportFrom) else None
    between = last.comma.whitespace_after if isinstance(last.comma, cst.Comma) else cst.SimpleWhitespace("")
    closing = _closing(alias, rpar)
    if isinstance(between, cst.ParenthesizedWhitespace):
        end = closing.last_line if isinstance(closing, cst.ParenthesizedWhitespace) else cst.SimpleWhitespace("")
        closing = between.with_changes(last_line=end, indent=getattr(closing, "indent", False))
    if isinstance(alias.comma, cst.Comma):
        names[-1] = last.with_changes(comma=alias.comma.with_changes(whitespace_after=closing))
        return node.with_changes(names=names)
    names[-1] = last.with_changes(comma=cst.MaybeSentinel.DEFAULT)
    if rpar is None:
        return node.with_changes(names=names)
    return node.with_changes(names=names, rpar=rpar.with_changes(whitespace_before=closing))


def _closing(last: cst.ImportAlias, rpar: cst.RightParen | None) -> cst.BaseParenthesizableWhitespace:
    """The white space between the last name and the closing parenthesis."""
    if isinstance(last.comma, cst.Comma):
        return last.comma.whitespace_after
    return rpar.whitespace_before if rpar is not None else cst.SimpleWhitespace("")


# Adding imports


def _placed(module: cst.Module, needed: Import) -> cst.Module:
    host = next((line for line in module.body if needed.name and _extensible(line, needed.module)), None)
    if host is None:
        return module.with_changes(body=_with_line(module, needed))
    line = cst.ensure_type(host, cst.SimpleStatementLine)
    small = [_extended(each, needed.name) if _imports_from(each, needed.module) else each for each in line.body]
    body = [line.with_changes(body=small) if each is host else each for each in module.body]
    return module.with_changes(body=body)


def _extensible(line: cst.CSTNode, module: str) -> bool:
    return any(_imports_from(each, module) for each in _imports(line))


def _imports_from(node: cst.CSTNode, module: str) -> bool:
    if not isinstance(node, cst.ImportFrom) or isinstance(node.names, cst.ImportStar) or node.relative:
        return False
    return _dotted(node.module) == module


def _extended(node: cst.BaseSmallStatement, name: str) -> cst.BaseSmallStatement:
    """The statement with one more name: in its order if it has one, else at the end."""
    statement = cst.ensure_type(node, cst.ImportFrom)
    names = _aliases(statement)
    index = _index([_dotted(alias.name) for alias in names], name)
    new = cst.ImportAlias(cst.Name(name))
    between = _between(statement, names)
    if index < len(names):
        names.insert(index, new.with_changes(comma=cst.Comma(whitespace_after=between)))
        return statement.with_changes(names=names)
    last, rpar = names[-1], statement.rpar
    closing = _closing(last, rpar)
    after_last = between
    if isinstance(closing, cst.ParenthesizedWhitespace) and isinstance(between, cst.ParenthesizedWhitespace):
        after_last = closing.with_changes(last_line=between.last_line, indent=between.indent)
        closing = between.with_changes(last_line=closing.last_line, indent=closing.indent)
    names[-1] = last.with_changes(comma=cst.Comma(whitespace_after=after_last))
    if isinstance(last.comma, cst.Comma):
        return statement.with_changes(
            names=[*names, new.with_changes(comma=last.comma.with_changes(whitespace_after=closing))]
        )
    changed = statement.with_changes(names=[*names, new])
    return changed if rpar is None else changed.with_changes(rpar=rpar.with_changes(whitespace_before=closing))


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
        if index == paragraph[0] and (_leading(body[index]) or index == 0):
            new = new.with_changes(leading_lines=_blank(_leading(body[index])))
            body[index] = body[index].with_changes(leading_lines=_comments(_leading(body[index])))
        body.insert(index, new)
        return body
    index = _new_paragraph(body, needed)
    if index < len(body) and not any(line.comment is None for line in _leading(body[index])):
        body[index] = body[index].with_changes(leading_lines=[_EMPTY, *_leading(body[index])])
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
        if paragraphs and paragraphs[-1][-1] == at - 1 and not _blank(_leading(statement)):
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
    first = next(_imports(statement), None)
    if isinstance(first, cst.ImportFrom):
        return "." if first.relative else _dotted(first.module).partition(".")[0]
    return _dotted(first.names[0].name).partition(".")[0] if first is not None else ""


def _kind(package: str) -> int:
    """Where a paragraph of imports stands among others: future, standard library, third party, relative."""
    if package == "__future__":
        return 0
    if package == ".":
        return 3
    return 1 if package in sys.stdlib_module_names else 2


def _order(statement: cst.CSTNode) -> tuple[int, bool, str]:
    first = next(_imports(statement))
    module = _dotted(first.module) if isinstance(first, cst.ImportFrom) else _dotted(first.names[0].name)
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
