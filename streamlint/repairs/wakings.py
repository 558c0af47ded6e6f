"""Hand over what a thread puts into a queue of the loop, so that the loop puts it there and wakes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streamlint.faults.wakings import LateWaking, Waking
from streamlint.fix import Edit, Fix, Import, Level
from streamlint.model import syntax as ir
from streamlint.repairs.off_loop import is_free
from streamlint.repairs.workflows import free
from streamlint.serving.loops_at_hand import LoopsAtHand, method_around
from streamlint.source import Span
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile
    from streamlint.values.domain import Origin

_ASYNCIO = Import("asyncio")
_LOOPS = ("loop", "running_loop", "event_loop")
_ASKED = "asyncio.get_running_loop()"
_ORDER = (
    "the loop puts the items a moment later, in their order: code that asks in between whether there are any sees fewer"
)


def handed_to_loop(file: PythonFile, late: LateWaking) -> Fix | None:
    """Each `queue.put_nowait(item)` becomes `loop.call_soon_threadsafe(queue.put_nowait, item)`; None where one of them cannot."""
    if not late.is_alone or not all(_has_no_limit(file, made) for made in late.made_at):
        return None
    edits: set[Edit] = set()
    imports: frozenset[Import] = frozenset()
    for waking in late.wakings:
        handed = _handed(file, waking)
        loop, asking = _loop(file, late, waking)
        if handed is None or not loop:
            return None
        edits |= {Edit(Span(waking.call.start, waking.call.start), f"{loop}.call_soon_threadsafe("), handed}
        if asking is not None:
            edits.add(asking)
            imports = frozenset((_ASYNCIO,))
    if imports and not is_free(file, _ASYNCIO):
        return None
    drops = tuple(f"{file.text(one.call.function)}(_)" for one in late.wakings)
    title = "let the event loop put the items, which wakes it"
    return Fix(title, tuple(sorted(edits)), Level.UNSAFE, _ORDER, imports, drops=drops)


def _has_no_limit(file: PythonFile, made: Origin) -> bool:
    """Whether an object is made without anything that says how much it may hold."""
    module = file.project.module(made.path)
    calls = (call for scope in module.scopes for call in scope.calls) if module is not None else ()
    found = next((call for call in calls if (call.start, call.end) == (made.start, made.end)), None)
    return found is not None and not found.arguments and not found.keywords


def _handed(file: PythonFile, waking: Waking) -> Edit | None:
    """The bracket behind the method becomes a comma."""
    call, scope = waking.call, waking.scope
    is_value = not scope.stands_alone(call) and not (
        scope.kind == "lambda" and any(one.value is call for one in scope.returns)
    )
    if is_value or call.keywords or not call.is_plain:
        return None
    bracket = re.compile(r"\s*\(").match(file.source.text, call.function.end)
    if bracket is None:
        return None
    if not call.arguments:
        return Edit(Span(*bracket.span()), "")
    is_last = file.source.text[bracket.end()] in "\r\n"
    return Edit(Span(*bracket.span()), "," if is_last else ", ")


def _loop(file: PythonFile, late: LateWaking, waking: Waking) -> tuple[str, Edit | None]:
    """What the loop is called where a thread hands something over, and the line that has to name it first."""
    loops, module = file.project.ask(LoopsAtHand), file.facts
    start = waking.run.start
    name = loops.name(module, waking.scope, start.start if start.path == file.path else -1)
    if name:
        return name, None
    function = loops.asking(module, waking.scope)
    if function is not None:
        return _named_above(file, function, [one.scope for one in late.wakings])
    found = method_around(module, waking.scope)
    return _kept(file, late, *found) if found is not None else ("", None)


def _named_above(file: PythonFile, function: ir.Scope, workers: list[ir.Scope]) -> tuple[str, Edit | None]:
    """A variable above the first statement of a coroutine function in which one of the functions stands."""
    inside = [one for one in workers if function.contains(one)]
    first = min(inside, key=lambda one: one.start)
    name = free(file, first, _LOOPS)
    statement = _statement_in(file, function, first)
    if statement is None:
        return "", None
    start = file.tree.whole_lines(statement).start
    at = file.tree.span(statement).start
    indent = file.source.text[file.source.line_span(at).start : at]
    is_alone = not indent.strip()
    line = f"{indent}{name} = {_ASKED}{file.source.newline}"
    return (name, _apart(file, start, line)) if is_alone else ("", None)


def _apart(file: PythonFile, start: int, line: str) -> Edit:
    """A line above a statement; where an empty one stands there, above that."""
    above = file.source.line_span(start - 1)
    is_apart = not file.source.slice(above).strip()
    at = above.start if is_apart else start
    return Edit(Span(at, at), line)


def _statement_in(file: PythonFile, function: ir.Scope, worker: ir.Scope) -> cst.BaseStatement | None:
    """The statement directly in a function in which something else stands."""
    definition = file.tree.definition(function)
    if definition is None or not isinstance(definition.body, cst.IndentedBlock):
        return None
    for statement in definition.body.body:
        span = file.tree.span(statement)
        if span.start <= worker.start and worker.end <= span.end:
            return statement
    return None


def _kept(file: PythonFile, late: LateWaking, owner: ir.Scope, method: ir.Scope) -> tuple[str, Edit | None]:
    """An attribute behind the line of the constructor that makes the queue, where only the loop makes such objects."""
    loops, module = file.project.ask(LoopsAtHand), file.facts
    stores = [
        (one, store)
        for rows in file.project.evaluator.attributes.stores_on_self(module, owner).values()
        for one, store in rows
        if any((store.value.start, store.value.end) == (made.start, made.end) for made in late.made_at)
    ]
    if len(stores) != 1 or not loops.runs_on_loop(module, stores[0][0]):
        return "", None
    constructor, store = stores[0]
    taken = {each.attribute for scope in module.scopes for each in scope.attributes} | set(owner.by_name)
    taken |= {each.member for scope in module.scopes for each in scope.stores}
    words = _LOOPS[1:] if owner.bases else _LOOPS  # a class above may have the plain word
    attribute = next((word for word in words if word not in taken), "")
    statement = file.tree.statement(store.start, store.end)
    if not attribute or not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return "", None
    at = file.tree.span(statement).start
    indent = file.source.text[file.source.line_span(at).start : at]
    end = file.source.line_span(file.tree.span(statement).end).end
    line = f"{indent}{constructor.parameters[0].name}.{attribute} = {_ASKED}{file.source.newline}"
    return f"{method.parameters[0].name}.{attribute}", Edit(Span(end, end), line)
