"""What an annotation tells of a parameter without its callers: counted, and with twins in which they must be asked."""

from __future__ import annotations

import pytest

from tests.asking import Program

HUB = """\
class Other:
    pass


class Hub:
    def __init__(self, name):
        self.name = name
"""
USE = """

def use(hub: {annotation}):
    return «hub.name»


def main(other):
    use({given})
"""


def said(above: str, annotation: str, given: str) -> set[str]:
    return Program(HUB + above + USE.format(annotation=annotation, given=given)).said()


@pytest.mark.parametrize("annotation", ["Hub", "'Hub'", "Hub | None", "Hub | None = None"])
def test_the_object_is_known_by_its_annotation(annotation: str) -> None:
    assert said("", annotation, "Hub('one')") == {"'one'"}
    assert said("\nhub = Hub('one')\n", annotation, "other") == {"'one'"}


def test_objects_of_a_stranger_of_the_same_name_count_for_nothing() -> None:
    strangers = HUB + "".join(f"hub_{number} = Hub('{number}')\n" for number in range(20))
    program = Program(HUB + "\nhub = Hub('one')\n" + USE.format(annotation="Hub", given="Other()"), strangers=strangers)
    assert program.said() == {"'one'"}


@pytest.mark.parametrize(
    "above",
    [
        "\n\nclass Near(Hub):\n    name = 'near'\n",
        "\n\nclass Near(Hub):\n    name = 'near'\n\n\nclass Far(Near):\n    name = 'near'\n",
        "\nMiddle = Hub\n\n\nclass Near(Hub):\n    name = 'near'\n\n\nmiddle = Middle('two')\n",
    ],
)
def test_an_object_of_a_class_below_is_handed_in(above: str) -> None:
    assert said(above, "Hub", "Near('one')") == {"'near'"}


SPEAKING = """
from typing import Protocol


class Speaking(Protocol):
    name: str


class Dog:
    name = "dog"
"""
MODES = """
from enum import Enum


class Mode(Enum):
    ONE = "one"
    TWO = "two"


mode = Mode("two")
"""
TYPED = """
from typing import TypedDict


class Row(TypedDict):
    name: str


row = Row(name="two")
"""


def test_what_only_looks_like_a_protocol_is_handed_in() -> None:
    assert said(SPEAKING, "Speaking", "Dog()") == {"'dog'"}


def test_members_of_an_enumeration_are_told_apart() -> None:
    assert said(MODES, "Mode", "Mode.ONE") == {"'ONE'"}


def test_a_typed_dict_is_what_was_written() -> None:
    text = "def use(row: Row):\n    return «row['name']»\n\n\nuse({'name': 'one'})\n"
    assert Program(TYPED + text).said() == {"'one'"}


def test_one_of_several_classes_is_told_by_who_hands_it_in() -> None:
    assert said("\nother = Other()\n", "Hub | Other", "Hub('one')") == {"'one'"}


def test_a_parameter_that_is_assigned_anew_is_what_it_is_now() -> None:
    text = "\n\ndef use(hub: Hub):\n    hub = Other()\n    return «hub»\n\n\nuse(Hub('one'))\n"
    assert Program(HUB + text).said() == {"Other()"}


def test_of_a_class_that_many_places_make_the_callers_tell_which() -> None:
    many = "".join(f"hub_{each} = Hub('other')\n" for each in range(9))
    assert said("\n" + many, "Hub", "Hub('one')") == {"'one'"}


PASSED = """\
class Hub:
    def __init__(self):
        self.name = "one"


HUB = Hub()
"""


def steps(annotation: str, functions: int, callers: int) -> int:
    """How many steps it takes to ask the innermost of functions that hand a hub on, each to the next, each called by many."""
    text = PASSED + f"\n\ndef use_0(hub{annotation}):\n    return «hub.name»\n"
    for each in range(1, functions):
        text += f"\n\ndef use_{each}(hub{annotation}):\n    use_{each - 1}(hub)\n"
        text += "".join(f"\n\ndef call_{each}_{one}():\n    use_{each}(HUB)\n" for one in range(callers))
    program = Program(text)
    program.values()
    return program.evaluator.solver.steps


def test_nobody_is_asked_who_hands_in_an_object_that_is_known() -> None:
    assert steps(": Hub", 200, 5) == steps(": Hub", 2, 50)
    assert steps("", 20, 5) > 10 * steps(": Hub", 20, 5)
