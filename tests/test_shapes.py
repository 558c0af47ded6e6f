"""Which calls a function can take: signatures and calls that differ in one argument."""

from __future__ import annotations

import pytest

from streamlint.model import syntax as ir
from streamlint.values.shapes import Taking, shape_of

from .asking import Program


@pytest.mark.parametrize(
    ("parameters", "call", "is_taken"),
    [
        ("a, b", "f(1, 2)", True),
        ("a, b", "f(1)", False),
        ("a, b", "f(1, b=2)", True),
        ("a, b", "f(1, 2, 3)", False),
        ("a, b", "f(1, c=2)", False),
        ("a, b=1", "f(1)", True),
        ("a=1, b=1", "f()", True),
        ("a, *b", "f(1, 2, 3)", True),
        ("a, *b", "f()", False),
        ("a, *, b", "f(1, b=2)", True),
        ("a, *, b", "f(1)", False),
        ("a, *, b=2", "f(1)", True),
        ("a, *, b=2", "f(1, b=2)", True),
        ("a, *, b", "f(1, 2)", False),
        ("a, **b", "f(1, c=2)", True),
        ("a, **b", "f(c=2)", False),
        ("a", "f(*b)", True),
        ("a", "f(**b)", True),
        ("", "f()", True),
        ("", "f(1)", False),
    ],
)
def test_what_a_function_takes(parameters: str, call: str, is_taken: bool) -> None:
    program = Program(f"def f({parameters}): ...\n\n\n«{call}»\n")
    expression, _ = program.at()
    assert isinstance(expression, ir.Call)
    assert Taking.of(program.function("f").parameters).takes(shape_of(expression)) is is_taken


def test_the_first_parameter_may_be_given_beside_the_call() -> None:
    program = Program("class K:\n    def f(self, a): ...\n\n\n«K().f(1)»\n")
    expression, _ = program.at()
    assert isinstance(expression, ir.Call)
    taking = Taking.of(program.function("f").parameters)
    assert taking.takes(shape_of(expression), 1)
    assert not taking.takes(shape_of(expression))
