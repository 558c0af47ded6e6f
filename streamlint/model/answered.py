"""What tests on the way to a place have answered: where `if queue.empty(): return` stands before it, the queue is not empty."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import pairwise, takewhile
from operator import itemgetter
from typing import TypeAlias

from streamlint.model import syntax as ir
from streamlint.source import Placed

Question: TypeAlias = Callable[[ir.Call], bool]
"""Whether a call in a test asks what is meant."""


def answered(place: Placed, scope: ir.Scope, question: Question, *, answer: bool) -> bool:
    """Whether a place of a function is only come to where a question, asked on the way, was answered so."""
    return any(said is answer and question(call) for call, said in answers(place, scope))


def answers(place: Placed, scope: ir.Scope) -> Iterator[tuple[ir.Call, bool]]:
    """The calls in tests on the way to a place that have given one answer wherever the place is come to."""
    yield from ((test, held) for test, held in told(place, scope) if isinstance(test, ir.Call))


def told(place: Placed, scope: ir.Scope) -> Iterator[tuple[ir.Expression, bool]]:
    """What is asked in tests on the way to a place, each with the one answer that it has given wherever the place is come to."""
    for test, held in _passed(place, scope):
        yield from _implied(test, held)


def _passed(place: Placed, scope: ir.Scope) -> Iterator[tuple[ir.Expression, bool]]:
    """The tests that are passed on the way to a place, with what they gave."""
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
            tests = outer.passed_tests
            yield from (tests[number][1:] for number in range(bisect_left(tests, inner.start, key=itemgetter(0))))


def _chosen(choice: ir.If, chosen: ir.Statement | ir.Block) -> Iterator[tuple[ir.Expression, bool]]:
    for arm in choice.arms:
        if arm.test is not None:
            yield arm.test, arm is chosen
        if arm is chosen:
            return


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


def _implied(test: ir.Expression, held: bool) -> Iterator[tuple[ir.Expression, bool]]:
    """The parts of a test of which its outcome tells the answer."""
    match test:
        case ir.Choice(operator="and" | "or" as operator, options=options) if (operator == "and") is held:
            for one in options:
                yield from _implied(one, held)
        case ir.Operation(operator="Not", operands=(inner,)):
            yield from _implied(inner, not held)
        case ir.Call() | ir.Name():
            yield test, held
