"""What a cached function is given, where the call stands in a generator expression: its names lead out of it."""

from __future__ import annotations

import pytest

from streamlint.running.memos import Memos
from tests.asking import Program

TEXT = """\
from functools import lru_cache


@lru_cache
def connected(host, prefix):
    return host + prefix


def ready(prefix):
    host = "localhost"
    first = "sessions"
    prefixes = [first, {last}]
    return all(connected(host, one) for one in prefixes)
"""


@pytest.mark.parametrize(("last", "is_kept"), [("first", True), ("prefix", False)])
def test_what_a_generator_expression_runs_over_stands_outside_of_it(last: str, is_kept: bool) -> None:
    program = Program(TEXT.format(last=last))
    module = program.module()
    by_name = {scope.name: scope for scope in module.scopes}
    [inner] = [scope for scope in module.scopes if scope.kind == "generator-expression"]
    frame = program.evaluator.any_call(module, inner)
    [call] = inner.calls
    assert program.project.ask(Memos).is_kept_for(call, frame, module, by_name["connected"]) is is_kept


KEYED = """\
KEPT = {{}}


def found(key):
    if key not in KEPT:
        {made}
    return KEPT[key]
"""


@pytest.mark.parametrize(
    ("made", "has_key"),
    [
        ("KEPT[key] = make(key)", True),
        ("made = make(key)\n        KEPT[key] = made", True),
        ("make(key)\n        KEPT[key] = None", False),
    ],
    ids=["at-once", "under-a-name", "thrown-away"],
)
def test_a_key_keeps_what_is_made_there_or_under_a_name(made: str, has_key: bool) -> None:
    program = Program(KEYED.format(made=made))
    scope = program.function("found")
    [call] = [one for one in scope.calls if getattr(one.function, "id", "") == "make"]
    frame = program.evaluator.any_call(program.module(), scope)
    key = program.project.ask(Memos).key_of(call.start, call.end, frame)
    assert (key is not None) is has_key
