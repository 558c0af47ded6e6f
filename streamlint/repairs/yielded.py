"""A generator that collects its stream and yields the text, or the tokens afterwards: it yields each token where it is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.drains import Repair
from streamlint.repairs.generators import LATER
from streamlint.repairs.mixing import off_its_loop
from streamlint.repairs.onward import Given, Onward
from streamlint.repairs.untouched import Form
from streamlint.serving.holders import Holders
from streamlint.source import Span
from streamlint.streams import Drains
from streamlint.streams.drained import Drain
from streamlint.streams.generators import Generators
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile

_TITLE = "yield each token inside the loop that takes it"
_SAME = "the same bytes reach the client, only earlier"
_REFUSAL = Refusal("the generator yields more than the tokens, or changes them", _TITLE)


def yielded_one_by_one(file: PythonFile, drain: Drain) -> Fix | Refusal:
    """The repair of the generator in which the last hop of a drain stands."""
    place = drain.hops[-1] if drain.hops else None
    inner = _generator(file, Span(place.start, place.end)) if place is not None and place.path == file.path else None
    if inner is None or place is None or len(drain.hops) != 1:
        return Refusal("", _TITLE)
    return yielded_in(file, inner, place.start)


def yielded_in(file: PythonFile, inner: ir.Scope, start: int) -> Fix | Refusal:
    """The repair of the generator whose drain begins at `start`."""
    frame = file.frame(inner)
    own = [one for one in file.project.ask(Drains).in_frame(frame) if one.start == start and not one.hops]
    others = [
        one for one in file.project.ask(Holders).readers(file.facts, inner) if not _is_around(file, inner, one.start)
    ]
    is_handled = any(isinstance(one, ir.Try) and one.handlers for one in inner.body.around(own[0])) if own else False
    if len(own) != 1 or others or inner.decorators or is_handled:
        return _REFUSAL
    if file.project.ask(Generators).has_other_takers(frame):
        return _REFUSAL
    repair = Repair(file, frame, own[0])
    given = [one for one in inner.yields if one.value is not None and _takes(repair, one.value)]
    if len(given) != 1 or given[0].value is None:
        return _REFUSAL
    again = _loop_again(repair, given[0])
    collected = again.iterable if again is not None else given[0].value
    if (given[0].is_from or again is not None) and Span(collected.start, collected.end) == Span(
        own[0].start, own[0].end
    ):
        made = _unwrapped(repair, again)
    elif given[0].is_from:
        return _REFUSAL
    else:
        made = _opened(repair, again) if again is not None else _passed(repair, given[0], given[0].value)
    return off_its_loop(file, inner, own[0], made) if isinstance(made, Fix) else made


def _generator(file: PythonFile, place: Span) -> ir.Scope | None:
    found = [one for one in file.facts.scopes if one.kind == "function" and one.contains(place)]
    inner = max(found, key=lambda one: one.start, default=None)
    return inner if inner is not None and inner.is_generator else None


def _is_around(file: PythonFile, inner: ir.Scope, at: int) -> bool:
    """Whether a place is in the function that the generator is made in: its call there is the response's."""
    outer = file.facts.scopes[inner.parent]
    return outer.is_function and outer.start <= at < outer.end


def _takes(repair: Repair, value: ir.Expression) -> bool:
    names = {part.id for part in ir.walk(value) if isinstance(part, ir.Name)}
    loops = [
        one for one in repair.scope.loops if _names(one.iterable) & repair.derived or _is_over(one.iterable, repair)
    ]
    targets = {repair.scope.bindings[index].name for loop in loops for index in loop.targets}
    return value.contains(repair.drain) or bool(names & (repair.derived | targets))


def _names(expression: ir.Expression) -> set[str]:
    return {part.id for part in ir.walk(expression) if isinstance(part, ir.Name)}


