"""On what of its call a value depends, and that calls which do not differ in it share one answer."""

from __future__ import annotations

import pytest

from streamlint.model.syntax import Call
from streamlint.values.domain import Function
from streamlint.values.narrowing import ALL, DEPTH, Narrowing
from tests.asking import Program

FUNCTION = """\
import json

class Base:
    def run(self, a, b, c, *rest, **options):
        plain = json.decoder
        one = a.text
        two = [one, b]
        if c:
            two = c
        first, second = two
        for each in second:
            kept = each
        made = json.loads(b)
        read = b["key"]
        shown = lambda: a
        def inner():
            return a
        above = super
        counted = 0
        while counted < c:
            counted = counted.next
        given = options
        return «value»
"""
EXPECTED = {
    "plain": set(),
    "json.decoder": set(),
    "one": {"a"},
    "two": {"a", "b", "c"},
    "first": {"a", "b", "c"},
    "kept": {"a", "b", "c"},
    "made": {"b", DEPTH},
    "read": {"b", DEPTH},
    "shown": {ALL},
    "inner": {ALL},
    "above": {"self"},
    "counted": set(),
    "given": {"options"},
    "rest": {"rest"},
    "[x for x in b]": {"b"},
    "a if b else c": {"a", "b", "c"},
    "print(a)": {"a", DEPTH},
}


def needs(program: Program) -> set[str]:
    scope = program.function("run")
    returned = scope.returns[0].value
    assert returned is not None
    return set(Narrowing().of(returned, scope))


@pytest.mark.parametrize(("value", "expected"), EXPECTED.items(), ids=EXPECTED)
def test_what_a_value_depends_on(value: str, expected: set[str]) -> None:
    assert needs(Program(FUNCTION.replace("«value»", value))) == expected


def test_of_many_parameters_none_is_told_apart() -> None:
    names = [f"p{number}" for number in range(40)]
    text = f"def run({', '.join(names)}):\n    return [{', '.join(names)}]\n"
    assert needs(Program(text)) == {ALL}


def test_a_chain_of_any_length_is_read() -> None:
    names = [f"    a{number + 1} = a{number}.next\n" for number in range(20_000)]
    assert needs(Program(f"def run(a0):\n{''.join(names)}    return a20000\n")) == {"a0"}


def test_a_display_for_many_names_is_read_once() -> None:
    names = ", ".join(f"a{number}" for number in range(3_000))
    text = f"def run(p):\n    {names} = [{', '.join('p' for _ in range(3_000))}]\n    return a7\n"
    assert needs(Program(text)) == {"p"}


def steps(calls: int) -> int:
    """How much is computed for calls that differ in an argument on which little of the function depends."""
    made = "".join(f"    x{number + 1} = x{number}.part\n" for number in range(100))
    asked = "".join(f"pick({number})\n" for number in range(calls))
    head = f"import outside\n\ndef pick(kind):\n    x0 = outside.things\n{made}    return [kind, x100]\n\n"
    program = Program(head + asked)
    evaluator, module = program.evaluator, program.module()
    for call in module.summary.module.calls:
        (value,) = evaluator.value(call, evaluator.any_call(module, module.summary.module))
        assert len(value.items) == 2  # type: ignore[union-attr]  # the function returns a list
    return evaluator.solver.steps


def test_what_does_not_depend_on_an_argument_is_computed_once_for_all_calls() -> None:
    few, more = steps(5), steps(25)
    assert more - few < 20 * 10


def test_calls_with_other_arguments_keep_their_own_values() -> None:
    program = Program(
        """\
def pick(kind, other):
    shared = [other]
    return kind, shared

«one:pick(1, 2)[0]»
«two:pick(3, 2)[0]»
«shared:pick(3, 2)[1][0]»
"""
    )
    assert [program.said(name) for name in ("one", "two", "shared")] == [{"1"}, {"3"}, {"2"}]


def test_what_super_finds_depends_on_the_receiver() -> None:
    program = Program(
        """\
class Base:
    kind = 0
    def which(self):
        return self.kind

class Middle(Base):
    def which(self, other):
        return super().which()

class First(Middle):
    kind = 1

class Second(Middle):
    kind = 2

«first:First().which(5)»
«second:Second().which(5)»
"""
    )
    assert [program.said(name) for name in ("first", "second")] == [{"1"}, {"2"}]


def test_a_function_made_in_a_call_keeps_what_that_was_given() -> None:
    program = Program(
        """\
def adding(number):
    def add():
        return number
    return add

«one:adding(1)()»
«two:adding(2)()»
"""
    )
    assert [program.said(name) for name in ("one", "two")] == [{"1"}, {"2"}]


def test_arguments_that_make_no_difference_are_not_evaluated() -> None:
    program = Program(
        """\
import outside

def pick(unread, read):
    return [read]

«pick(outside.one.two.three, outside.four)»
"""
    )
    call, frame = program.at()
    assert isinstance(call, Call)
    (function,) = program.evaluator.value(call.function, frame)
    assert isinstance(function, Function)
    inner = program.evaluator.calls.running(function, call, frame)
    assert set(inner.arguments or ()) == {"read"}
    asked = {key[0] for key in program.evaluator.solver.answers if isinstance(key, tuple)}
    assert call.arguments[1] in asked
    assert call.arguments[0] not in asked


def literal_steps(calls: int) -> int:
    """How many steps it takes to ask for what a helper gives that is called with that many texts."""
    helper = (
        "def kind(name):\n    first = name\n    if first == 'a':\n        return first\n    return [first, name]\n\n\n"
    )
    program = Program(helper + "".join(f"«m{each}:kind('text {each}')»\n" for each in range(calls)))
    for each in range(calls):
        program.values(f"m{each}")
    return program.evaluator.solver.steps


def test_of_very_many_calls_of_one_function_most_are_judged_for_any_call() -> None:
    few, more, most = map(literal_steps, (200, 1000, 1400))
    assert few > 4 * 200
    assert most - more < 2 * 400
