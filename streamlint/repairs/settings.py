"""Replace the `ServiceContext` of old releases: `Settings` holds what it held, for the whole program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Import, Level
from streamlint.knowledge.names import names
from streamlint.model import syntax as ir
from streamlint.repairs.arguments import without_keyword
from streamlint.source import Span
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile

_DROPS = ("ServiceContext.from_defaults()", "set_global_service_context()")
_REASON = "`Settings` is one for the whole program, where each index could have a context of its own"


def settings(file: PythonFile, call: ir.Call, scope: ir.Scope) -> Fix | None:
    """`Settings.llm = …` in place of `context = ServiceContext.from_defaults(llm=…)`, where that is all that the context is for."""
    line = scope.body.around(call)[-1]
    if not isinstance(line, ir.Line) or line.kind != "assignment" or last_word(call.function) != "from_defaults":
        return None
    others = (one for each in file.facts.scopes for one in each.calls if one is not call)
    if any(ir.dotted(one.function) == ir.dotted(call.function) for one in others):
        return None  # two contexts are no one setting
    known = names("llama_index_drift", "settings")
    if call.arguments or any(name not in known for name, _ in call.keywords):
        return None
    bound = [one for one in scope.bindings if one.value is call]
    if len(bound) != 1 or line.values[0] is not call:
        return None
    uses = [
        use for each in file.facts.scopes for use in each.names if use.id == bound[0].name and use.start >= line.end
    ]
    if any(one.name == bound[0].name for each in file.facts.scopes for one in each.bindings if one is not bound[0]):
        return None
    ends = [edit for use in uses for edit in _without(file, use)]
    if len(ends) != len(uses):
        return None
    separator = f"{file.source.newline}{file.source.indent(line.start)}"
    rows = [f"Settings.{name} = {file.text(value)}" for name, value in call.keywords]
    first = Edit(Span(line.start, line.end), separator.join(rows) if rows else "pass")
    edits = tuple(sorted({first, *ends}))
    needed = frozenset((Import("llama_index.core", "Settings"),)) if rows else frozenset[Import]()
    return Fix("set `Settings` once", edits, Level.UNSAFE, _REASON, needed, drops=(*_DROPS, bound[0].name))


def _without(file: PythonFile, use: ir.Name) -> Iterator[Edit]:
    """The edit that takes the context out of a call: the keyword, or the whole statement that makes it everybody's."""
    for scope in file.facts.scopes:
        for call in scope.calls:
            if last_word(call.function) == "set_global_service_context" and call.arguments == (use,):
                line = scope.body.around(call)[-1]
                if isinstance(line, ir.Line) and line.kind == "expression":
                    yield whole_line(file, line)
                return
            for name, value in call.keywords:
                if value is use and name == "service_context":
                    edit = without_keyword(file, call, value)
                    yield from () if edit is None else (edit,)
                    return


def whole_line(file: PythonFile, line: ir.Line) -> Edit:
    """Takes a statement out with its line, or puts `pass` in its place where others stand there."""
    text = file.source.text
    start, end = text.rfind("\n", 0, line.start) + 1, text.find("\n", line.end)
    end = len(text) if end < 0 else end + 1
    is_alone = not (text[start : line.start] + text[line.end : end]).strip()
    block = next(
        one for scope in file.facts.scopes for one in reversed(scope.body.around(line)) if isinstance(one, ir.Block)
    )
    if is_alone and len(block.statements) > 1:
        return Edit(Span(start, end), "")
    return Edit(Span(line.start, line.end), "pass")
