"""Which takings of a handler swallow the stream, and which names hold its text: small handlers, asked directly."""

from __future__ import annotations

import pytest

from .asking import Program

ROUTE = """\
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core import VectorStoreIndex

app = FastAPI()
engine = VectorStoreIndex([]).as_query_engine(streaming=True)


@app.get("/")
def home(name: str):
"""
TEXT = "text = ''.join(engine.query(name).response_gen)\n    "


def swallowed(body: str) -> int:
    program = Program(f"{ROUTE}    {body}\n")
    frame = program.evaluator.any_call(program.module(), program.function("home"))
    [entry] = [entry for entry in program.project.entries if entry.scope.name == "home"]
    return len(program.project.drains.of(entry, frame))


ANSWER = "return StreamingResponse(engine.query({}).response_gen)"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (TEXT + "return text", 1),
        (TEXT + "return 'done'", 1),
        (TEXT + ANSWER.format("text"), 0),
        (TEXT + ANSWER.format("name"), 0),
        (TEXT + "print(text)\n    " + ANSWER.format("text"), 0),
        (TEXT + "more = engine.query(text)\n    again = engine.query(text)\n    return str(again)", 1),
        (TEXT + "more = engine.query(text)\n    return [more, text]", 1),
        (f"if name:\n        {TEXT}    return text\n    {ANSWER.format('name')}", 0),
        ("text = ''.join(engine.query(name).response_gen) if name else ''\n    return text", 1),
        ("return StreamingResponse(engine.query(name).response_gen)", 0),
    ],
)
def test_what_a_handler_swallows(body: str, expected: int) -> None:
    assert swallowed(body) == expected


def derived(body: str) -> set[str]:
    program = Program(f"{ROUTE}    {body}\n")
    frame = program.evaluator.any_call(program.module(), program.function("home"))
    [drain] = program.project.drains.in_frame(frame)
    return set(program.project.drains.derived(drain, frame))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (TEXT, {"text"}),
        (TEXT + "shown = text.strip()\n    both = shown + name", {"text", "shown", "both"}),
        (TEXT + "other = name", {"text"}),
        ("text = ''\n    other = text\n    text = ''.join(engine.query(name).response_gen)", {"text"}),
        ("text = ''\n    text += ''.join(engine.query(name).response_gen)", {"text"}),
        (TEXT + "name += text", {"text", "name"}),
        (TEXT + "for one in text:\n        print(one)", {"text"}),
        (
            "text = ''\n    for token in engine.query(name).response_gen:\n        text += token\n    both = text",
            {"text", "both"},
        ),
    ],
)
def test_which_names_hold_the_text(body: str, expected: set[str]) -> None:
    assert derived(body) == expected


STREAM = "engine.query(name).response_gen"


def taken(body: str) -> int:
    program = Program(f"{ROUTE}    {body}\n")
    frame = program.evaluator.any_call(program.module(), program.function("home"))
    return len(program.project.drains.in_frame(frame))


@pytest.mark.parametrize("name", ["list", "tuple", "set", "sorted", "sum", "max", "min", "dict"])
def test_what_collects_all_tokens(name: str) -> None:
    assert taken(f"text = {name}({STREAM})") == 1


@pytest.mark.parametrize("name", ["append", "extend", "add", "insert", "update", "appendleft"])
def test_loops_that_gather(name: str) -> None:
    assert taken(f"parts = []\n    for token in {STREAM}:\n        parts.{name}(token)") == 1


@pytest.mark.parametrize(
    "call",
    [
        *(
            "print",
            "len",
            "str",
            "repr",
            "isinstance",
            "hasattr",
            "getattr",
            "bool",
            "int",
            "float",
            "type",
            "id",
            "hash",
            "ord",
        ),
        *(
            f"logger.{level}"
            for level in ("debug", "info", "warning", "error", "exception", "critical", "log", "trace")
        ),
    ],
)
def test_what_may_stand_beside_in_a_loop_that_gathers(call: str) -> None:
    loop = f"text = ''\n    for token in {STREAM}:\n        {{}}(token)\n        text += token\n    return text"
    assert taken(loop.format(call)) == 1
    assert taken(loop.format("send")) == 0


@pytest.mark.parametrize(
    "body", [f"for token in {STREAM}:\n        send(token)", f"iter({STREAM})", "engine.query(name)"]
)
def test_what_takes_no_tokens(body: str) -> None:
    assert taken(body) == 0
