"""Keep the context of a view for the generator that it sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Import, Level
from streamlint.source import Span

if TYPE_CHECKING:
    from streamlint.faults.contexts import Loss
    from streamlint.model import syntax as ir
    from streamlint.tree.python import PythonFile

_REASON = "the generator runs with the request that the view had, where it ended with an error"


def keep_context(file: PythonFile, scope: ir.Scope, loss: Loss) -> Fix | None:
    """`stream_with_context`, around the generator or above its function."""
    module, _, name = loss.context.keeps[0].rpartition(".")
    needed = frozenset((Import(module, name),))
    content = loss.carried.content
    title = f"keep the context with `{name}`"
    if content is not None and loss.context.by_call:
        if loss.carried.frame.module.path != file.path or scope.kind != "function":
            return None
        text = file.text(content)
        edit = Edit(Span(content.start, content.end), f"{name}({text})")
        return Fix(title, (edit,), Level.SAFE, _REASON, needed)
    definition = file.tree.definition(scope)
    is_nested = file.facts.scopes[scope.parent].is_function
    if definition is None or not (is_nested or loss.context.by_call):
        return None
    line = file.source.line_span(file.tree.span(definition.name).start)
    head = file.source.slice(line)
    indent = head[: len(head) - len(head.lstrip())]
    if not head.lstrip().startswith(("def ", "async def ")):
        return None
    text = f"{indent}@{name}{file.source.newline}"
    return Fix(title, (Edit(Span(line.start, line.start), text),), Level.SAFE, _REASON, needed)
