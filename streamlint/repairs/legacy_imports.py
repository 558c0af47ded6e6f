"""Write an import of LlamaIndex 0.9 as the releases since 0.10 understand it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlint.faults.legacy_imports import LegacyImport, LegacyImports, Moved
from streamlint.fix import Edit, Fix, Level
from streamlint.knowledge.dependencies import packages
from streamlint.knowledge.llama_index_moves import OLD
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.source import Span
from streamlint.tree import nodes as cst
from streamlint.widths import Widths

if TYPE_CHECKING:
    from streamlint.fact import Offer
    from streamlint.tree.python import PythonFile

_SAME = "the same names; the old path cannot be imported with the release that the project uses"
_UNKNOWN = "no file says which release is used, and before 0.10 the new path does not exist"
_STAR = "a star may bring other names than before"


def rewritten(file: PythonFile, line: ir.Import, legacy: LegacyImport, node: cst.ImportFrom | cst.Import) -> Offer:
    """The repair of an import statement; a name that is nowhere stays behind in a statement of its own, which says so."""
    if legacy.lost and (not legacy.targets or isinstance(node, cst.Import)):
        return Refusal(
            f"{_listed(legacy.lost)} {'is' if len(legacy.lost) == 1 else 'are'} in no later release",
            "replace what it did",
        )
    if isinstance(node, cst.Import):
        edits = _plain(file, line, legacy, node)
    elif legacy.moved[0].name == "*":
        edits = [Edit(_module(file, node), legacy.targets[0].path)]
    else:
        edits = _from(file, line, legacy, node)
    return _fix(legacy, edits) if edits else None


def respelt(file: PythonFile, call: ir.Call, legacy: LegacyImport) -> Offer:
    """The repair of a module's name in a text."""
    given = call.argument(0, "name")
    if legacy.lost or given is None:
        return None
    text = file.text(given)
    name = legacy.moved[0].name
    if text.count(name) != 1:
        return None
    start = given.start + text.index(name)
    return replace(_fix(legacy, [Edit(Span(start, start + len(name)), legacy.targets[0].path)]), drops=(text,))


def _fix(legacy: LegacyImport, edits: list[Edit]) -> Fix:
    placed = [(one.name, one.target) for one in legacy.moved if one.target is not None]
    is_whole = [name == "*" or name.startswith(f"{OLD}.") for name, _ in placed]
    paths = dict.fromkeys(to.path if whole else to.module for whole, (_, to) in zip(is_whole, placed, strict=True))
    title = f"import from {_listed(tuple(paths))}"
    is_star = legacy.moved[0].name == "*"
    level = Level.SAFE if legacy.is_known and not is_star else Level.UNSAFE
    reason = _STAR if is_star else _SAME if legacy.is_known else _UNKNOWN
    return Fix(
        title,
        tuple(sorted(edits)),
        level,
        reason,
        is_partial=bool(legacy.lost) or legacy.distributions != (packages().core,),
    )


