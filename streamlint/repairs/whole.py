"""What a call gives before everything is there, and what takes the rest: both off the event loop, as one repair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.repairs.async_client import with_async_client
from streamlint.repairs.obstacles import iteration_obstacle, obstacle_before_the_rest, of_wait
from streamlint.repairs.off_loop import in_thread, is_free, level_of, off_loop, stands_in_body
from streamlint.repairs.threads import threads
from streamlint.source import Span
from streamlint.tree import nodes as cst
from streamlint.waiting import Holdings

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile
    from streamlint.waiting.held import Held

_COLLECTS = ("list", "tuple", "set", "sorted", "dict")
_SAME = "the same items in the same order; all of it is waited for in a thread"


def off_loop_as_a_whole(file: PythonFile, held: Held, node: cst.CSTNode) -> Fix | None:
    """`off_loop`, or where the rest of what a call gives would still be waited for on the loop: a repair of both."""
    found = with_async_client(file, held) or off_loop(file, held, node)
    if found is not None or not isinstance(node, cst.Call) or not isinstance(held.node, ir.Call):
        return found
    if obstacle_before_the_rest(file, held, held.node) is not None:
        return None
    level, reason = level_of(file, held)
    return _collected(file, held, node, level, reason) or _iterated(file, held, held.node, node, level, reason)


def _collected(file: PythonFile, held: Held, call: cst.Call, level: Level, reason: str) -> Fix | None:
    """`[f(item) for item in call()]` becomes `await asyncio.to_thread(lambda: [f(item) for item in call()])`."""
    scope, how = held.scope, threads(file)
    whole = _around(file, scope, call)
    if whole is None or not scope.is_async or scope.kind != "function" or not is_free(file, how.run_import):
        return None
    span = file.tree.span(whole)
    inside = [one for one in scope.calls if span.contains(one)]
    if not stands_in_body(file, scope, span) or any(of_wait(file, scope, one) is not None for one in inside):
        return None
    if file.tree.within(span, cst.Await, cst.NamedExpr, cst.Yield) or "\n" in file.text(span):
        return None
    if isinstance(file.tree.parent(whole), cst.Attribute | cst.Subscript | cst.Await):
        return None
    edits = (Edit(Span(span.start, span.start), f"await {how.run}(lambda: "), Edit(Span(span.end, span.end), ")"))
    reason = _SAME if level is Level.SAFE else reason
    return Fix(f"run all of it with `{how.run}`", edits, level, reason, frozenset((how.run_import,)))


def _around(file: PythonFile, scope: ir.Scope, call: cst.Call) -> cst.BaseExpression | None:
    """The comprehension that runs over a call, or the call that makes a list of what it gives."""
    if _collects(call):
        return call
    argument = file.tree.parent(call)
    around = file.tree.parent(argument) if isinstance(argument, cst.Arg) and argument.keyword is None else None
    if isinstance(around, cst.Call) and _collects(around):
        return around
    before = Span(scope.start, file.tree.span(call).start + 1)
    comprehensions = file.tree.within(before, cst.ListComp, cst.SetComp, cst.DictComp)
    found = (node for node, _ in comprehensions if node.for_in.iter is call and node.for_in.asynchronous is None)
    return next(found, None)


def _collects(call: cst.Call) -> bool:
    """`list(items)`, `sorted(items, key=f)`: one iterable, and beside it only what is there already."""
    match call:
        case cst.Call(func=cst.Name(value=name), args=[cst.Arg(keyword=None, star=""), *more]) if name in _COLLECTS:
            return all(one.keyword is not None and isinstance(one.value, cst.Name | cst.Lambda) for one in more)
    return False


def _iterated(file: PythonFile, held: Held, made: ir.Call, call: cst.Call, level: Level, reason: str) -> Fix | None:
    """`parts = client.create(stream=True)` in a thread, where all else is one loop over it, which has its own repair (STL202)."""
    where, scope = held.on_loop, held.scope
    bound = [one for one in scope.bindings if one.value is made and one.kind == "assign" and not one.path]
    if len(bound) != 1 or len(scope.by_name[bound[0].name]) != 1:
        return None
    uses = file.facts.uses.of(ir.Name(0, 0, bound[0].name, ()), scope)
    loop = next((one for one in scope.loops for use in uses if one.iterable is use.name and use.scope is scope), None)
    if loop is None or len(uses) != 1 or file.project.ask(Holdings).sync_tokens(loop.iterable, where.frame) is None:
        return None
    if iteration_obstacle(file, where, loop) is not None:
        return None
    return in_thread(file, where, call, level, reason)
