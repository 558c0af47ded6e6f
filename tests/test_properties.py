"""What must hold of the model for every program: asked of small ones that hypothesis writes.

`python -m pytest tests/test_properties.py --hypothesis-profile=long` asks many more; `python -m tools.same_values` asks real trees.
"""

from __future__ import annotations

import ast
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.activations import Frame
from streamlint.values.limits import Limit

from .asking import Program, questions
from .covering import Covering, open_to_strangers
from .programs import Modules, programs
from .rewriting import NEW, named, outlined, renamed_everywhere, renamed_in_a_function, tidy
from .running import Run

CHOICE = st.integers(0, 10_000)
Change = Callable[[str, int], tuple[ast.expr, str] | None]


@pytest.fixture(autouse=True, scope="module")
def room_for_questions() -> Iterator[None]:
    """What a run gives the model, too."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(8_000)
    yield
    sys.setrecursionlimit(limit)


def said(program: Program, question: tuple[ir.Expression, Frame]) -> list[str]:
    return [program.say(value) for value in program.evaluator.value(*question)]


def answers(program: Program, *modules: str) -> list[list[str]]:
    """What the model says of every expression of some modules (none: of all), in the order of the text."""
    asked = questions(program.project)
    return [said(program, one) for one in asked if not modules or one[1].module.path.stem in modules]


def is_crowded(program: Program) -> bool:
    """Whether something may be more than the model keeps apart; in a circle it then matters who came first."""
    answers(program)
    return any(row.limit is Limit.ALTERNATIVES for row in program.evaluator.limits.ended)


# Who asks first


@given(programs(), st.randoms(use_true_random=False))
def test_the_order_of_questions_does_not_matter(modules: Modules, mixed: random.Random) -> None:
    program, other = Program(**modules), Program(**modules)
    order = list(questions(program.project))
    numbers = list(range(len(order)))
    mixed.shuffle(numbers)
    given_now = {number: said(program, order[number]) for number in numbers}
    assume(not is_crowded(program) and not is_crowded(other))
    assert [given_now[number] for number in range(len(order))] == answers(other)


ASK = """\
import json, sys
from tests.asking import Program
from tests.test_properties import answers
sys.setrecursionlimit(8_000)
print(json.dumps([answers(Program(**modules)) for modules in json.load(sys.stdin)]))
"""


def sample() -> list[Modules]:
    """A few programs, the same ones each time."""
    drawn: list[Modules] = []

    @given(programs())
    @settings(max_examples=15)
    def draw(modules: Modules) -> None:
        drawn.append(modules)

    draw()
    return drawn


def test_the_hash_seed_does_not_matter() -> None:
    asked = sample()
    root = Path(__file__).parents[1]
    told = []
    for seed in ("0", "1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        done = subprocess.run(
            [sys.executable, "-c", ASK],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            env=environment,
            cwd=root,
            check=True,
        )
        told.append(done.stdout)
    assert len(json.loads(told[0])) == len(asked) >= 10
    assert told[1:] == told[:1] * 2


# What has nothing to do with it


@given(programs(), programs())
def test_an_unrelated_module_changes_no_answer(modules: Modules, others: Modules) -> None:
    strangers = {"stranger": others["lib"].replace("_l", "_s"), "foreign": others["lib"].replace("_l", "_t")}
    assert answers(Program(**modules, **strangers), *modules) == answers(Program(**modules))


@given(programs())
def test_other_names_of_all_variables_change_no_answer(modules: Modules) -> None:
    modules = tidy(modules)
    assert answers(Program(**renamed_everywhere(modules))) == answers(Program(**modules))


@given(programs(), CHOICE)
def test_another_name_of_a_local_variable_changes_no_answer(modules: Modules, choice: int) -> None:
    modules = tidy(modules)
    others = list(renamed_in_a_function(modules))
    assume(others)
    assert answers(Program(**others[choice % len(others)])) == answers(Program(**modules))


# The same expression in another place


def at(program: Program, node: ast.expr, module: str = "app") -> set[str]:
    """What the model says of an expression at the place of a node."""
    start, end = span(program.module(module), node)
    [found] = [one for one in questions(program.project) if is_at(one, module, start, end)]
    return set(said(program, found))


def is_at(question: tuple[ir.Expression, Frame], module: str, start: int, end: int) -> bool:
    expression, frame = question
    return frame.module.path.stem == module and (expression.start, expression.end) == (start, end)


def span(module: Module, node: ast.expr) -> tuple[int, int]:
    """Character offsets of a node in a text that is all ASCII."""
    starts = module.source.line_starts
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset


def is_kept(before: set[str], after: set[str]) -> bool:
    """Whether an answer is the same, in whichever function it was made, or says that it does not know all or a part of it."""
    return before == {one.replace(f"{NEW}.", "") for one in after} or any(
        "?" in one or "gave up" in one for one in after
    )


def keeps_its_value(modules: Modules, change: Change, choice: int, used_as: type[ast.expr]) -> None:
    """The expression that was written elsewhere is, where it stood, still what it was."""
    modules = tidy(modules)
    changed = change(modules["app"], choice)
    assume(changed is not None)
    assert changed is not None
    node, text = changed
    before, after = at(Program(**modules), node), at(Program(**{**modules, "app": text}), use_of_new(text, used_as))
    assert is_kept(before, after), (ast.unparse(node), before, after)


@given(programs(), CHOICE)
def test_an_expression_that_gets_a_name_keeps_its_value(modules: Modules, choice: int) -> None:
    keeps_its_value(modules, named, choice, ast.Name)


@given(programs(), CHOICE)
def test_an_expression_in_a_function_of_its_own_keeps_its_value(modules: Modules, choice: int) -> None:
    keeps_its_value(modules, outlined, choice, ast.Call)


def use_of_new(text: str, kind: type[ast.expr]) -> ast.expr:
    """Where the added name is read, or called."""
    nodes = [one for one in ast.walk(ast.parse(text)) if isinstance(one, kind)]
    if kind is ast.Call:
        [found] = [one for one in nodes if isinstance(one, ast.Call) and getattr(one.func, "id", "") == NEW]
        return found
    [found] = [
        one for one in nodes if getattr(one, "id", "") == NEW and isinstance(getattr(one, "ctx", None), ast.Load)
    ]
    return found


# Every expression, once


@given(programs())
def test_every_expression_has_one_place(modules: Modules) -> None:
    program = Program(**modules)
    for module in (program.module(name) for name in modules):
        found = Counter((one.start, one.end) for scope in module.scopes for one in scope.expressions())
        nodes = [node for node in ast.walk(ast.parse(module.source.text)) if isinstance(node, ast.expr)]
        read, stored = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
        for node in (node for node in nodes if not isinstance(node, ast.FormattedValue)):
            is_read = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
            (read if is_read else stored)[span(module, node)] += 1
        assert not read - found
        assert not found - read - stored


# What Python does


def overrides(text: str) -> bool:
    """Whether a class gives a name of its base another meaning; the model takes `self` for an object of the class it stands in."""
    classes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)]
    names = {node.name for node in classes}
    return any(len(node.body) > 1 and any(map(names.__contains__, map(_last_word, node.bases))) for node in classes)


def _last_word(base: ast.expr) -> str:
    return ast.unparse(base).rpartition(".")[2]


@given(programs())
@settings(max_examples=60)
def test_what_an_expression_was_is_among_what_it_may_be(modules: Modules) -> None:
    covers_what_was(modules)


@given(programs(further=4))
@settings(max_examples=60)
def test_what_an_expression_of_further_constructs_was_is_among_what_it_may_be(modules: Modules) -> None:
    covers_what_was(modules)


def covers_what_was(modules: Modules) -> None:
    """Whether all that a run of the program observed is covered."""
    assume(not any(map(overrides, modules.values())))
    run = Run(modules)
    opened = open_to_strangers(modules, run, Program(**modules))
    assume(opened is not None)
    assert opened is not None
    program = Program(**opened)
    covering = Covering(program.project)
    by_place = {(frame.module.path.stem, one.start, one.end): (one, frame) for one, frame in questions(program.project)}
    for place, objects in list(run.seen.items()):  # what is left of generators runs when they are collected
        starts = program.module(place.module).source.line_starts
        start, end = starts[place.line - 1] + place.column, starts[place.last_line - 1] + place.last_column
        question = by_place[place.module, start, end]
        values = program.evaluator.value(*question)
        for one in objects:
            assert covering.covers(values, one), (place, program.says(values), repr(one))
