"""Parameters whose annotation is a plain type: their callers decide, and a default alone is never all that they may be."""

from __future__ import annotations

import pytest

from .asking import Program, said

FUNCTION = "def run(flag: {}):\n    if flag:\n        return 1\n    return 2\n\n\n"
ASKED = "def run({}):\n    «flag»\n\n\n"


@pytest.mark.parametrize(
    ("parameter", "calls", "expected"),
    [
        ("flag: bool = False", "run(True)\n", {"True", "False"}),
        ("flag: bool = False", "run(flag=True)\n", {"True", "False"}),
        ("flag: bool = False", "run(True)\nrun()\n", {"True", "False"}),
        ("flag: bool = False", "", {"False", "?"}),
        ("flag: bool = False", "run(unseen)\n", {"False", "?"}),
        ("flag: bool = False", "run(*unseen)\n", {"False", "?"}),
        ("flag: bool = False", "run(**unseen)\n", {"False", "?"}),
        ("flag: bool = False", "unseen(run)\n", {"False", "?"}),
        ("flag: bool", "run(True)\nrun(False)\n", {"True", "False"}),
        ("flag: bool", "", {"?"}),
        ("flag: int = 0", "run(1)\n", {"0", "1"}),
        ("flag: str = ''", "run('one')\n", {"''", "'one'"}),
        ("flag: bool | None = None", "run(True)\n", {"True", "None"}),
        ("*, flag: bool = False", "run(flag=True)\n", {"True", "False"}),
        ("flag: bool = False", "from functools import partial\npartial(run, True)()\n", {"False", "?"}),
    ],
)
def test_what_a_flag_may_be(parameter: str, calls: str, expected: set[str]) -> None:
    assert said(ASKED.format(parameter) + calls) == expected


@pytest.mark.parametrize("annotation", ["bool = False", "bool", "int = 0", "str = ''", "object = None"])
def test_a_call_that_says_so_takes_its_own_branch(annotation: str) -> None:
    text = FUNCTION.format(annotation)
    assert said(f"{text}«run(True)»\n") == {"1"}
    assert said(f"{text}run(True)\n«run(False)»\n") == {"2"}
    assert said(f"{text}«run(unseen)»\n") == {"1", "2"}


def test_a_flag_that_is_handed_on_is_what_the_first_call_said() -> None:
    text = FUNCTION.format("bool = False") + "def outer(flag: bool = False):\n    return run(flag)\n\n\n"
    assert said(f"{text}«outer(True)»\n") == {"1"}
    assert said(f"{text}«outer()»\n") == {"2"}
    assert said(f"{text}def other(flag: bool = False):\n    «run(flag)»\n\n\nother(True)\n") == {"1", "2"}


KEPT = """\
class K:
    common = False

    def __init__(self, kept: bool = False):
        self.kept = kept

    def run(self):
        «kept:self.kept»
        «common:self.common»

    def answer(self):
        if self.kept:
            return 1
        return 2


class Below(K): ...


class Other:
    def __init__(self):
        self.kept = self.common = True


"""


@pytest.mark.parametrize(
    ("set_", "kept", "common"),
    [
        ("K(True)\n", {"True"}, {"False"}),
        ("K(kept=True)\nK()\n", {"True", "False"}, {"False"}),
        ("K()\n", {"False"}, {"False"}),
        ("made = K()\nmade.kept = True\n", {"True", "False"}, {"False"}),
        ("made = K()\nmade.common = True\n", {"False"}, {"True", "False"}),
        ("def set_it(made: K):\n    made.kept = True\n\n\nset_it(K())\n", {"True", "False"}, {"False"}),
        ("made = K()\nmade.kept = unseen\n", {"False", "?"}, {"False"}),
        ("K.common = True\n", {"False", "?"}, {"True", "False"}),
        ("other = Other()\nother.kept = True\nK()\n", {"False"}, {"False"}),
    ],
)
def test_a_flag_that_an_object_keeps(set_: str, kept: set[str], common: set[str]) -> None:
    program = Program(KEPT + set_)
    assert (program.said("kept"), program.said("common")) == (kept, common)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("K(True).answer()", {"1"}),
        ("K().answer()", {"2"}),
        ("K(unseen).answer()", {"1", "2"}),
        ("made.answer()", {"1", "2"}),
        ("Below().kept", {"False"}),
    ],
)
def test_what_a_kept_flag_decides(asked: str, expected: set[str]) -> None:
    later = "made = K()\nmade.kept = True\n" if "made" in asked else ""
    assert said(KEPT.replace("«kept:", "").replace("«common:", "").replace("»", "") + f"{later}«{asked}»\n") == expected


def test_what_is_set_on_an_object_of_a_class_below() -> None:
    assert Program(KEPT + "made = Below()\nmade.kept = True\n«made:made.kept»\n").said("made") == {"True", "False"}
    assert Program(KEPT + "K.common = True\n«made:Below().common»\n").said("made") == {"True", "False"}


@pytest.mark.parametrize("default", ["bool = False", "int = 0", "str = 'one'"])
def test_what_a_framework_makes_may_be_given_something_else(default: str) -> None:
    text = f"""\
from fastapi import Depends, FastAPI

app = FastAPI()


class Asked:
    def __init__(self, kept: {default}):
        self.kept = kept


@app.get("/")
def home(asked: Asked = Depends()):
    «asked.kept»
"""
    constant = default.partition("= ")[2]
    assert said(text) == {constant, "?"}


CHANGED = [
    "class K:\n    def __init__(self):\n        self.n = 0\n    def run(self):\n        self.n += 1\n        «self.n»\n",
    "class K:\n    n = 0\n    def run(self):\n        «self.n»\nk = K()\nk.n -= 1\n",
    'COUNTS = {"n": 0}\ndef run():\n    COUNTS["n"] += 1\n    «COUNTS["n"]»\n',
    "COUNTS = [0]\ndef run():\n    COUNTS[0] += 1\n    «COUNTS[0]»\n",
    'def run():\n    counts = dict(n=0)\n    counts["n"] |= 1\n    «counts["n"]»\n',
]
LEFT = [
    "class K:\n    n = 0\n    def run(self):\n        «self.n»\nclass Other:\n    n = 0\nOther().n += 1\n",
    "class K:\n    n = 0\n    m = 0\n    def run(self):\n        self.m += 1\n        «self.n»\n",
    'COUNTS = {"n": 0, "m": 0}\ndef run():\n    COUNTS["m"] += 1\n    «COUNTS["n"]»\n',
    'COUNTS, OTHERS = {"n": 0}, {"n": 0}\ndef run():\n    OTHERS["n"] += 1\n    «COUNTS["n"]»\n',
    "COUNTS = [0, 0]\ndef run():\n    COUNTS[1] += 1\n    «COUNTS[0]»\n",
]


@pytest.mark.parametrize("text", CHANGED)
def test_what_is_changed_in_place_is_more_than_it_was_at_first(text: str) -> None:
    assert said(text) == {"0", "?"}


@pytest.mark.parametrize("text", LEFT)
def test_what_is_changed_elsewhere_is_what_it_was(text: str) -> None:
    assert said(text) == {"0"}


def test_an_object_that_others_set_later_is_more_than_the_one_of_its_class() -> None:
    text = "class K:\n    def __init__(self):\n        self.held = [1]\nk = K()\nk.held = {}\n"
    assert said(f"{text}«k.held»\n") == {"list[1]", "dict[]"}
