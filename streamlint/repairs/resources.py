"""Move a `with` into the generator that reads from what it opens."""

from __future__ import annotations

from streamlint.faults.resources import Outlived
from streamlint.fix import Edit, Fix, Level
from streamlint.knowledge.resources import End
from streamlint.model import syntax as ir
from streamlint.source import Span
from streamlint.streams.generators import Generators
from streamlint.streams.managers import Managers
from streamlint.tree import nodes as cst
from streamlint.tree.python import PythonFile
from streamlint.values.activations import Frame

_REASON = "it is opened when the body is sent: what fails there is met after status 200, and no longer by the route"


def is_only_return(entry: ir.WithItem, scope: ir.Scope) -> bool:
    """Whether the block of a `with` item holds a `return`, and at most the functions for it."""
    block = scope.body.around(entry)[-1]
    return isinstance(block, ir.With) and all(
        isinstance(one, ir.Return | ir.Definition) for one in block.body.statements
    )


def into_generator(file: PythonFile, block: cst.With, found: Outlived) -> Fix | None:
    """The block opened in the generator instead; None where more than the generator needs it, or the text is too intricate."""
    generator = file.tree.definition(found.generator) if found.generator is not None else None
    if generator is None or not _is_simple(file, block, generator) or is_watched(file, block):
        return None
    if found.generator is not None and file.project.ask(Generators).has_other_takers(file.frame(found.generator)):
        return None
    if block.asynchronous is not None and generator.asynchronous is None:
        return None
    if found.name and not _is_alone(file, found):
        return None
    edits = _inside(file, block, generator) if generator in block.body.body else _before(file, block, generator)
    if edits is None:
        return None
    return Fix("open it in the generator", tuple(edits), Level.RESPONSE, _REASON, claims=(file.tree.span(block),))


def needs_unknown(file: PythonFile, block: cst.With, frame: Frame) -> bool:
    """Whether a `with` needs what another one around it gives, of which nobody knows whether it still works after its block."""
    place = file.tree.span(block)
    body = file.tree.span(block.body.body[0]).start
    used = {name.id for name in frame.scope.names if place.start <= name.start < body}
    outer = [one for one in frame.scope.entries if one.body_start <= place.start and place.end <= one.body_end]
    given = [binding for binding in frame.scope.bindings if binding.kind == "with" and binding.name in used]
    managers = file.project.ask(Managers)
    return any(
        binding.value is one.context and not _is_of_readers(managers.end(one.context, frame))
        for one in outer
        for binding in given
    )


def _is_of_readers(end: End | None) -> bool:
    return end is not None and end.is_of_readers


def is_watched(file: PythonFile, block: cst.With) -> bool:
    """Whether a `try` around the block handles what fails when it is opened."""
    tree, node = file.tree, file.tree.parent(block)
    while node is not None:
        if isinstance(node, cst.Try) and node.handlers and tree.span(node.body).contains(tree.span(block)):
            return True
        node = tree.parent(node)
    return False


def _is_simple(file: PythonFile, block: cst.With, generator: cst.FunctionDef) -> bool:
    if not isinstance(generator.body, cst.IndentedBlock):
        return False
    others = [line for line in block.body.body if isinstance(line, cst.FunctionDef) and line is not generator]
    first = generator.body.body[0]
    return not others and not _is_documentation(first) and not generator.decorators


def _is_documentation(line: cst.CSTNode) -> bool:
    match line:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString())]):
            return True
    return False


def _is_alone(file: PythonFile, found: Outlived) -> bool:
    """Whether the resource is used in the generator only, besides where it is made."""
    scope = found.generator
    assert scope is not None
    for other in file.facts.scopes:
        for name in other.names:
            is_inside = scope.contains(name)
            is_made = found.entry.contains(name)
            if name.id == found.name and not is_inside and not is_made and _is_same(file, found, name.start):
                return False
    return True


def _is_same(file: PythonFile, found: Outlived, position: int) -> bool:
    """Whether a place stands in the function that opens the resource."""
    assert found.generator is not None
    outer = file.facts.scopes[found.generator.parent]
    return outer.start <= position < outer.end


