"""Middleware that reads whole bodies, before and after its repair: the same bytes and records, and each chunk when it is made."""

from __future__ import annotations

import asyncio
import types
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.responses import Response

from streamlint.fix import Level
from tests.llama_stand_ins import installed
from tests.test_repairs_run import lint

PROGRAM = """
from fastapi import FastAPI
from fastapi.concurrency import iterate_in_threadpool
from fastapi.responses import StreamingResponse
from llama_index.core import VectorStoreIndex
from starlette.responses import Response

app = FastAPI()
engine = VectorStoreIndex.from_documents([]).as_query_engine(streaming=True)
records = []


@app.middleware("http")
async def recorded(request, call_next):
    response = await call_next(request)
{body}


@app.get("/chat")
def chat(q: str):
    return StreamingResponse(engine.query(q).response_gen, media_type="text/plain")
"""
TAKEN = {
    "added": 'body = b""\nasync for chunk in response.body_iterator:\n    body += chunk',
    "listed": 'chunks = []\nasync for one in response.body_iterator:\n    chunks.append(one)\nbody = b"".join(chunks)',
    "comprehension": 'chunks = [one async for one in response.body_iterator]\nbody = b"".join(chunks)',
    "joined": 'body = b"".join([one async for one in response.body_iterator])',
}
DONE = {
    "a record": "records.append((request, len(body), response.status_code))",
    "a condition": 'if response.headers.get("x-kind"):\n    records.append(body.decode())',
}
ANSWER = "return Response(body, status_code=response.status_code, headers=dict(response.headers))"
MADE = (b"call ", b"12", b"34")


class Answer(Response):
    """What the next layer gives; `made` are the chunks that it was asked for so far."""

    def __init__(self) -> None:
        super().__init__(status_code=201, headers={"X-Kind": "answer"})
        self.made: list[bytes] = []
        self.body_iterator: AsyncIterator[bytes] = self._chunks()

    async def _chunks(self) -> AsyncIterator[bytes]:
        for chunk in MADE:
            self.made.append(chunk)
            yield chunk


async def _asked(text: str) -> tuple[bytes, int, str | None, list[object], int]:
    """The body, the status and a header, the records, and how many chunks were made when the first one came."""
    module, answer = types.ModuleType("application"), Answer()
    with installed(None):
        exec(compile(text, "application", "exec"), vars(module))

    async def call_next(request: object) -> Answer:
        return answer

    response = await module.recorded("request", call_next)
    if not hasattr(response, "body_iterator"):
        return response.body, response.status_code, response.headers["x-kind"], module.records, len(answer.made)
    assert module.records == [], "nothing is recorded before the last chunk"
    chunks, first = [], 0
    async for chunk in response.body_iterator:
        first = first or len(answer.made)
        chunks.append(chunk)
    return b"".join(chunks), response.status_code, response.headers["x-kind"], module.records, first


@pytest.mark.parametrize("done", DONE.values(), ids=DONE.keys())
@pytest.mark.parametrize("taken", TAKEN.values(), ids=TAKEN.keys())
def test_repaired_middleware(taken: str, done: str, tmp_path: Path) -> None:
    body = "\n".join(f"    {line}" for line in f"{taken}\n{done}\n{ANSWER}".splitlines())
    text = PROGRAM.format(body=body)
    (tmp_path / "application.py").write_text(text, "utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'written'\n", "utf-8")
    outcome = lint(tmp_path, fix=True, level=Level.RESPONSE)
    (change,) = outcome.changes
    before, after = asyncio.run(_asked(text)), asyncio.run(_asked(change.after.text))
    assert after[:4] == before[:4]
    assert (before[4], after[4]) == (len(MADE), 1)
    assert outcome.findings == ()