def _passed(repair: Repair, item: ir.Yield, value: ir.Expression) -> Fix | Refusal:
    """`yield "".join(tokens)`: a loop that yields each; what was done with the text before is done after the last token."""
    file, drain = repair.file, repair.drain
    statement = file.tree.statement(item.start, item.end)
    if statement is None or file.tree.span(statement) != Span(item.start, item.end):
        return _REFUSAL
    passed = Onward(repair, item, value).passed(Given(lambda token: f"yield {token}"))
    if isinstance(passed, Refusal):
        return passed
    end = drain.loop.end if drain.loop is not None else drain.end
    made = [one.value for one in repair.scope.bindings if one.name in repair.derived and one.value is not None]
    between = [call for call in repair.scope.calls if end <= call.start and call.end <= item.start]
    has_rest = any(not any(value.contains(call) for value in made) for call in between)
    level, reason = (Level.RESPONSE, f"{_SAME}; {LATER}") if has_rest else (Level.SAFE, _SAME)
    claims = (Span(drain.start, drain.end),)
    drops = (*passed.drops, file.text(value))
    return Fix(_TITLE, tuple(sorted(passed.edits)), level, reason, passed.imports, claims, drops)


def _loop_again(repair: Repair, item: ir.Yield) -> ir.Loop | None:
    """The loop over the collected tokens around a yield."""
    found = [one for one in repair.scope.loops if one.body_start >= 0 and one.body_start <= item.start < one.end]
    return next((one for one in found if _is_over(one.iterable, repair)), None)


def _is_over(iterable: ir.Expression, repair: Repair) -> bool:
    """Whether a loop runs over the collected tokens, by their name or where they are collected."""
    is_there = (iterable.start, iterable.end) == (repair.drain.start, repair.drain.end)
    return is_there or (isinstance(iterable, ir.Name) and iterable.id in repair.derived)


def _unwrapped(repair: Repair, again: ir.Loop | None) -> Fix | Refusal:
    """`for token in list(stream): yield token` and `yield from list(stream)` take the stream itself."""
    was, stream = repair.untouched.judge_drain(), repair.stream()
    if isinstance(was, Refusal) or was.form is not Form.PIECES or stream is None or stream.kept:
        return _REFUSAL
    if repair.is_async() and (again is None or not repair.scope.is_async):
        return _REFUSAL
    drain = repair.drain
    edits = [Edit(Span(drain.start, drain.end), stream.text)]
    edits += [Edit(Span(again.start, again.start), "async ")] if again is not None and repair.is_async() else []
    claims = (Span(drain.start, drain.end),)
    return Fix(_TITLE, tuple(sorted(edits)), Level.SAFE, _SAME, claims=claims, drops=(*stream.drops, *was.drops))


def _opened(repair: Repair, again: ir.Loop) -> Fix | Refusal:
    """`tokens = list(stream)` before `for token in tokens:` becomes the stream itself, where nothing comes between."""
    file, drain, scope = repair.file, repair.drain, repair.scope
    first, loop = file.tree.statement(drain.start, drain.end), file.tree.statement(again.start, again.end)
    name = again.iterable.id if isinstance(again.iterable, ir.Name) else ""
    block = list(file.tree.siblings(first)) if first is not None else []
    made = [one for one in scope.bindings if one.name == name and one.kind != "merge"]
    is_own = (
        len(made) == 1
        and made[0].value is not None
        and Span(made[0].value.start, made[0].value.end) == Span(drain.start, drain.end)
    )
    uses = [one for one in scope.names if one.id == name]
    if (
        first is None
        or loop not in block
        or block.index(loop) != block.index(first) + 1
        or not is_own
        or len(uses) != 1
    ):
        return _REFUSAL
    was, stream = repair.untouched.judge_drain(), repair.stream()
    if (
        isinstance(was, Refusal)
        or was.form is not Form.PIECES
        or stream is None
        or stream.kept
        or not isinstance(loop, cst.For)
    ):
        return _REFUSAL
    if again.is_async or (scope.is_async and not repair.is_async()):
        return _REFUSAL
    other = repair.delay().read_elsewhere((file.tree.span(first),))
    if other is not None:
        return other
    edits = [Edit(Span(drain.start, drain.end), stream.text)]
    edits += [Edit(Span(again.start, again.start), "async ")] if repair.is_async() else []
    claims = (Span(drain.start, drain.end),)
    return Fix(_TITLE, tuple(sorted(edits)), Level.SAFE, _SAME, claims=claims, drops=(*stream.drops, *was.drops))