def _inside(file: PythonFile, block: cst.With, generator: cst.FunctionDef) -> list[Edit] | None:
    """`with …:` / `def …:` change places; the generator's body stays where it is."""
    text = file.source.text
    start, body = file.tree.span(block).start, file.tree.span(block.body.body[0]).start
    head_start = file.source.line_span(start).start
    generator_start = file.source.line_span(body).start
    first = file.tree.span(generator.body.body[0]).start
    body_start = _above_comments(file, file.source.line_span(first).start)
    if block.body.body[0] is not generator or body_start <= body:
        return None
    outer, inner = text[head_start:start], text[generator_start:body]
    comments_start = _above_comments(file, generator_start)
    with_text = text[head_start:comments_start].rstrip() + file.source.newline
    above = text[:head_start].rstrip(" \t\r\n").endswith(":") or not head_start
    is_close = bool(file.source.slice(file.source.line_span(head_start - 1)).strip()) if head_start else False
    spaced = text[comments_start:body_start]
    def_text = spaced.lstrip("\r\n")
    was_open = spaced != def_text
    gap = file.source.newline if is_close and was_open and not above else ""
    if outer.strip() or inner.strip() or any(quotes in with_text + def_text for quotes in ('"""', "'''")):
        return None
    step = inner[len(outer) :]
    generator_end = file.source.line_span(file.tree.span(generator).end - 1).end
    block_end = file.source.line_span(file.tree.span(block).end - 1).end
    rest = text[generator_end:block_end]
    if any(quotes in rest for quotes in ('"""', "'''")):
        return None
    return [
        Edit(
            Span(head_start, body_start),
            gap + _shifted(def_text, step, inwards=False) + _shifted(with_text, step, inwards=True),
        ),
        Edit(Span(generator_end, block_end), _shifted(rest, step, inwards=False)),
    ]


def _above_comments(file: PythonFile, start: int) -> int:
    """Where the comments and empty lines above a line begin, which stay where they are."""
    while start > 0:
        above = file.source.line_span(start - 1)
        text = file.source.slice(above).strip()
        if text and not text.startswith("#"):
            break
        start = above.start
    return start


def _before(file: PythonFile, block: cst.With, generator: cst.FunctionDef) -> list[Edit] | None:
    """The generator stands above the block: its body moves one level in, the block's one level out."""
    text = file.source.text
    start, return_start = file.tree.span(block).start, file.tree.span(block.body.body[0]).start
    if file.tree.span(generator).start > start:
        return None
    head_start, return_line = file.source.line_span(start).start, file.source.line_span(return_start).start
    outer, rest_start = text[head_start:start], _above_comments(file, return_line)
    step = text[return_line:return_start][len(outer) :]
    block_end = file.source.line_span(file.tree.span(block).end - 1).end
    body_start = file.source.line_span(file.tree.span(generator.body.body[0]).start).start
    body_end = file.source.line_span(file.tree.span(generator).end - 1).end
    with_text, body, rest = text[head_start:rest_start], text[body_start:body_end], text[rest_start:block_end]
    defined = text[file.source.line_span(file.tree.span(generator.name).start).start :]
    same_level = defined[: len(defined) - len(defined.lstrip())] == outer
    if not same_level or outer.strip() or not step or rest_start <= start:
        return None
    if any(quotes in with_text + body + rest for quotes in ('"""', "'''")):
        return None
    return [
        Edit(Span(body_start, body_end), _shifted(with_text, step, inwards=True) + _shifted(body, step, inwards=True)),
        Edit(Span(head_start, block_end), _shifted(rest, step, inwards=False)),
    ]


def _shifted(text: str, step: str, *, inwards: bool) -> str:
    """Whole lines, one level further in or out."""
    lines = text.splitlines(keepends=True)
    if inwards:
        return "".join(step + line if line.strip() else line for line in lines)
    return "".join(line.removeprefix(step) for line in lines)
