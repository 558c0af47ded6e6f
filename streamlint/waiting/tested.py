"""What a test tells of the wait behind it: `if not queue.empty(): queue.get()` finds something there."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TypeAlias

from streamlint.model import syntax as ir
from streamlint.source import Placed
from streamlint.values.activations import Frame

Question: TypeAlias = Callable[[ir.Call], bool]
"""Whether a call in a test asks what is meant."""
_LEAVING = ("raise", "break", "continue")


def is_tested(call: ir.Call, asks: str, frame: Frame) -> bool:
    """Whether a call only runs where the method that `asks` for nothing to wait for has said no of the same object."""
    if not asks or not isinstance(call.function, ir.Attribute):
        return False
    question = f"{ir.dotted(call.function.base)}.{asks}"
    return only_without(call, frame.scope, lambda asked: ir.dotted(asked.function) == question)


def only_without(place: Placed, scope: ir.Scope, question: Question) -> bool:
    """Whether a place of a function is only come to where a question, asked on the way, was answered no."""
    return any(_excludes(outer, inner, question) for outer, inner in pairwise(scope.body.around(place)))


def _excludes(outer: ir.Statement | ir.Block, inner: ir.Statement | ir.Block, question: Question) -> bool:
    """Whether what is next on the way to the call is passed only where the answer was no."""
    match outer:
        case ir.If():
            return _chosen(outer, inner, question)
        case ir.While():
            return inner is outer.body and _says(outer.test, question, no=True)
        case ir.Block():
            before = outer.statements[: outer.statements.index(inner)] if inner in outer.statements else ()
            return any(isinstance(one, ir.If) and _leaves(one, question) for one in before)
    return False


def _chosen(choice: ir.If, chosen: ir.Statement | ir.Block, question: Question) -> bool:
    for arm in choice.arms:
        if arm is chosen:
            return arm.test is not None and _says(arm.test, question, no=True)
        if arm.test is not None and _says(arm.test, question, no=False):
            return True
    return False


def _leaves(choice: ir.If, question: Question) -> bool:
    """`if queue.empty(): return`."""
    arm = choice.arms[0]
    last = arm.statements[-1] if arm.statements else None
    leaves = isinstance(last, ir.Return) or (isinstance(last, ir.Line) and last.kind in _LEAVING)
    return leaves and arm.test is not None and _says(arm.test, question, no=False)


def _says(test: ir.Expression, question: Question, *, no: bool) -> bool:
    """Whether the test holds only where the answer is no, or fails only there."""
    match test:
        case ir.Choice(operator="and" | "or" as operator, options=options):
            return (operator == "and") is no and any(_says(one, question, no=no) for one in options)
        case ir.Operation(operator="Not", operands=(inner,)):
            return _says(inner, question, no=not no)
        case ir.Call():
            return not no and question(test)
    return False
