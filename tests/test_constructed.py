"""What a framework gives the constructor of a class that it is handed, and by what the class and the argument are known."""

from __future__ import annotations

import pytest

from .asking import Program

TEXT = """\
from fastapi import FastAPI
from fastapi.middleware import Middleware

app = FastAPI()


def f(): ...


def g(): ...


class Audit:
    def __init__(self, app, *, kept):
        self.kept = kept

    def __call__(self):
        «self.kept»


class Other:
    def __init__(self, app, *, kept): ...


"""


@pytest.mark.parametrize(
    ("handed", "expected"),
    [
        ("app.add_middleware(Audit, kept=f)\n", {"def f"}),
        ("app.add_middleware(middleware_class=Audit, kept=f)\n", {"def f"}),
        ("Middleware(Audit, kept=f)\n", {"def f"}),
        ("app.add_middleware(Audit, kept=f)\napp.add_middleware(Audit, kept=g)\n", {"def f", "def g"}),
        ("app.add_middleware(Other, kept=g)\nprint(Audit)\n", {"?"}),
        ("app.add_middleware(Other, kept=g, beside=[Audit])\n", {"?"}),
        ("app.add_middleware(Audit, other=f)\n", {"?"}),
        ("app.keep(Audit, kept=f)\n", {"?"}),
        ("def make(Audit):\n    app.add_middleware(Audit, kept=f)\n\n\nprint(Audit)\n", {"?"}),
        ("", {"?"}),
    ],
)
def test_what_a_constructor_is_given(handed: str, expected: set[str]) -> None:
    assert Program(TEXT + handed).said() == expected
