"""A stream that httpx reads on the event loop, asked for with its asynchronous client, of which every step can be awaited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.immutable import immutable
from streamlint.model import syntax as ir
from streamlint.repairs.obstacles import split_at
from streamlint.repairs.workflows import free
from streamlint.source import Span
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile
    from streamlint.waiting.held import Held

_TITLE = "stream with `httpx.AsyncClient`"
_REASON = "the same request and the same lines; other clients are served while they come"
_CLIENTS = ("client", "http_client", "async_client")


@immutable
class _Block:
    """A `with` block around a streamed response, and the call that makes it."""

    node: cst.With
    span: Span
    call: ir.Call
    name: str


def with_async_client(file: PythonFile, held: Held) -> Fix | None:
    """`with httpx.stream(...) as r` or `with self.client.stream(...) as r`, as a whole; None where `r` is used otherwise."""
    scope = held.scope
    block = _block(file, held) if scope.kind == "function" and scope.is_async else None
    if block is None or split_at(file, scope, block.span) is not None:
        return None
    read = _read(file, scope, block)
    asked = _asked(file, held, block)
    if read is None or asked is None:
        return None
    edits = (Edit(Span(block.span.start, block.span.start), "async "), *read, *asked)
    words = [file.text(edit.span) for edit in (*read, *asked) if edit.span.end > edit.span.start]
    drops = tuple(f"{word}.stream()" if word == "httpx" else f"_.{word}()" for word in words)
    return Fix(_TITLE, tuple(sorted(edits)), Level.SAFE, _REASON, claims=(block.span,), drops=(*drops, "with _: pass"))


def _block(file: PythonFile, held: Held) -> _Block | None:
    """The block which the held call opens, or over whose response the held loop runs."""
    for node, span in file.tree.within(Span(held.scope.start, held.scope.end), cst.With):
        match node.items:
            case [cst.WithItem(item=cst.Call() as opened, asname=cst.AsName(name=cst.Name(value=name)))]:
                place = file.tree.span(opened)
                known = file.expression(place)
                is_held = place == Span(held.node.start, held.node.end) or _base(held.node) == name
                is_plain = node.asynchronous is None and span.contains(held.node)
                if is_held and is_plain and known is not None and isinstance(known[1], ir.Call):
                    return _Block(node, span, known[1], name)
    return None


def _base(expression: ir.Expression) -> str:
    match expression:
        case ir.Call(function=ir.Attribute(base=ir.Name(id=name))):
            return name
    return ""


# What is read


def _read(file: PythonFile, scope: ir.Scope, block: _Block) -> list[Edit] | None:
    """The loops over the response, made asynchronous; None where it is used in a way of which that cannot be told."""
    names = file.project.knowledge.names
    edits: list[Edit] = []
    for use in file.facts.uses.of(ir.Name(0, 0, block.name, ()), scope):
        part = file.facts.uses.parent(use.name)
        if not block.span.contains(use.name) or use.scope is not scope or not isinstance(part, ir.Attribute):
            return None
        if part.attribute in names("answers_read", "of-a-streamed-answer"):
            continue
        call = file.facts.uses.parent(part)
        loop = next((one for one in scope.loops if one.iterable is call and one.body_start >= 0), None)
        if loop is None or loop.is_async or part.attribute not in names("answers_read", "steps-with-twins"):
            return None
        word = Span(part.end - len(part.attribute), part.end)
        edits += [Edit(Span(loop.start, loop.start), "async "), Edit(word, f"a{part.attribute}")]
    return edits or None


# What is asked


def _asked(file: PythonFile, held: Held, block: _Block) -> list[Edit] | None:
    """The client made asynchronous where it is made, or a client of its own for `httpx.stream`."""
    function = block.call.function
    names = file.project.evaluator.names(function, held.frame)
    if not isinstance(function, ir.Attribute):
        return None
    if names == {"httpx.stream"}:
        taken = file.project.knowledge.names("answers_read", "streams-take")
        if any(word not in taken for word, _ in block.call.keywords):
            return None
        name, module = free(file, block.call, _CLIENTS), file.text(function.base)
        made = f"{module}.AsyncClient() as {name}, {name}"
        return [Edit(Span(function.start, function.end - len(".stream")), made)]
    if names == {"httpx.Client.stream"} and isinstance(function.base, ir.Attribute):
        made_at = _made(file, held.scope, function.base)
        return [Edit(made_at, "AsyncClient")] if made_at is not None else None
    return None


def _made(file: PythonFile, scope: ir.Scope, attribute: ir.Attribute) -> Span | None:
    """Where `self.client = httpx.Client(...)` names the class, if nothing else uses that attribute anywhere."""
    word = attribute.attribute
    if [one for one in _attributes(file, word) if one is not attribute]:
        return None
    stores = [
        (one, each) for each in file.facts.scopes for one in each.stores if one.is_attribute and one.member == word
    ]
    if len(stores) != 1 or file.facts.scopes[stores[0][1].parent].index != scope.parent:
        return None
    made = stores[0][0].value
    frame = file.project.evaluator.any_call(file.facts, stores[0][1])
    taken = file.project.knowledge.names("answers_read", "clients-take")
    if not isinstance(made, ir.Call) or file.project.evaluator.names(made.function, frame) != {"httpx.Client"}:
        return None
    if (
        not isinstance(made.function, ir.Attribute)
        or made.arguments
        or any(key not in taken for key, _ in made.keywords)
    ):
        return None
    return Span(made.function.end - len("Client"), made.function.end)


def _attributes(file: PythonFile, word: str) -> Iterator[ir.Attribute]:
    """Every use of an attribute of that name in the project."""
    for module in file.project.evaluator.modules.saying(word):
        for scope in module.scopes:
            yield from (one for one in scope.attributes if one.attribute == word)
