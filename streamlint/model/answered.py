"""What tests on the way to a place have answered: where `if queue.empty(): return` stands before it, the queue is not empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise, takewhile
from typing import TypeAlias

from streamlint.model import syntax as ir
from streamlint.source import Placed

Question: TypeAlias = Callable[[ir.Call], bool]
"""Whether a call in a test asks what is meant."""
_LEAVING = ("raise", "break", "continue")


def answered(place: Placed, scope: ir.Scope, question: Question, *, answer: bool) -> bool:
    """Whether a place of a function is only come to where a question, asked on the way, was answered so."""
    return any(_says(test, held, question, answer) for test, held in _passed(place, scope))


def _passed(place: Placed, scope: ir.Scope) -> Iterator[tuple[ir.Expression, bool]]:
    """The tests that are passed on the way to a place, with what they gave; each statement's own first, the outermost first."""
    way = scope.body.around(place)
    for outer, inner in pairwise(way):
        yield from _by(outer, inner)
    last = way[-1]
    if isinstance(last, ir.If):
        yield from ((arm.test, False) for arm in takewhile(lambda arm: arm.end <= place.start, last.arms) if arm.test)
    around = (value for value in last.expressions() if value.contains(place)) if isinstance(last, ir.Statement) else ()
    for part in (part for value in around for part in ir.walk(value)):
        if isinstance(part, ir.Choice) and part.contains(place):
            yield from _within(part, place)


def _by(outer: ir.Statement | ir.Block, inner: ir.Statement | ir.Block) -> Iterator[tuple[ir.Expression, bool]]:
    match outer:
        case ir.If():
            yield from _chosen(outer, inner)
        case ir.While() if inner is outer.body:
            yield outer.test, True
        case ir.Block():
            before = outer.statements[: outer.statements.index(inner)] if inner in outer.statements else ()
            yield from (passed for one in before for passed in _before(one))


def _before(statement: ir.Statement) -> Iterator[tuple[ir.Expression, bool]]:
    match statement:
        case ir.If(arms=(ir.Arm(test=test) as arm, *_)) if test is not None and _leaves(arm):
            yield test, False
        case ir.Line(kind="assert", values=(test, *_)):
            yield test, True


def _chosen(choice: ir.If, chosen: ir.Statement | ir.Block) -> Iterator[tuple[ir.Expression, bool]]:
    for arm in choice.arms:
        if arm.test is not None:
            yield arm.test, arm is chosen
        if arm is chosen:
            return


def _leaves(arm: ir.Arm) -> bool:
    """`if queue.empty(): return`."""
    last = arm.statements[-1] if arm.statements else None
    return isinstance(last, ir.Return) or (isinstance(last, ir.Line) and last.kind in _LEAVING)


def _within(choice: ir.Choice, place: Placed) -> Iterator[tuple[ir.Expression, bool]]:
    """Of `found and found.name` the first option, where the place stands in the second."""
    if choice.operator == "if":
        taken, other = choice.options
        yield from (
            (test, taken.contains(place)) for test in choice.tests if taken.contains(place) or other.contains(place)
        )
        return
    for option in choice.options:
        if option.contains(place):
            return
        yield option, choice.operator == "and"


def _says(test: ir.Expression, held: bool, question: Question, answer: bool) -> bool:
    """Whether a test gives this only where the answer is that."""
    match test:
        case ir.Choice(operator="and" | "or" as operator, options=options):
            return (operator == "and") is held and any(_says(one, held, question, answer) for one in options)
        case ir.Operation(operator="Not", operands=(inner,)):
            return _says(inner, not held, question, answer)
        case ir.Call():
            return held is answer and question(test)
    return False
