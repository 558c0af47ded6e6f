"""Equal values are kept once, and displays that hold them are what they were."""

from __future__ import annotations

from pathlib import Path

from streamlint.values.domain import Collection, Constant, Origin, Values
from streamlint.values.sameness import Sameness


def made(number: int) -> Values:
    """A new answer: a dict at a place, with a list in it."""
    inner = Collection("list", ((None, frozenset((Constant("token"),))),))
    return frozenset((Collection("dict", (("parts", frozenset((inner,))),), Origin(Path("a.py"), number, number + 1)),))


def items(values: Values) -> Values:
    (display,) = values
    assert isinstance(display, Collection)
    return display.items[0][1]


def test_what_displays_hold_is_kept_once() -> None:
    one = Sameness(lambda: None).one
    first, second = one(made(1)), one(made(2))
    assert (first, second) == (made(1), made(2))
    assert items(first) is items(second)
    assert items(items(first)) is items(items(second))


def test_an_answer_that_is_given_again_is_the_same_object() -> None:
    one = Sameness(lambda: None).one
    assert one(made(1)) is one(made(1))


def test_what_is_nested_too_deeply_is_told() -> None:
    told: list[None] = []
    values: Values = frozenset((Constant(1),))
    for _ in range(5):
        values = frozenset((Collection("list", ((None, values),)),))
    Sameness(lambda: told.append(None)).one(values)
    assert told == [None]
