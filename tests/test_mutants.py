"""The tool that puts faults into the model: which faults a text can have, and which tests have to notice one."""

from __future__ import annotations

import ast

import pytest

from tools.mutants.__main__ import Trial
from tools.mutants.counted import COUNTER, counted, statements
from tools.mutants.faults import Fault, faults, is_python
from tools.mutants.reached import Reached


def changed(text: str) -> set[tuple[str, str]]:
    """What is done to a text, and the lines that are new then."""
    before = text.splitlines()
    return {
        (fault.what, "\n".join(line for line in fault.apply(text).splitlines() if line not in before))
        for fault in faults("module.py", text)
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one = two < three\n", {("comparison changed", "one = (two <= three)"), ("comparison changed", "one = (two >= three)")}),
        (
            "one = two and three\n",
            {("and exchanged", "one = (two or three)"), ("operand dropped", "one = (two)"), ("operand dropped", "one = (three)")},
        ),
        ("one = not two\n", {("negation dropped", "one = (two)")}),
        ("one = two + three\n", {("operator exchanged", "one = (two - three)")}),
        ("one = 7\n", {("one more", "one = (8)"), ("one less", "one = (6)")}),
        ("one = True\n", {("constant changed", "one = (False)")}),
        ('one = "ä" + two["ö"]\n', {
            ("operator exchanged", 'one = (\'ä\' - two[\'ö\'])'),
            ("text changed", 'one = (\'\') + two["ö"]'),
            ("text changed", "one = \"ä\" + two[('')]"),
        }),
        ("one(two, three=four)\n", {("argument dropped", "(one(two))"), ("statement deleted", "pass")}),
        ("one(two, three)\n", {("argument dropped", "(one(two))"), ("statement deleted", "pass")}),
        ("if one:\n    two = three\n", {("condition always True", "if (True):"), ("condition always False", "if (False):")}),
        ("one = any(two for two in three)\n", {("any exchanged", "one = (all((two for two in three)))")}),
        (
            "one = [two for two in three if two]\n",
            {
                ("condition always True", "one = [two for two in three if (True)]"),
                ("condition always False", "one = [two for two in three if (False)]"),
            },
        ),
        (
            "for one in two:\n    break\n",
            {("loop never runs", "for one in (()):"), ("jump exchanged", "    continue"), ("statement deleted", "    pass")},
        ),
        ("one.two = three\n", {("statement deleted", "pass")}),
        ("def one() -> bool:\n    return two\n", {("answer negated", "    return (not two)"), ("statement deleted", "    pass")}),
        ("def one() -> str:\n    return two\n", {("answer dropped", "    return ''"), ("statement deleted", "    pass")}),
        ("def one():\n    if two:\n        return None\n    return\n", {
            ("condition always True", "    if (True):"),
            ("condition always False", "    if (False):"),
            ("statement deleted", "        pass"),
        }),
        (
            "match one:\n    case Two():\n        three = four\n    case _ if five:\n        six = seven\n",
            {
                ("case never taken", "    case Two() if False:"),
                ("condition always True", "    case _ if (True):"),
                ("condition always False", "    case _ if (False):"),
            },
        ),
    ],
)  # fmt: skip
def test_faults(text: str, expected: set[tuple[str, str]]) -> None:
    assert changed(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        '"""What it knows."""\nimport one\n',
        "if TYPE_CHECKING:\n    one = 1\n",
        "assert one == 1\n",
        "@one(1)\ndef two(three: Literal[4]) -> Literal[5]:\n    import six\n",
        'one = f"{two + 1}"\n',
        "def one():\n    return None\n",
    ],
)
def test_what_is_left_as_it_is(text: str) -> None:
    assert changed(text) == set()


def test_a_fault_that_cannot_be_compiled_is_known() -> None:
    assert is_python("one = two\n")
    assert not is_python("one = 'two' is two\n")
    assert not is_python("break\n")


MODULE = """\
LIMIT = 3


def one(word):
    \"\"\"What it does.\"\"\"
    if word:
        return LIMIT
    return 0


def two():
    return [one(word) for word in ()]
"""


def test_statements_in_functions_are_counted() -> None:
    lines = [statement.lineno for statement in statements(ast.parse(MODULE))]
    assert lines == [5, 6, 8, 7, 12]
    names: dict[str, object] = {COUNTER: bytearray(13)}
    exec(counted(MODULE, "module.py", {line: line for line in lines}), names)
    assert eval("one.__doc__", names) == "What it does."
    assert eval("one(0)", names) == 0
    assert [line for line, times in enumerate(names[COUNTER]) if times] == [6, 8]  # type: ignore[arg-type, var-annotated]


def by(what: str) -> Fault:
    return next(fault for fault in faults("module.py", MODULE) if fault.apply(MODULE) == what)


def test_a_fault_is_for_the_tests_that_come_by_fastest_first() -> None:
    places = tuple(("module.py", line) for line in (6, 7, 8, 12))
    hits = {"long": b"\1\1\1\0", "short": b"\1\0\1\0", "other": b"\0\0\0\1", "limit": b"\1\1\0\0"}
    where = Reached({"module.py": MODULE}, places, {"long": 3.0, "short": 1.0, "other": 2.0, "limit": 0.5}, hits)
    assert where.tests(by(MODULE.replace("return 0", "return (1)"))) == ["short", "long"]
    assert where.tests(by(MODULE.replace("LIMIT = 3", "LIMIT = (4)"))) == ["limit", "long"]


def test_tests_that_see_much_of_the_module_come_first() -> None:
    places = (("other.py", 1), *(("module.py", line) for line in (6, 7, 8, 12)))
    hits = {"deep": b"\0\1\1\1\1", "shallow": b"\1\0\0\1\0", "killer": b"\0\0\0\1\0", "slow": b"\0\1\1\1\1"}
    where = Reached({"module.py": MODULE}, places, {"deep": 3.0, "shallow": 1.0, "killer": 2.0, "slow": 9.0}, hits)
    assert [where.seen(test, "module.py") for test in hits] == [4, 1, 1, 4]
    assert where.seen("deep", "other.py") == where.seen("deep", "none.py") == where.seen("unknown", "module.py") == 1
    trial = Trial(by(MODULE.replace("return 0", "return (1)")), [*hits], 5.5)
    assert trial.chosen(where, {}) == ["deep", "shallow"]
    assert trial.chosen(where, {"killer": 11}) == ["killer", "deep"]
    assert Trial(trial.fault, ["slow"], 5.5).chosen(where, {}) == ["slow"]


def test_every_way_through_the_module_is_taken_before_one_is_taken_again() -> None:
    places = tuple(("module.py", line) for line in (6, 7, 8, 12))
    hits = {"deep": b"\1\1\1\1", "deep too": b"\1\1\1\1", "other way": b"\0\0\1\0", "unknown": b""}
    where = Reached({"module.py": MODULE}, places, {"deep": 1.0, "deep too": 1.0, "other way": 1.0}, hits)
    trial = Trial(by(MODULE.replace("return 0", "return (1)")), ["deep", "deep too", "other way"], 2.5)
    assert trial.chosen(where, {}) == ["deep", "other way"]
