"""The arguments that a frame leaves out change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from streamlint.model import syntax as ir
from streamlint.model.deciding import Deciding, Parameters
from streamlint.model.modules import Module
from streamlint.project import Project
from streamlint.room import roomy

FIXTURES = Path(__file__).parent / "fixtures"
PROGRAM = """\
import functools


def nothing(a, b):
    print(a, b)


def text(a, b):
    return f"{a} {b}"


def given(a, b):
    c = a
    return c


def tested(a, b, c):
    if a:
        return b
    return None


def rebound(a, b):
    a = b
    return a


def key(a, b):
    return a[b]


def closed_over(a, b, c):
    def inner(d=c):
        return a + 1

    return inner


def later(a, b, c):
    return lambda: [a for _ in b]


def joined(a, b, c):
    for each in a:
        b = each
    return b


def chosen(a, b, c):
    return a or (b if c else None)


def again(a, b):
    return [a, a, b]


def before(a, b):
    return [b, a, a]


def generator(a, b):
    yield a


def passing(a, b):
    print("", end=a)
"""


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Module:
    folder = tmp_path_factory.mktemp("program")
    (folder / "app.py").write_text("import fastapi\n" + PROGRAM, "utf-8")
    return Project(folder, [folder / "app.py"]).modules.loaded()[0]


@pytest.mark.parametrize(
    ("name", "deciding"),
    [
        ("nothing", ""),
        ("text", ""),
        ("given", "a"),
        ("tested", "ab"),
        ("rebound", "b"),
        ("key", "ab"),
        ("closed_over", "ac"),
        ("later", "ab"),
        ("joined", "ab"),
        ("chosen", "abc"),
        ("again", "ab"),
        ("before", "ab"),
    ],
)
def test_what_decides_a_result(name: str, deciding: str, module: Module) -> None:
    scope = next(scope for scope in module.scopes if scope.name == name)
    assert Deciding().result(module, scope) == set(deciding)


def test_what_is_read_at_all(module: Module) -> None:
    read = {scope.name: Deciding().anything(module, scope) for scope in module.scopes if scope.kind == "function"}
    assert read["generator"] == {"a"}
    assert read["passing"] == {"a"}
    assert read["nothing"] == {"a", "b"}
    assert read["closed_over"] == {"a", "c"}


def everything(_: Deciding, __: Module, scope: ir.Scope) -> Parameters:
    return frozenset(parameter.name for parameter in scope.parameters)


@roomy
def answers(folder: Path, files: Sequence[Path]) -> list[tuple[int, frozenset[object]]]:
    """What every call of a program gives."""
    asked = Project(folder, files)
    found: list[tuple[int, frozenset[object]]] = []
    for module in asked.modules.loaded():
        for scope in module.scopes:
            frame = asked.evaluator.any_call(module, scope)
            for call in scope.calls:
                values = asked.evaluator.value(call, frame)
                names = frozenset(
                    (type(v).__name__, getattr(v, "name", ""), getattr(v, "origin", None)) for v in values
                )
                found.append((call.start, names))
    return found


def test_no_call_of_the_fixtures_gives_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    files = sorted(FIXTURES.glob("*/bad_*.py"))[::3]
    programs = [(path.parent, [path]) for path in files]
    programs += [(path, sorted(path.rglob("*.py"))) for path in sorted(FIXTURES.glob("*/project_*")) if path.is_dir()]
    ours = [answers(*program) for program in programs]
    monkeypatch.setattr(Deciding, "result", everything)
    monkeypatch.setattr(Deciding, "anything", everything)
    assert [answers(*program) for program in programs] == ours
