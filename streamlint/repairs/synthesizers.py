"""The synthesizer that an engine is built with, made one that streams; the engine only where nobody else is asked with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit
from streamlint.model import syntax as ir
from streamlint.repairs.arguments import with_keyword
from streamlint.source import Span
from streamlint.values.domain import External

if TYPE_CHECKING:
    from streamlint.knowledge.llama_index_engines import Engine
    from streamlint.tree.python import PythonFile

_MAKES = "get_response_synthesizer"
_KEYWORD = "response_synthesizer"


def synthesizer(file: PythonFile, scope: ir.Scope, call: ir.Call, engine: Engine) -> ir.Call | None:
    """The call of `get_response_synthesizer` that gives the engine its synthesizer, where nothing else has that one."""
    given = call.argument(engine.position, _KEYWORD)
    if isinstance(given, ir.Name):
        uses = file.facts.uses
        bound, owner = uses.bindings(given, scope), uses.owner(given.id, scope)
        if (
            len(bound) != 1
            or bound[0].kind != "assign"
            or bound[0].path
            or len(uses.of(given, scope)) != 1
            or owner is None
        ):
            return None
        given, scope = bound[0].value, owner
    if not isinstance(given, ir.Call) or given.hides_keywords or given.arguments:
        return None
    values = file.project.evaluator.value(given.function, file.frame(scope))
    names = {value.name.rpartition(".")[2] if isinstance(value, External) else "" for value in values}
    return given if names == {_MAKES} else None


def made_streaming(file: PythonFile, made: ir.Call, modes: tuple[str, ...]) -> Edit | None:
    """`streaming=True` in that call; None where it says otherwise, or its mode may not stream."""
    given, mode = made.argument(None, "streaming"), made.argument(None, "response_mode")
    word = (
        mode.value
        if isinstance(mode, ir.Constant)
        else mode.attribute.lower()
        if isinstance(mode, ir.Attribute)
        else ""
    )
    if (mode is not None and word not in modes) or made.argument(None, "output_cls") is not None:
        return None
    if given is None:
        return with_keyword(file, made, "streaming=True")
    if isinstance(given, ir.Constant) and given.value is False:
        return Edit(Span(given.start, given.end), "True")
    return None
