"""A fact is a finding only where libcst's tree bears it out; what it does not name is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from streamlint import judging, rule
from streamlint.fact import Fact, Stand
from streamlint.finding import RULE_CRASHED
from streamlint.model import syntax as ir
from streamlint.model.summary import summarise
from streamlint.project import Project
from streamlint.source import Source, Span
from streamlint.tree import flagging
from streamlint.tree.python import PythonFile
from streamlint.tree.stands import EXPRESSIONS, stand_on
from streamlint.tree.tree import Tree
from tests.test_fixtures import FIXTURES

Planted = Callable[[Stand, PythonFile], Stand]
PLANTED: dict[str, Planted] = {
    "one character on": lambda stand, _: replace(stand, span=Span(stand.span.start + 1, stand.span.end)),
    "one character less": lambda stand, _: replace(stand, span=Span(stand.span.start, stand.span.end - 1)),
    "behind the text": lambda stand, file: replace(stand, span=Span(len(file.source.text), len(file.source.text) + 5)),
    "the whole file": lambda stand, file: replace(stand, span=Span(0, len(file.source.text))),
    "another type": lambda stand, _: replace(stand, types=("Pass",)),
    "another word": lambda stand, _: replace(stand, word="nowhere_in_the_text"),
}


def first_with_facts(code: str) -> tuple[PythonFile, list[Fact]]:
    """The first broken fixture of a rule in which it has facts, alone in its project."""
    for path in sorted((FIXTURES / code).rglob("*.py")):
        file = PythonFile(Source.read(path), Project(path.parent, (path,)))
        facts = [fact for fact in judging.judge(file, rule.discover({code})) if isinstance(fact, Fact)]
        if facts:
            return file, facts
    raise AssertionError(f"no fixture of {code} has a fact by itself")


@pytest.mark.parametrize("code", [each.code for each in rule.discover() if each.language is rule.Language.PYTHON])
def test_a_fact_in_a_wrong_place_is_refused(code: str) -> None:
    file, facts = first_with_facts(code)
    assert {finding.code for finding in flagging.flag(file, facts)} == {code}
    for name, planted in PLANTED.items():
        wrong = [replace(fact, stand=planted(fact.stand, file)) for fact in facts]
        found = list(flagging.flag(file, wrong))
        assert (name, {finding.code for finding in found}) == (name, {RULE_CRASHED.code})
        assert all(finding.message.startswith(f"{code} ") and "stands here" in finding.message for finding in found)


@pytest.mark.parametrize("code", [each.code for each in rule.discover() if each.language is rule.Language.PYTHON])
def test_a_rule_stands_on_nodes_that_libcst_has(code: str) -> None:
    import libcst

    (each,) = rule.discover({code})
    assert each.stands_on
    assert all(issubclass(getattr(libcst, name), libcst.CSTNode) for name in each.stands_on)


def test_a_file_that_libcst_cannot_read_keeps_its_findings(tmp_path: Path) -> None:
    terms = " + ".join(["x"] * 2_000)
    path = tmp_path / "app.py"
    path.write_text(
        f"import time\nfrom fastapi import FastAPI\napp = FastAPI()\nx = 1\ny = {terms}\n\n\n"
        '@app.get("/")\nasync def chat():\n    time.sleep(1)\n    return {}\n'
    )
    file = PythonFile(Source.read(path), Project(tmp_path, (path,)))
    facts = [fact for fact in judging.judge(file, rule.discover({"STL203"})) if isinstance(fact, Fact)]
    (finding,) = flagging.flag(file, facts)
    assert (finding.code, finding.place.start.line, finding.fix) == ("STL203", 10, None)
    assert "tree" not in vars(file)


KINDS: dict[type, tuple[str, ...]] = {
    ir.Loop: ("For", "CompFor"),
    ir.WithItem: ("With",),
    ir.Return: ("Return",),
    ir.Store: ("Attribute", "Subscript"),
}


def stands_in(summary: ir.Summary) -> dict[Stand, object]:
    """Whatever a rule can be about: expressions, `def`s, loops, `with` items, returns and stores."""
    found: dict[Stand, object] = {}
    for scope in summary.scopes:
        for one in scope.expressions():
            if isinstance(
                one, ir.Call | ir.Attribute | ir.Name | ir.Await | ir.Yield | ir.Closure | ir.FormattedString
            ):
                found[stand_on(one, EXPRESSIONS)] = one
        loops = (loop for loop in scope.loops if loop.scope == scope.index)
        for node in (*loops, *scope.entries, *scope.returns, *scope.stores):
            found[stand_on(node, KINDS[type(node)])] = node
        if scope.kind == "function":
            found[stand_on(scope, ("FunctionDef",))] = scope
    return found


@pytest.mark.parametrize("folder", ["streamlint/values", "tests/fixtures/STL101", "tests/fixtures/STL203"])
def test_whatever_a_rule_can_be_about_has_a_node(folder: str) -> None:
    paths = sorted((Path(__file__).parents[1] / folder).rglob("*.py"))
    assert paths
    for path in paths:
        source = Source.read(path)
        summary = summarise(source)
        stands, tree = stands_in(summary), Tree(source, summary)
        flags = flagging.Flags(tree, stands)
        for piece in tree.whole():
            piece.module.visit(flags)
        lost = [source.slice(stand.span) for stand in stands if stand not in flags.found]
        assert (path.name, lost) == (path.name, [])


def test_a_function_that_ends_with_a_semicolon_has_its_place(tmp_path: Path) -> None:
    path = tmp_path / "application.py"
    path.write_text(
        "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
        '@app.get("/chat")\nasync def chat(q: str):\n    stream = agent.run(q);\n    return stream.stream_events();  \n',
        "utf-8",
    )
    file = PythonFile(Source.read(path), Project(tmp_path, (path,)))
    scope = next(one for one in file.facts.scopes if one.name == "chat")
    stand = stand_on(scope, ("FunctionDef",))
    flags = flagging.Flags(file.tree, [stand])
    for piece in file.tree.pieces([stand.span]):
        piece.module.visit(flags)
    assert stand in flags.found
