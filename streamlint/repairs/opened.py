"""Make a list of what is sent an iterator, where one generator takes its items again: each is made when its token comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.request_bound import bound_to_request
from streamlint.source import Span
from streamlint.streams.drained import How
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.repairs.drains import Repair

_REFUSAL = Refusal("what is collected is used for more than to send it")
_LATER = "the same items reach the client, each made when its token comes"


def opened(repair: Repair, content: ir.Expression) -> Fix | Refusal:
    """`[frame(t) async for t in tokens]` becomes a generator expression, and the loop over it asynchronous where that is."""
    file, scope, drain = repair.file, repair.scope, repair.drain
    node = next((one for one in file.tree.nodes_at(drain.start, drain.end) if isinstance(one, cst.ListComp)), None)
    bound = [one for one in scope.bindings if one.kind == "assign" and not one.path and _is_of(one.value, repair)]
    if drain.how is not How.COMPREHENSION or node is None or node.lpar or len(bound) != 1:
        return _REFUSAL
    is_async = node.for_in.asynchronous is not None
    loop = _loop_again(repair, bound[0].name, content, is_async=is_async)
    statement = file.tree.statement(drain.start, drain.end)
    if loop is None or not isinstance(statement, cst.SimpleStatementLine) or node.for_in.inner_for_in is not None:
        return _REFUSAL
    iterable = file.tree.span(node.for_in.iter)
    places = (Span(drain.start, iterable.start), Span(iterable.end, drain.end))
    sent = Span(loop.iterable.start, loop.iterable.end)
    refusal = repair.delay().refusal(sent, moved=(file.tree.span(statement),))
    refusal = refusal or bound_to_request(file, repair.frame, places)
    if refusal is not None:
        return refusal
    stream = repair.stream()
    if stream is not None and not stream.kept:
        edits, level, drops = [Edit(Span(drain.start, drain.end), stream.text)], Level.SAFE, stream.drops
    else:
        edits, level, drops = [Edit(Span(drain.start, drain.start + 1), "(")], Level.RESPONSE, ()
        edits.append(Edit(Span(drain.end - 1, drain.end), ")"))
    edits += [Edit(Span(loop.start, loop.start), "async ")] if is_async else []
    claims = (Span(drain.start, drain.end),)
    return Fix("make each item when its token comes", tuple(sorted(edits)), level, _LATER, claims=claims, drops=drops)


def _is_of(value: ir.Expression | None, repair: Repair) -> bool:
    return value is not None and (value.start, value.end) == (repair.drain.start, repair.drain.end)


def _loop_again(repair: Repair, name: str, content: ir.Expression, *, is_async: bool) -> ir.Loop | None:
    """The one loop over the list, which stands in a generator of the handler that only the response is given."""
    file, scope = repair.file, repair.scope
    if len(scope.by_name.get(name, ())) != 1 or not isinstance(content, ir.Call):
        return None
    uses = file.facts.uses.of(ir.Name(0, 0, name, ()), scope)
    inner = uses[0].scope if len(uses) == 1 else None
    if inner is None or not inner.is_generator or inner.kind != "function" or inner.parent != scope.index:
        return None
    if inner.is_async is not is_async or inner.decorators or inner.parameters:
        return None
    called = file.facts.uses.of(ir.Name(0, 0, inner.name, ()), scope)
    if len(called) != 1 or content.function is not called[0].name:
        return None
    loops = [loop for loop in inner.loops if loop.iterable is uses[0].name and loop.body_start >= 0]
    return loops[0] if loops and inner.body.loop_around(loops[0]) is None else None
