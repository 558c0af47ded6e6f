"""Questions between two tokens whether the client has left, which nothing but the end of the loop depends on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from streamlint.languages.generators import (
    LOOPS,
    following,
    holds,
    is_log,
    is_looped_over,
    parts,
    served,
    statements,
    waits,
)
from streamlint.project.values import Bound, Instance, Llama

if TYPE_CHECKING:
    from streamlint.languages.python import PythonFile

_REQUEST = "starlette.requests.Request"
_CLOSING = (cst.With, cst.Try)


@dataclass(frozen=True)
class Poll:
    """A question whether the client has left, in the `async for` that sends it the tokens.

    `is_bare`: its `if` asks nothing else, does nothing but leave, and nothing stands around or behind the loop.
    `is_cancellable`: the model is seen to be asynchronous in more than name, so the server can end the loop at any token.
    """

    call: cst.Await
    test: cst.If
    is_bare: bool
    is_cancellable: bool


def polls(file: PythonFile, function: cst.FunctionDef) -> Iterator[Poll]:
    """The polls of an async generator that a response sends, where the server's cancellation does what they do.

    None over a synchronous iterator, whose loop the server cannot cancel: there only the poll ends it. None that leads to any
    work, in its branch, behind the loop or in a `finally` that waits: cancelled, that work would not be done.
    """
    scope = served(file, function) if function.asynchronous is not None else None
    for node, around in parts(function.body) if scope is not None else ():
        if not isinstance(node, cst.Await) or not isinstance(node.expression, cst.Call):
            continue
        tests = [outer for outer in around if isinstance(outer, cst.If) and outer.test in (node, *around)]
        loops = [outer for outer in around if isinstance(outer, LOOPS)]
        if not tests or not loops or not _asks(file, node.expression):
            continue
        test, loop = tests[-1], loops[-1]
        if not isinstance(loop, cst.For) or loop.asynchronous is None or not holds(loop.body, cst.Yield):
            continue
        is_native = _waits_natively(file, loop)
        if is_native is False or scope is None or is_looped_over(file, scope):
            continue
        if _only_leaves(file, test) and not _leads_to_work(test, loop, around):
            yield Poll(node, test, test.test is node and _is_bare(test, loop, around), is_native is True)


def _asks(file: PythonFile, call: cst.Call) -> bool:
    objects = file.project.knowledge.objects
    for value in file.value(call.func):
        if isinstance(value, Bound) and isinstance(value.receiver, Instance):
            return value.name == "is_disconnected" and objects.family(value.receiver.name) == _REQUEST
    return False


def _waits_natively(file: PythonFile, loop: cst.For) -> bool | None:
    """Whether the model behind the tokens leaves the loop free, so that a cancellation can end it; None: cannot be seen."""
    evaluator = file.project.evaluator
    tokens = evaluator.tokens(file.value(loop.iter))
    found = file.project.mismatches.call_at(tokens.origin) if tokens is not None else None
    if found is None:
        return None
    module, scope, call = found
    frame = evaluator.any_call(module, scope)
    if file.project.async_in_name.of_call(call, frame) is not None:
        return False
    made = evaluator.value(call.function, frame)
    natives = {
        one.receiver.native_async if isinstance(one, Bound) and isinstance(one.receiver, Llama) else None
        for one in made
    }
    return False if False in natives else True if natives == {True} else None


def _only_leaves(file: PythonFile, test: cst.If) -> bool:
    """Whether the branch ends the loop or the generator, and besides only writes lines for the owner."""
    *before, last = statements(test.body)
    return isinstance(last, cst.Break | cst.Return) and all(is_log(file, one) for one in before)


def _leads_to_work(test: cst.If, loop: cst.For, around: Sequence[cst.CSTNode]) -> bool:
    """Whether leaving there leads to statements that a cancellation would skip or cut."""
    outside = around[: around.index(loop)]
    if any(isinstance(outer, cst.Try) and outer.finalbody is not None and waits(outer.finalbody) for outer in outside):
        return True
    if isinstance(statements(test.body)[-1], cst.Return):
        return False
    repeated = any(isinstance(outer, LOOPS) for outer in outside)
    return repeated or any(not _only_tells_the_client(one) for one in following(loop, outside))


def _only_tells_the_client(statement: cst.CSTNode) -> bool:
    """Whether a statement yields a constant, which nobody receives who has left."""
    match statement:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Yield(value=cst.SimpleString()))]):
            return True
    return False


def _is_bare(test: cst.If, loop: cst.For, around: Sequence[cst.CSTNode]) -> bool:
    outside = around[: around.index(loop)]
    if loop.orelse is not None or test.orelse is not None or len(statements(test.body)) > 1:
        return False
    return not any(isinstance(outer, (*LOOPS, *_CLOSING)) for outer in outside) and not any(following(loop, outside))
