"""Which objects an expression is declared to be, and which method it means then: asked of small programs."""

from __future__ import annotations

import pytest

from streamlint.values.declared import Declared

from .asking import Program

HEAD = """\
from typing import Any, override

from outside import Other


class Store:
    kept: "Store"
    loose = 1

    def __init__(self, other, typed: "Store", maybe: "Store | None") -> None:
        self.own = Store(1, 2, 3)
        self.typed = typed
        self.noted: Sub = other
        self.given = other
        self.either = Store(1, 2, 3)
        self.last = maybe

    def again(self):
        self.either = Sub(1, 2, 3)

    def find(self): return 1
    def only_here(self): return 1
    def left_out(self): ...
    @classmethod
    def of(cls): return 1
    @staticmethod
    def loose_one(first): return 1


class Sub(Store):
    @override
    def find(self): return 1
    @unknown
    def wrapped(self): return 1


class Alone:
    def find(self): return 1


def made():
    return Store(1, 2, 3)


"""


def objects(expression: str, parameters: str = "", before: str = "pass", level: str = "") -> set[str]:
    program = Program(f"{HEAD}{level}\n\n\ndef run({parameters}):\n    {before}\n    «{expression}»\n")
    place, frame = program.at()
    return {program.say(one) for one in Declared(program.evaluator).objects(place, frame.module, frame.scope)}


@pytest.mark.parametrize(
    ("parameters", "expression", "expected"),
    [
        ("one: Store", "one", {"Store()"}),
        ("one: 'Store'", "one", {"Store()"}),
        ("one: Store | None", "one", {"Store()"}),
        ("one: Store | Alone", "one", {"Store()", "Alone()"}),
        ("one: Store | Other", "one", set()),
        ("one: Any", "one", set()),
        ("one", "one", set()),
        ("one=Store(1, 2, 3)", "one", set()),
        ("*one: Store", "one", set()),
        ("**one: Store", "one", set()),
        ("one: Store", "one.kept", {"Store()"}),
        ("one: Store", "one.loose", set()),
        ("one: Store", "one.own", {"Store()"}),
        ("one: Store", "one.typed", {"Store()"}),
        ("one: Store", "one.noted", {"Sub()"}),
        ("one: Store", "one.given", set()),
        ("one: Store", "one.either", {"Store()", "Sub()"}),
        ("one: Store", "one.last", {"Store()"}),
        ("one: Store", "one.nothing", set()),
        ("one: Sub", "one.own", {"Store()"}),
        ("one: Store", "one.kept.kept.kept.kept.kept", {"Store()"}),
        ("one: Store", "one.kept.kept.kept.kept.kept.kept", set()),
        ("one: Store", "one[0]", set()),
        ("", "Store(1, 2, 3)", {"Store()"}),
        ("", "Other()", set()),
        ("", "made()", set()),
        ("Store", "Store(1)", set()),
    ],
)
def test_what_a_declaration_says(parameters: str, expression: str, expected: set[str]) -> None:
    assert objects(expression, parameters) == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("one: Store = made()", {"Store()"}),
        ("one = Store(1, 2, 3)", {"Store()"}),
        ("one = Alone()", {"Alone()"}),
        ("one = made()", set()),
        ("one, two = Store(1, 2, 3), 1", set()),
        ("one = two = Alone()", {"Alone()"}),
        ("for one in [Alone()]: pass", set()),
        ("one = Alone()\n    if one: one = Store(1, 2, 3)", {"Alone()", "Store()"}),
        ("one = Alone()\n    if one: one = made()", set()),
        ("two = Alone()\n    one = two", {"Alone()"}),
        ("def inner():\n        nonlocal one\n        one = Store(1, 2, 3)\n    one = Alone()", set()),
    ],
)
def test_what_a_name_of_the_function_is_bound_to(before: str, expected: set[str]) -> None:
    assert objects("one", before=before) == expected


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("one = Alone()", set()),
        ("one: Alone = made()", {"Alone()"}),
        ("one: Alone = made()\n\n\ndef other():\n    global one\n    one = made()", set()),
        ("one = made()", set()),
        ("class one: pass", set()),
        ("", set()),
    ],
)
def test_what_a_name_of_the_module_is_bound_to(level: str, expected: set[str]) -> None:
    assert objects("one", level=level) == expected


def method(function: str, parameters: str) -> str:
    program = Program(f"{HEAD}def run({parameters}):\n    «{function}»\n")
    place, frame = program.at()
    found = Declared(program.evaluator).method(place, frame.module, frame.scope)
    return program.say(found) if found is not None else ""


@pytest.mark.parametrize(
    ("parameters", "function", "expected"),
    [
        ("one: Alone", "one.find", "def Alone.find of Alone()"),
        ("one: Store", "one.only_here", "def Store.only_here of Store()"),
        ("one: Store", "one.find", ""),
        ("one: Sub", "one.find", "def Sub.find of Sub()"),
        ("one: Sub", "one.only_here", "def Store.only_here of Sub()"),
        ("one: Sub", "one.wrapped", ""),
        ("one: Store", "one.of", ""),
        ("one: Store", "one.loose_one", ""),
        ("one: Store | Alone", "one.only_here", ""),
        ("one: Alone", "one.nothing", ""),
        ("one: Sub", "one.left_out", ""),
        ("one: Alone", "one", ""),
    ],
)
def test_the_method_where_there_is_only_one(parameters: str, function: str, expected: str) -> None:
    assert method(function, parameters) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("self", "{'Inner()'}"), ("other", "set()"), ("cls", "set()"), ("plain", "set()"), ("loose", "set()")],
)
def test_the_first_parameter_of_a_method_is_the_object(name: str, expected: str) -> None:
    bodies = {
        "self": "def run(self, other):\n        «self»",
        "other": "def run(self, other):\n        «other»",
        "cls": "def __new__(cls):\n        «cls»",
        "plain": "@staticmethod\n    def run(plain):\n        «plain»",
        "loose": "pass\n\n\ndef run(loose):\n    «loose»",
    }
    program = Program(f"class Inner:\n    {bodies[name]}\n")
    place, frame = program.at()
    found = Declared(program.evaluator).objects(place, frame.module, frame.scope)
    assert str({program.say(one) for one in found}) == expected


@pytest.mark.parametrize(
    ("annotation", "expected"), [("Alone", True), ("Store", False), ("Alone | Sub", False), ("Any", False)]
)
def test_only_the_class_itself_makes_it_exact(annotation: str, *, expected: bool) -> None:
    program = Program(f"{HEAD}def run(one: {annotation}):\n    «one»\n")
    place, frame = program.at()
    found = Declared(program.evaluator).exact(place, frame.module, frame.scope)
    assert (found is not None) is expected
