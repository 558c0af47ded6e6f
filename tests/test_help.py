"""The code that help texts name can be written: it parses, and put in place it raises no finding of its own."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from streamlint.config import Config, Selection
from streamlint.finding import Finding
from streamlint.run import Request, run
from tests.test_fixtures import BAD, name
from tools.fixtures import bare

SNIPPET = re.compile(r"`([^`]+)`")
ANSWER = re.compile(r"return `((\w+)\(.+?\))`,")
MODULES = {
    "StreamingResponse": "fastapi.responses",
    "Stream": "litestar.response",
    "StreamingHttpResponse": "django.http",
}


def findings_of(text: str, folder: Path) -> tuple[Finding, ...]:
    (folder / "application.py").write_text(text, "utf-8")
    return run(Request((folder,), Config(root=folder), Selection(), root=folder)).findings


@pytest.mark.parametrize("path", BAD, ids=name)
def test_code_in_help(path: Path, tmp_path: Path) -> None:
    text = bare(path.read_text("utf-8"))
    findings = findings_of(text, tmp_path)
    for snippet in {snippet for finding in findings for snippet in SNIPPET.findall(finding.help)}:
        if "(" in snippet and "…" not in snippet:
            ast.parse(f"async def handler():\n    {whole(snippet)}")
    for finding in findings:
        advised = ANSWER.search(finding.help)
        placed = answered(text, finding, advised[1], advised[2]) if advised is not None else None
        if advised is None or placed is None or "..." in advised[1]:
            continue
        before = {f.code for f in findings if f.place.start.line == finding.place.start.line}
        raised = [f for f in findings_of(placed[0], tmp_path) if f.place.start.line == placed[1]]
        assert [f"{f.code} {f.message}" for f in raised if f.code not in before] == [], advised[1]


def whole(snippet: str) -> str:
    """A snippet with a body, where it is the head of a block."""
    is_head = snippet.startswith(("for ", "async for ", "with ", "async with ", "except "))
    return f"{snippet.removesuffix(':')}: pass" if is_head else snippet


def answered(text: str, finding: Finding, answer: str, response: str) -> tuple[str, int] | None:
    """The text with the advised answer in front of the statement that the finding is about, and the line of the answer.

    None where no line of its own can stand there, as in `def chat(): return ...`.
    """
    lines = text.splitlines()
    at = finding.place.start.line
    statement = max(
        (
            node
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.stmt)
            and node.lineno <= at <= end(node)
            and lines[node.lineno - 1][: node.col_offset].isspace()
        ),
        key=lambda node: (node.lineno, -end(node)),
        default=None,
    )
    if statement is None:
        return None
    indent = " " * statement.col_offset
    lines.insert(statement.lineno - 1, f"{indent}return {answer}")
    if response in MODULES:
        lines.insert(0, f"from {MODULES[response]} import {response}")
    return "\n".join(lines) + "\n", statement.lineno + (response in MODULES)


def end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def test_chunks_are_advised_as_text(tmp_path: Path) -> None:
    text = """
from fastapi import FastAPI
from llama_index.core import Settings

app = FastAPI()


@app.get("/chat")
def chat(q: str):
    return {"answer": ["".join((chunk.delta, "")) for chunk in Settings.llm.stream_complete(q)]}

"""
    helps = "\n".join(finding.help for finding in findings_of(text, tmp_path))
    assert '`StreamingResponse((chunk.delta or "" for chunk in Settings.llm.stream_complete(q)))`' in helps


def test_a_keyword_that_the_method_does_not_take_is_named(tmp_path: Path) -> None:
    text = """
from fastapi import FastAPI

app = FastAPI()
engine = index.as_query_engine(streaming=True)


@app.get("/chat")
async def chat(q: str):
    return {"answer": str(await engine.query(q, stream=True))}
"""
    found = [finding for finding in findings_of(text, tmp_path) if finding.code == "STL106"]
    assert ["leave out `stream=`" in finding.help for finding in found] == [True]
    assert found[0].fix is None
