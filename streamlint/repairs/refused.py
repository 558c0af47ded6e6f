"""Refuse a request before its response is returned: what a generator asks or checks first is done in the handler around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.immutable import immutable
from streamlint.model import syntax as ir
from streamlint.source import Placed, Span
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame

_TITLE = "do it before the response is returned"
_REASON = (
    "who is refused receives that status, not 200 and a body that breaks off, as after a failure between two tokens"
)


@immutable
class _Moved:
    """The lines that go before the generator, as they are written there, and the lines that they are taken from."""

    code: tuple[str, ...]
    read: tuple[Span, ...]
    edits: tuple[Edit, ...]


def refused_first(file: PythonFile, frame: Frame, node: cst.Raise) -> Fix | None:
    """Moves the first statement of a generator, or all that its first `try` does before an item, in front of the generator."""
    inner, outer = frame.scope, file.facts.scopes[frame.scope.parent]
    definition = file.tree.definition(inner)
    if definition is None or not _is_own(file, inner, outer, definition):
        return None
    raised = file.tree.span(node)
    body = definition.body.body if isinstance(definition.body, cst.IndentedBlock) else ()
    first = next((one for one in body if not _is_docstring(one)), None)
    if not isinstance(first, cst.If | cst.Try) or not file.tree.span(first).contains(raised):
        return None
    at = file.tree.whole_lines(definition).start
    indent = _indent(file, file.tree.span(definition).start)
    moved = _of_check(file, first, indent) if isinstance(first, cst.If) else _of_attempt(file, first, indent)
    if (
        moved is None
        or len(body) - (isinstance(first, cst.If)) < 1
        or not _may_move(file, moved, inner, outer, definition)
    ):
        return None
    newline = file.source.newline
    text = "".join(f"{line}{newline}" if line else newline for line in (*moved.code, ""))
    return Fix(_TITLE, tuple(sorted((Edit(Span(at, at), text), *moved.edits))), Level.RESPONSE, _REASON)


def _is_own(file: PythonFile, inner: ir.Scope, outer: ir.Scope, definition: cst.FunctionDef) -> bool:
    """Whether a handler makes the generator for the response that it returns right behind it, and for nothing else."""
    if not outer.is_function or not file.entries(outer) or outer.is_async is not inner.is_async:
        return False
    if inner.decorators or inner.parameters or file.tree.within(inner, cst.Nonlocal, cst.Global):
        return False
    block = list(file.tree.siblings(definition))
    after = block[block.index(definition) + 1 :]
    uses = file.facts.uses.of(ir.Name(0, 0, inner.name, ()), outer)
    return len(after) == 1 and len(uses) == 1 and file.tree.span(after[0]).contains(uses[0].name)


def _is_docstring(node: cst.BaseStatement) -> bool:
    match node:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString())]):
            return True
    return False


def _of_check(file: PythonFile, node: cst.If, indent: str) -> _Moved | None:
    """`if not q: raise HTTPException(422)`."""
    span, lines = file.tree.span(node), file.tree.whole_lines(node)
    if node.orelse is not None or file.tree.within(span, cst.Yield, cst.Return, cst.NamedExpr):
        return None
    code = _at(file.source.slice(lines), _indent(file, span.start), indent)
    return _Moved(code, (span,), (Edit(lines, ""),)) if code is not None else None


def _of_attempt(file: PythonFile, node: cst.Try, indent: str) -> _Moved | None:
    """A `try` whose handlers only refuse: what stands before the first item moves with it, and the rest stays without it."""
    if node.orelse is not None or node.finalbody is not None or not all(_only_raises(one) for one in node.handlers):
        return None
    block = node.body.body if isinstance(node.body, cst.IndentedBlock) else ()
    spans = [file.tree.span(one) for one in block]
    sending = next((i for i, span in enumerate(spans) if file.tree.within(span, cst.Yield)), 0)
    if not sending or not all(isinstance(one, cst.SimpleStatementLine) for one in block[:sending]):
        return None
    start, split = file.source.line_span(file.tree.span(node).start).start, file.tree.whole_lines(block[sending]).start
    end = file.source.line_span(spans[-1].end - 1).end
    last = file.source.line_span(file.tree.span(node.handlers[-1]).end - 1).end
    own = _indent(file, file.tree.span(node).start)
    head = _at(file.source.text[start:split], own, indent)
    tail = _at(file.source.text[end:last], own, indent)
    rest = _at(file.source.text[split:end], _indent(file, spans[sending].start), own)
    if head is None or tail is None or rest is None:
        return None
    newline = file.source.newline
    edit = Edit(Span(start, last), "".join(f"{line}{newline}" for line in rest))
    return _Moved((*head, *tail), (*spans[:sending], *(file.tree.span(one) for one in node.handlers)), (edit,))


def _only_raises(handler: cst.ExceptHandler) -> bool:
    match handler.body:
        case cst.IndentedBlock(body=[cst.SimpleStatementLine(body=[cst.Raise(exc=cst.Call())])]):
            return True
    return False


def _may_move(file: PythonFile, moved: _Moved, inner: ir.Scope, outer: ir.Scope, definition: cst.FunctionDef) -> bool:
    """Whether everything that the code reads is there before the generator is made, and what it binds clashes with nothing."""
    at = file.tree.span(definition).start
    own = [one for one in inner.bindings if one.kind != "merge"]
    bound = {one.name for one in own if _contains(moved, one)}
    kept = {one.name for one in own if not _contains(moved, one)}
    read = {name.id for name in inner.names if _contains(moved, name)}
    late = {one.name for one in outer.bindings if one.kind != "merge" and one.start >= at and one.name != inner.name}
    around = [scope for scope in file.facts.scopes if scope is not inner and outer.contains(scope)]
    others = {name.id for scope in around for name in scope.names} | set(outer.by_name)
    return not read & (late | kept) and not bound & (kept | others)


def _contains(moved: _Moved, place: Placed) -> bool:
    return any(span.contains(place) for span in moved.read)


def _indent(file: PythonFile, at: int) -> str:
    return file.source.text[file.source.line_span(at).start : at]


def _at(code: str, old: str, new: str) -> tuple[str, ...] | None:
    """The lines at another indentation; None where a text may reach over several lines."""
    if '"""' in code or "'''" in code or old.strip() or new.strip():
        return None
    lines = code.splitlines()
    if any(line.strip() and not line.startswith(old) for line in lines):
        return None
    return tuple(new + line.removeprefix(old) if line.strip() else "" for line in lines)
