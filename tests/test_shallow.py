"""What a call is told of values that stand in one another: a few levels, no less and no more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from streamlint.values import Values
from streamlint.values.domain import (
    Collection,
    Constant,
    Coroutine,
    Future,
    Iterated,
    OffLoop,
    Partial,
    Value,
    nesting,
)
from streamlint.values.frames import shallow

ONE: Values = frozenset((Constant(1),))
AROUND: dict[str, Callable[[Values], Value]] = {
    "item": lambda inner: Collection("list", ((None, inner),)),
    "function": lambda inner: Partial(inner, (), ()),
    "argument": lambda inner: Partial(ONE, (inner,), ()),
    "keyword": lambda inner: Partial(ONE, (), (("name", inner),)),
    "over": lambda inner: Iterated(inner, ONE, False),
    "element": lambda inner: Iterated(ONE, inner, False),
    "coroutine": lambda inner: Coroutine(inner),
    "future": lambda inner: Future("asyncio.Future", result=inner),
    "thread": lambda inner: OffLoop(inner),
}


def nested(around: Callable[[Values], Value], depth: int) -> Values:
    values = ONE
    for _ in range(depth):
        values = frozenset((around(values),))
    return values


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
@pytest.mark.parametrize("left", [0, 1, 2, 3])
def test_so_many_levels_are_left(around: Callable[[Values], Value], left: int) -> None:
    assert nesting(nested(around, 5)) == 5
    assert nesting(shallow(nested(around, 5), left)) == left
    assert shallow(nested(around, left), left) == nested(around, left)
