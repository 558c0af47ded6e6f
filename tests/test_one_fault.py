"""A stream that stops is one finding: the rules that see it have one speaker, and its ignore comments may name any of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamlint.config import Config, Selection
from streamlint.finding import Finding
from streamlint.run import Request, run

HEAD = """\
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core import VectorStoreIndex

app = FastAPI()
engine = VectorStoreIndex.from_documents([]).as_query_engine(streaming=True)


@app.get("/chat")
def chat(q: str):
    response = engine.query(q)
"""
COLLECTED = "    text = ''.join(response.response_gen)\n    return {'answer': text}\n"
RETURN = "return"


def findings(folder: Path, body: str, select: tuple[str, ...] = ("STL",)) -> tuple[Finding, ...]:
    (folder / "application.py").write_text(HEAD + body, "utf-8")
    return run(Request((folder,), Config(root=folder), Selection(select=select), root=folder)).findings


def codes(found: tuple[Finding, ...]) -> list[str]:
    return [each.code for each in found]


def test_the_taking_speaks_and_the_answer_is_a_span_of_it(tmp_path: Path) -> None:
    [found] = findings(tmp_path, COLLECTED)
    assert (found.code, found.codes) == ("STL102", {"STL102", "STL103"})
    [answered] = (each for each in found.related if each.label == "answered in one piece here")
    text = HEAD + COLLECTED
    assert text[answered.place.span.start : answered.place.span.end] == RETURN


@pytest.mark.parametrize("code", ["STL102", "STL103"])
def test_the_fault_is_shown_under_the_code_that_is_selected(code: str, tmp_path: Path) -> None:
    assert codes(findings(tmp_path, COLLECTED, (code,))) == [code]


@pytest.mark.parametrize("select", ["STL", "STL102", "STL103"])
@pytest.mark.parametrize("code", ["STL102", "STL103"])
@pytest.mark.parametrize("line", ["    text", "    return"])
def test_an_ignore_with_any_code_at_any_place_hides_it(line: str, code: str, select: str, tmp_path: Path) -> None:
    ignored = COLLECTED.replace(line, f"    # streamlint: ignore[{code}]\n{line}")
    assert findings(tmp_path, ignored, (select, "STL002")) == ()


def test_another_code_hides_nothing(tmp_path: Path) -> None:
    ignored = COLLECTED.replace("    return", "    # streamlint: ignore[STL101]\n    return")
    assert codes(findings(tmp_path, ignored)) == ["STL102", "STL002"]


TWICE_ANSWERED = COLLECTED.replace("    return", "    if not text:\n        return {'empty': text}\n    return")


@pytest.mark.parametrize("code", ["STL102", "STL103"])
def test_two_answers_of_one_stream_are_one_fault(code: str, tmp_path: Path) -> None:
    [found] = findings(tmp_path, TWICE_ANSWERED, (code,))
    lines = {place.start.line for place in found.places}
    assert {line + 1 for line, text in enumerate((HEAD + TWICE_ANSWERED).splitlines()) if RETURN in text} <= lines


def test_a_replay_speaks_where_the_tokens_are_taken(tmp_path: Path) -> None:
    body = "    tokens = list(response.response_gen)\n    return StreamingResponse(iter(tokens))\n"
    [found] = findings(tmp_path, body)
    assert (found.code, found.codes) == ("STL104", {"STL102", "STL104"})
    assert (HEAD + body)[found.place.span.start : found.place.span.end] == "list(response.response_gen)"
    assert codes(findings(tmp_path, body, ("STL102",))) == ["STL102"]


def test_two_streams_are_two_faults(tmp_path: Path) -> None:
    body = "    first = list(response.response_gen)\n    other = str(engine.query(q))\n    return {'a': first, 'b': other}\n"
    assert codes(findings(tmp_path, body)) == ["STL102", "STL102"]


def test_a_held_loop_is_another_fault(tmp_path: Path) -> None:
    text = (HEAD + COLLECTED).replace("def chat", "async def chat")
    (tmp_path / "application.py").write_text(text, "utf-8")
    found = run(Request((tmp_path,), Config(root=tmp_path), Selection(), root=tmp_path)).findings
    assert sorted(each.code for each in found) == ["STL102", "STL201"]
