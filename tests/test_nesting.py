"""How deeply values stand in one another: whoever keeps few of them apart asks for it."""

from __future__ import annotations

import pytest

from streamlint.values.domain import Collection, Constant, Coroutine, Iterated, OffLoop, Partial, Value, Values, nesting

PLAIN: Values = frozenset((Constant(1),))


def around(values: Values) -> list[Value]:
    """Every kind of value that holds others, around these."""
    return [
        Collection("list", ((None, values),)),
        Collection("dict", (("k", PLAIN), ("m", values))),
        Coroutine(values),
        OffLoop(values),
        Iterated(values, PLAIN, False),
        Iterated(PLAIN, values, False),
        Partial(values, (), ()),
        Partial(PLAIN, (values,), ()),
        Partial(PLAIN, (), (("k", values),)),
    ]


@pytest.mark.parametrize("number", range(len(around(PLAIN))))
def test_each_value_around_others_is_one_deeper(number: int) -> None:
    values = PLAIN
    assert nesting(values) == 0
    for depth in range(1, 4):
        values = frozenset((around(values)[number],))
        assert nesting(values) == depth


def test_the_deepest_of_several_counts() -> None:
    deep: Value = Coroutine(frozenset((Coroutine(PLAIN),)))
    assert nesting(frozenset((Constant(2), deep, Collection("list", ())))) == 2


def test_values_that_are_equal_are_one() -> None:
    two, again = around(frozenset((Constant(2),))), around(frozenset((Constant(2),)))
    assert two == again
    assert len({*two, *again}) == len(two)
