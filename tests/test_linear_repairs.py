"""A finding and its repair cost what their own function costs, whatever else stands in the file."""

from __future__ import annotations

import ast
import re
import time
from pathlib import Path

import libcst as cst
import pytest

from streamlint import fixing
from streamlint.config import Config, Selection
from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.parsed import parsed
from streamlint.project import Project
from streamlint.reporters.edits import ready
from streamlint.run import Request, run
from streamlint.source import Source, Span
from streamlint.tree.python import PythonFile

SECONDS = 12.0
"""Of a processor; what grew with the square took half as much again, and more."""
HEAD = """\
from fastapi import FastAPI
from llama_index.core import VectorStoreIndex

app = FastAPI()
index = VectorStoreIndex.from_documents([])


"""
ROUTE = """\
@app.get("/{i}")
def route{i}(question: str):
    answer = index.as_query_engine(streaming=True).query(question)
    return "".join(answer.response_gen)


"""


@pytest.fixture
def file(tmp_path: Path) -> PythonFile:
    path = tmp_path / "app.py"
    path.write_text(HEAD + "".join(ROUTE.format(i=i) for i in range(3)), "utf-8")
    return PythonFile(Source.read(path), Project(tmp_path, [path]))


def test_an_expression_is_walked_once_also_where_it_is_named_again() -> None:
    innermost: ir.Expression = ir.Name(0, 1, "a", None)
    calls = [innermost]
    for _ in range(2_000):
        calls.append(ir.Call(0, 1, calls[-1], (), ()))
    assert sum(1 for _ in ir.walk_once(calls)) == len(calls)


def test_the_nodes_within_a_place_are_those_that_begin_there(file: PythonFile) -> None:
    file.tree.whole()
    scope = next(scope for scope in file.facts.scopes if scope.name == "route1")
    calls = [
        file.tree.text(node) for node, _ in file.tree.within(scope, cst.Call, cst.Return) if isinstance(node, cst.Call)
    ]
    assert calls[-1] == '"".join(answer.response_gen)'
    assert not any("from_documents" in call for call in calls)
    everywhere = [node for node in file.tree.spans if type(node) is cst.Call]
    assert [node for node, _ in file.tree.within(Span(0, len(file.source.text)), cst.Call)] == everywhere


def test_the_innermost_statement_is_found_at_every_character(file: PythonFile) -> None:
    file.tree.whole()
    statements = [(span, node) for node, span in file.tree.spans.items() if isinstance(node, cst.BaseStatement)]
    for start in range(len(file.source.text)):
        around = [(span.end - span.start, node) for span, node in statements if span.start <= start < span.end]
        expected = min(around, key=lambda row: row[0])[1] if around else None
        assert file.tree.statement(start, start + 1) is expected


def test_every_node_knows_what_it_is_a_part_of(file: PythonFile) -> None:
    file.tree.whole()
    for node in file.tree.spans:
        for child in node.children:
            assert file.tree.parent(child) is node
    assert all(file.tree.parent(piece.module) is None for piece in file.tree.whole())


def read_for(folder: Path, routes: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many characters Python's parser reads of a file with so many repairs, until each is told with its edits."""
    folder.mkdir()
    (folder / "app.py").write_text(HEAD + "".join(ROUTE.format(i=i) for i in range(routes)), "utf-8")
    read = 0
    parse = ast.parse

    def counted(text: str) -> ast.Module:
        nonlocal read
        read += len(text)
        return parse(text)

    with monkeypatch.context() as patched:
        patched.setattr(ast, "parse", counted)
        parsed.cache_clear()
        outcome = run(Request((folder,), Config(root=folder), Selection(), root=folder))
        told = [ready(one.fix, outcome.sources[one.path]) for one in outcome.findings if one.fix is not None]
    assert len(told) == routes
    assert all("import StreamingResponse" in edits[0].text and len(edits) > 1 for edits in told)
    return read


def test_a_repair_reads_its_own_function_again_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = (read_for(tmp_path / str(number), number, monkeypatch) for number in (20, 40))
    assert many < 2.2 * few


def test_one_broken_repair_among_many_is_found_by_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(f"name{n} = {n}\n" for n in range(256))
    starts = [match.start() for match in re.finditer("name", text)]
    edits = [Edit(Span(at, at + 4), "n" if n != 100 else "(n") for n, at in enumerate(starts)]
    fixes = tuple(Fix(str(n), (edit,), Level.SAFE, "") for n, edit in enumerate(edits))
    tried: list[int] = []
    is_sound = fixing._is_sound
    monkeypatch.setattr(fixing, "_is_sound", lambda source, some: tried.append(len(some)) or is_sound(source, some))
    assert fixing._sound(Source(Path("app.py"), text), fixes) == fixes[:100] + fixes[101:]
    assert len(tried) < 20


def test_thousands_of_names_for_one_stream(tmp_path: Path) -> None:
    names = "".join(f"    x{i + 1} = x{i}\n" for i in range(6_000))
    body = f"    x0 = index.as_query_engine(streaming=True).query(question).response_gen\n{names}"
    text = f'{HEAD}@app.get("/")\ndef route(question: str):\n{body}    return "".join(x6000)\n'
    assert_quick(tmp_path, text, {"STL102"})


def test_calls_on_calls_on_calls(tmp_path: Path) -> None:
    text = f'{HEAD}@app.get("/")\ndef route(question: str):\n    return question{".a()" * 9_000}\n'
    assert_quick(tmp_path, text, set())


def assert_quick(folder: Path, text: str, codes: set[str]) -> None:
    (folder / "app.py").write_text(text, "utf-8")
    began = time.process_time()
    found = run(Request((folder,), Config(root=folder), Selection(), root=folder)).findings
    assert {one.code for one in found} == codes
    assert time.process_time() - began < SECONDS
