"""What takes the tokens of a stream before the response does: handlers that differ in one statement, asked directly."""

from __future__ import annotations

import pytest

from streamlint.faults.consumed import Consumptions

from .asking import Program

HEAD = """\
import logging

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core import VectorStoreIndex

app = FastAPI()
engine = VectorStoreIndex([]).as_query_engine(streaming=True)
whole = VectorStoreIndex([]).as_query_engine()
logger = logging.getLogger(__name__)
either = logging.getLogger(__name__)
either = None


def text(stream):
    return str(stream)


def far(stream):
    return text(stream)


def farther(stream):
    return far(stream)


async def later(stream):
    return str(stream)


def one_by_one(stream):
    yield str(stream)


def keeps(stream):
    return [stream]


@app.get("/")
async def home(q: str):
    answer = engine.query(q)
"""
SENT = "return StreamingResponse(answer.response_gen)"


def consumed(body: str) -> list[str]:
    program = Program(HEAD + "".join(f"    {line}\n" for line in body.splitlines()))
    module = program.module()
    frame = program.evaluator.any_call(module, program.function("home"))
    [entry] = [entry for entry in program.project.entries if entry.scope.name == "home"]
    found = program.project.ask(Consumptions).of(entry, frame)
    return [module.source.text[one.start : one.end] for one in found]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("print(answer)", ["answer"]),
        ("print('answer', answer)", ["answer"]),
        ("print(q)", []),
        ("print(answer.source_nodes)", []),
        ("print(str(answer))", ["str(answer)"]),
        ("logger.info('answer: %s', answer)", ["answer"]),
        ("logger.info('answer: %r', answer)", []),
        ("logger.info('%s: %a', q, answer)", []),
        ("logger.info('%r: %s', q, answer)", ["answer"]),
        ("logger.info('%-10.3s: %r', answer, q)", ["answer"]),
        ("logger.debug('answer: %s', answer)", []),
        ("logger.handle('answer: %s', answer)", []),
        ("either.info('answer: %s', answer)", []),
        ("q.info('answer: %s', answer)", []),
        ("list(answer.response_gen)", ["list(answer.response_gen)"]),
        (
            "for token in answer.response_gen:\n    q += token",
            ["for token in answer.response_gen"],
        ),
        ("q = [answer]", []),
        ("pass", []),
    ],
)
def test_what_is_written_and_read(line: str, expected: list[str]) -> None:
    assert consumed(f"{line}\n{SENT}") == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("text(answer)", ["answer"]),
        ("text(stream=answer)", ["answer"]),
        ("far(answer)", ["answer"]),
        ("farther(answer)", []),
        ("await later(answer)", ["answer"]),
        ("later(answer)", []),
        ("one_by_one(answer)", []),
        ("keeps(answer)", []),
        ("text(q)", []),
        ("text(engine.query(q))", []),
    ],
)
def test_what_helpers_do(line: str, expected: list[str]) -> None:
    assert consumed(f"{line}\n{SENT}") == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("other = engine.query(q)\nprint(other)\n" + SENT, []),
        ("if q:\n    print(answer)\n" + SENT, ["answer"]),
        ("if q:\n    print(answer)\n    return ''\n" + SENT, []),
        ("if q:\n    print(answer)\nelse:\n    " + SENT, []),
        ("response = StreamingResponse(answer.response_gen)\nprint(answer)\nreturn response", []),
        ("print(answer)\nreturn StreamingResponse(whole.query(q).response)", []),
    ],
)
def test_what_is_sent_then(body: str, expected: list[str]) -> None:
    assert consumed(body) == expected
