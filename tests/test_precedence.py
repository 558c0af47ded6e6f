"""Of all that is true of a place on the event loop one thing is reported, by the rule that the table names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streamlint.config import Config, Selection
from streamlint.precedence import REPORTERS, Reason
from streamlint.rule import codes
from streamlint.run import Request, run
from streamlint.waiting import Holdings, Precedence
from streamlint.waiting.held import SITES, Held
from tests.asking import Program

HEAD = """\
import time
import requests
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core import VectorStoreIndex
from sentence_transformers import SentenceTransformer

app = FastAPI()
index = VectorStoreIndex.from_documents([])


def helper(q):
    time.sleep(1)
    return requests.get(q)


def tokens(q):
    for token in index.as_query_engine(streaming=True).query(q).response_gen:
        yield token


def whole(response):
    text = ""
    for token in response.response_gen:
        text += token
    return text


def engine():
    return index.as_query_engine(streaming=True)


@app.get("/chat")
async def chat(q: str):
"""
CASES = [
    ("return {'model': SentenceTransformer(q)}", "SentenceTransformer(q)", Reason.BUSY),
    ("return requests.get(q).text", "requests.get(q)", Reason.LIBRARY),
    ("response = engine().query(q)\n    return {'answer': whole(response)}", "whole(response)", Reason.SWALLOWED),
    ("return {'answer': str(index.as_query_engine().query(q))}", "index.as_query_engine().query(q)", Reason.LLAMA),
    ("return helper(q)", "helper(q)", Reason.BEHIND),
]


def holds(program: Program) -> Iterator[Held]:
    """What holds the loop in `chat`."""
    scope, holdings = program.function("chat"), program.project.ask(Holdings)
    frame = program.evaluator.any_call(program.module(), scope)
    sites = (*scope.expressions(), *scope.loops, *scope.entries)
    found = (holdings.at(site, frame) for site in sites if isinstance(site, SITES))
    return (held for held in found if held is not None)


@pytest.mark.parametrize(("body", "text", "expected"), CASES, ids=[case[2].name.lower() for case in CASES])
def test_the_first_that_is_true_is_reported(body: str, text: str, expected: Reason) -> None:
    program = Program(f"{HEAD}    {body}\n")
    source = program.module().source.text
    [held] = (one for one in holds(program) if source[one.node.start : one.node.end] == text)
    precedence = program.project.ask(Precedence)
    assert precedence.of_hold(held) is expected
    assert [code for code in codes() if precedence.reports(code, held)] == list(REPORTERS[expected])


LOOP = "for token in tokens(q):"
SENDS = f"""\
    async def send():
        {LOOP}
            yield token
    return StreamingResponse(send())
"""
COLLECTS = f"""\
    parts = []
    {LOOP}
        parts.append(token)
    return {{'answer': ''.join(parts)}}
"""


@pytest.mark.parametrize(("body", "expected"), [(SENDS, "STL202"), (COLLECTS, "STL101")], ids=["sends", "collects"])
def test_an_iteration_is_reported_once(body: str, expected: str, tmp_path: Path) -> None:
    text = HEAD + body
    (tmp_path / "app.py").write_text(text, "utf-8")
    found = run(Request((tmp_path,), Config(root=tmp_path), Selection())).findings
    [line] = (number for number, each in enumerate(text.splitlines(), 1) if each.strip() == LOOP)
    assert [finding.code for finding in found if finding.place.start.line == line] == [expected]


def test_each_fault_has_its_own_rules() -> None:
    named = [code for fault in Reason for code in REPORTERS[fault]]
    assert len(named) == len(set(named))
    assert set(named) <= set(codes())