def _listed(names: tuple[str, ...]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


# from … import


def _from(file: PythonFile, line: ir.Import, legacy: LegacyImport, node: cst.ImportFrom) -> list[Edit]:
    """The module alone where all names went to one; else one statement for each module, with the comments of its names."""
    groups = _groups(legacy)
    if len(groups) == 1 and not _renamed(legacy) and _existing(file, line, next(iter(groups))) is None:
        return [Edit(_module(file, node), next(iter(groups)))]
    pieces = _pieces(file, node)
    if pieces is None:
        return []
    edits, statements = [], []
    for module, names in groups.items():
        there = _existing(file, line, module) if module != legacy.module else None
        if there is not None and not any(pieces[one.name][1] for one in names):
            edits.append(Edit(Span(there.end, there.end), "".join(f", {_named(one)}" for one in names)))
        else:
            statements.append(_statement(file, line, module, names, pieces))
    return [*edits, _replaced(file, line, statements)]


def _groups(legacy: LegacyImport) -> dict[str, list[Moved]]:
    """The names by the module to import them from now, under the old one those that stay or are lost; in the order of the text."""
    found: dict[str, list[Moved]] = {}
    for one in legacy.moved:
        found.setdefault(one.target.module if one.target is not None else legacy.module, []).append(one)
    for name, alias in legacy.kept:
        found.setdefault(legacy.module, []).append(Moved(name, alias, None))
    return found


def _renamed(legacy: LegacyImport) -> bool:
    return any(one.target is not None and one.target.name != one.name for one in legacy.moved)


def _named(one: Moved) -> str:
    """A name as it is imported now, under what it was bound to before."""
    name = one.target.name if one.target is not None else one.name
    alias = one.alias or (one.name if name != one.name else "")
    return f"{name} as {alias}" if alias else name


def _statement(
    file: PythonFile, line: ir.Import, module: str, names: list[Moved], pieces: dict[str, tuple[str, str]]
) -> str:
    """One import; in brackets, a name a line, where a name has a comment or the line would be too long."""
    flat = f"from {module} import {', '.join(_named(one) for one in names)}"
    indent = file.source.indent(line.start)
    width = file.project.ask(Widths).of(file.path)
    if not any(any(pieces[one.name]) for one in names) and len(indent) + len(flat) <= width:
        return flat
    end = file.source.newline
    rows = []
    for one in names:
        above, behind = pieces[one.name]
        rows += [f"{indent}    {comment}" for comment in above.splitlines()]
        rows.append(f"{indent}    {_named(one)},{f'  {behind}' if behind else ''}")
    return end.join((f"from {module} import (", *rows, f"{indent})"))


def _pieces(file: PythonFile, node: cst.ImportFrom) -> dict[str, tuple[str, str]] | None:
    """For each name the comments above it and behind it; None where a comment stands elsewhere in the statement."""
    if isinstance(node.names, cst.ImportStar):
        return None
    text = file.tree.text(node)
    found: dict[str, tuple[str, str]] = {}
    opening = node.lpar.whitespace_after if node.lpar is not None else None
    above = _comments(opening)
    for alias in node.names:
        name = file.tree.text(alias.name)
        after = alias.comma.whitespace_after if isinstance(alias.comma, cst.Comma) else None
        behind = _trailing(after)
        if isinstance(alias.comma, cst.MaybeSentinel) and node.rpar is not None:
            behind = _trailing(node.rpar.whitespace_before)
        found[name] = (above, behind)
        above = _comments(after)
    kept = sum(part.count("#") for pair in found.values() for part in pair)
    return found if kept == text.count("#") else None


def _comments(space: object) -> str:
    """The comments on lines of their own in a gap between two names."""
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return ""
    return "\n".join(line.comment.value for line in space.empty_lines if line.comment is not None)


def _trailing(space: object) -> str:
    """The comment at the end of the line behind a name."""
    comment = space.first_line.comment if isinstance(space, cst.ParenthesizedWhitespace) else None
    return comment.value if comment is not None else ""


def _module(file: PythonFile, node: cst.ImportFrom) -> Span:
    assert node.module is not None
    return file.tree.span(node.module)


def _replaced(file: PythonFile, line: ir.Import, statements: list[str]) -> Edit:
    """The new statements in the place of the old one; with none left, the whole line goes, if nothing else stands on it."""
    indent = file.source.indent(line.start)
    if statements:
        return Edit(Span(line.start, line.end), f"{file.source.newline}{indent}".join(statements))
    text = file.source.text
    end = text.find("\n", line.end)
    rest = text[line.end : end if end >= 0 else len(text)]
    if rest.strip() or (line.start - len(indent) > 0 and text[line.start - len(indent) - 1] != "\n"):
        return Edit(Span(line.start, line.end), "pass")
    return Edit(Span(line.start - len(indent), end + 1 if end >= 0 else len(text)), "")


def _existing(file: PythonFile, line: ir.Import, module: str) -> ir.Import | None:
    """A statement beside this one, on one line without brackets, that imports from the module; between them are only imports."""
    block = _block(file, line)
    if block is None:
        return None
    for other in block.statements:
        if not isinstance(other, ir.Import) or other is line or other.module != module or other.names[0][0] == "*":
            continue
        first, last = sorted((line.start, other.start))
        between = [one for one in block.statements if first < one.start < last]
        if not any(mark in file.text(other) for mark in "\n(\\") and all(isinstance(one, ir.Import) for one in between):
            return other
    return None


def _block(file: PythonFile, line: ir.Import) -> ir.Block | None:
    """The statements among which an import stands."""
    for scope in file.facts.scopes:
        around = scope.body.around(line)
        if around[-1] is line:
            return next((one for one in reversed(around) if isinstance(one, ir.Block)), None)
    return None


# import …


def _plain(file: PythonFile, line: ir.Import, legacy: LegacyImport, node: cst.Import) -> list[Edit]:
    """`import llama_index.indices as x`, and `import llama_index` with what is read from it."""
    edits: list[Edit] = []
    for (name, alias), written in zip(line.names, node.names, strict=True):
        target = next((one.target for one in legacy.moved if one.name == name), None)
        if name != OLD and target is not None and alias:
            edits.append(Edit(file.tree.span(written.name), target.path))
        elif name != OLD and target is not None:
            return []
        elif name == OLD:
            edits += _top(file, line, legacy, written, alias)
    return edits


def _top(file: PythonFile, line: ir.Import, legacy: LegacyImport, written: cst.ImportAlias, alias: str) -> list[Edit]:
    """`import llama_index as alias`, and what is read from that name; nothing where a part of it is not in core."""
    used = file.project.ask(LegacyImports).used(line, file.facts)
    moved = {one.name: one.target for one in legacy.moved}
    read = [one for one in used if one.attribute in moved]
    places = [moved[one.attribute] for one in read]
    if not read or any(place is None or place.module != f"{OLD}.core" for place in places):
        return []
    module = Edit(file.tree.span(written.name), f"{OLD}.core")
    if alias:
        return [module] if all(one.attribute != "core" for one in used) else []
    return [module, *(Edit(Span(one.base.end, one.base.end), ".core") for one in read)]
