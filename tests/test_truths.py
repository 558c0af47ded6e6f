"""Which tests constants decide, and what follows for the value of a choice and of a call."""

from __future__ import annotations

import pytest

from .asking import said

HEAD = """\
from enum import Enum, StrEnum

NAME = "a"
OPEN = None


class Kind(Enum):
    A = 0
    B = 1


class Word(StrEnum):
    A = "a"


class Settings:
    name = "a"


class Client:
    def __init__(self, kind):
        self.kind = kind

    def made(self):
        if self.kind == "a":
            return 1
        return 2


def chosen(kind, other=False):
    if kind in ("a", Kind.A):
        return 1
    return 3 if other else 2


def handed_on(**options):
    return chosen("b", **options)


"""


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 if NAME == 'a' else 2", {"1"}),
        ("1 if NAME != 'a' else 2", {"2"}),
        ("1 if Settings.name == 'a' else 2", {"1"}),
        ("1 if Kind.A is Kind.B else 2", {"2"}),
        ("1 if Kind.A else 2", {"1"}),
        ("1 if Word.A == 'a' else 2", {"1"}),
        ("1 if OPEN is None else 2", {"1", "2"}),
        ("1 if unknown() == 'a' else 2", {"1", "2"}),
        ("1 if NAME == 'a' and unknown() else 2", {"1", "2"}),
        ("1 if NAME == 'b' and unknown() else 2", {"2"}),
        ("0 or 5", {"5"}),
        ("0 and 5", {"0"}),
        ("unknown() or 5", {"5", "?"}),
        ("Kind.A.value", {"0"}),
        ("Kind.B.name", {"'B'"}),
        ("{'a': 1, 'b': 2}[NAME]", {"1"}),
        ("{Kind.A: 1, Kind.B: 2}[Kind.B]", {"2"}),
        ("{Kind.A: 1, Kind.B: 2}[unknown()]", {"1", "2"}),
        ("chosen('a')", {"1"}),
        ("chosen(Kind.B)", {"2"}),
        ("chosen(Kind.B, other=True)", {"3"}),
        ("chosen(unknown())", {"1", "2"}),
        ("handed_on(other=True)", {"3"}),
        ("handed_on()", {"2"}),
        ("handed_on(**unknown())", {"2", "3"}),
        ("Client('a').made()", {"1"}),
        ("Client('b').made()", {"2"}),
    ],
)
def test_what_constants_decide(expression: str, expected: set[str]) -> None:
    assert said(f"{HEAD}«{expression}»\n") == expected
