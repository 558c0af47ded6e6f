"""What a call of a function of `functools.singledispatch` gives: by what it is given, or all that is registered."""

from __future__ import annotations

import pytest

from .asking import said

SHOW = """\
import enum
from functools import singledispatch


class Plain(enum.Enum):
    ONE = "one"


class Word(str, enum.Enum):
    ONE = "one"


@singledispatch
def show(x):
    return 0


@show.register(str)
def _(x):
    return 1


@show.register
def _(x: Plain):
    return 2


"""


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("1", {"0"}),
        ("'k'", {"1"}),
        ("Word.ONE", {"1"}),
        ("Plain.ONE", {"2"}),
        ("unseen", {"0", "1", "2"}),
        ("*unseen", {"0", "1", "2"}),
    ],
)
def test_what_is_registered_for_what_is_given(given: str, expected: set[str]) -> None:
    assert said(f"{SHOW}def run(unseen):\n    «show({given})»\n") == expected
