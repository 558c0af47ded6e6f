"""Build an engine so that it streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.project import syntax as ir
from streamlint.project.values import Llama
from streamlint.source import Span

if TYPE_CHECKING:
    from streamlint.languages.python import PythonFile

_HERE = "the client receives a token stream where it received an error"
_SHARED = "others that use the engine find no `.response` in a streaming answer"


def streaming_engine(file: PythonFile, engine: Llama) -> Fix | None:
    """`streaming=True` in the call that builds the engine, where it stands in this file and takes the argument."""
    found = file.project.mismatches.call_at(engine.origin)
    if found is None or found[0].path != file.path:
        return None
    call = found[2]
    if not isinstance(call.function, ir.Attribute) or call.function.attribute not in ("as_query_engine", "from_args"):
        return None
    given = call.argument(None, "streaming")
    if given is not None and not (isinstance(given, ir.Constant) and given.value is False):
        return None
    edit = _argument(file, call) if given is None else Edit(Span(given.start, given.end), "True")
    level, reason = (Level.RESPONSE, _HERE) if found[1].is_function else (Level.UNSAFE, _SHARED)
    return Fix("build the engine with `streaming=True`", (edit,), level, reason)


def _argument(file: PythonFile, call: ir.Call) -> Edit:
    """The keyword behind the last argument, on a line of its own where the closing bracket has one."""
    parts = [part for part in call.children() if part is not call.function]
    if not parts:
        return Edit(Span(call.end - 1, call.end - 1), "streaming=True")
    end = max(part.end for part in parts)
    behind = file.source.text[end : call.end - 1]
    comma = behind.find(",")
    if comma < 0:
        return Edit(Span(end, end), ", streaming=True")
    line = file.source.slice(file.source.line_span(parts[-1].start))
    indent = line[: len(line) - len(line.lstrip())]
    gap = f"\n{indent}" if "\n" in behind else " "
    return Edit(Span(end + comma + 1, end + comma + 1), f"{gap}streaming=True,")
