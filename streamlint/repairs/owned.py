"""The tokens that an answer hands on, in place of the stream that its engine reads itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.source import Span
from streamlint.streams.mismatches import Mismatch
from streamlint.values.domain import Llama

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile

_NOTHING_CAME = "no token came through before"


def handed_tokens(file: PythonFile, scope: ir.Scope, attribute: ir.Attribute, mismatch: Mismatch) -> Fix | None:
    """The answer's own tokens, in a loop that takes nothing but `.delta` of each chunk."""
    loop = next((one for one in scope.loops if one.iterable is attribute and one.body_start >= 0), None)
    stream = mismatch.value
    if loop is None or not isinstance(stream, Llama) or stream.is_async != loop.is_async or len(loop.targets) != 1:
        return None
    name = scope.bindings[loop.targets[0]].name
    if sum(scope.bindings[index].kind != "merge" for index in scope.by_name[name]) != 1:
        return None
    parts = [file.facts.uses.parent(use.name) for use in file.facts.uses.of(ir.Name(0, 0, name, ()), scope)]
    if not parts or not all(isinstance(part, ir.Attribute) and part.attribute == "delta" for part in parts):
        return None
    word = "async_response_gen()" if stream.is_async else "response_gen"
    edits = [Edit(Span(attribute.end - len(attribute.attribute), attribute.end), word)]
    edits += [Edit(Span(part.end - len(".delta"), _end(file, part)), "") for part in parts if part is not None]
    is_emptied = any(part is not None and _end(file, part) > part.end for part in parts)
    drops = (f"_.{attribute.attribute}", "_.delta", *(('_ or ""',) if is_emptied else ()))
    return Fix(f"take the tokens with `{word}`", tuple(edits), Level.SAFE, _NOTHING_CAME, drops=drops)


def _end(file: PythonFile, part: ir.Expression) -> int:
    """Where `chunk.delta` ends, or `chunk.delta or ""`: a token is text."""
    match file.facts.uses.parent(part):
        case ir.Choice(operator="or", options=(ir.Expression() as first, ir.Constant(value=""))) as choice:
            return choice.end if first is part else part.end
    return part.end
