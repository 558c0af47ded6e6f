"""What a handler does with its text when a repair has made a generator of it: the same, but after the last token."""

from __future__ import annotations

import asyncio
import types
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from streamlint.fix import Level
from tests.handlers import HEAD
from tests.llama_stand_ins import TOKENS, installed
from tests.test_repairs_run import faults, lint

HANDLERS = {
    "it is saved": """
@app.get("/r0")
def r0(q: str):
    response = engine.query(q)
    text = ""
    for token in response.response_gen:
        text += token
    saves.append(text)
    log(len(text))
    return {"answer": text}
""",
    "the tokens are counted and joined": """
@app.get("/r0")
def r0(q: str):
    tokens = list(engine.query(q).response_gen)
    saves.append("".join(tokens))
    log(len(tokens))
    return {"answer": "".join(tokens)}
""",
    "the loop stops early": """
@app.get("/r0")
def r0(q: str):
    response = engine.query(q)
    text = ""
    for token in response.response_gen:
        if "now" in token:
            break
        text += token
    saves.append(text)
    return {"answer": text}
""",
    "each token is changed": """
@app.get("/r0")
def r0(q: str):
    response = engine.query(q)
    text = ""
    for token in response.response_gen:
        text += token.upper()
    saves.append(text)
    return PlainTextResponse(text)
""",
    "each token is changed in a generator expression": """
@app.get("/r0")
def r0(q: str):
    return {"answer": "".join(redact(token) for token in engine.query(q).response_gen)}
""",
    "a coroutine function counts": """
@app.get("/r0")
async def r0(q: str):
    response = await engine.aquery(q)
    count = 0
    pieces = []
    async for token in response.async_response_gen():
        pieces.append(token)
        count += 1
    saves.append(count)
    return {"answer": "".join(pieces)}
""",
    "a coroutine function takes a plain stream": """
@app.get("/r0")
async def r0(q: str):
    response = await asyncio.to_thread(engine.query, q)
    text = "".join(response.response_gen)
    saves.append(text)
    return {"answer": text}
""",
    "what was collected is sent again": """
@app.get("/r0")
def r0(q: str):
    response = engine.query(q)
    tokens = []
    for token in response.response_gen:
        tokens.append(token)
    saves.append("".join(tokens))
    return StreamingResponse(iter(tokens), media_type="text/plain")
""",
    "more than the text is answered": """
@app.get("/r0")
def r0(q: str):
    response = engine.query(q)
    text = "".join(response.response_gen)
    saves.append(text)
    return {"answer": text, "question": q, "length": len(text)}
""",
    "more than the text is answered by a coroutine function": """
@app.get("/r0")
async def r0(q: str):
    response = await asyncio.to_thread(engine.query, q)
    return JSONResponse({"question": q, "answer": "".join(response.response_gen)}, status_code=202)
""",
    "more than the text is given a name": """
@app.get("/r0")
async def r0(q: str) -> dict:
    response = await engine.aquery(q)
    text = ""
    async for token in response.async_response_gen():
        text += token
    result = {
        "answer": text,
        "question": q,
        "state": state,
    }
    return result
""",
}
KEPT = {
    "a header is made of the tokens": """
@app.get("/r0")
def r0(q: str):
    tokens = list(engine.query(q).response_gen)
    return StreamingResponse(iter(tokens), media_type="text/plain", headers={"X-Tokens": str(len(tokens))})
""",
    "an error is raised when all tokens are there": """
@app.get("/r0")
def r0(q: str):
    text = ""
    for token in engine.query(q).response_gen:
        text += token
    if not text:
        raise ValueError
    return {"answer": text}
""",
    "others read the name": """
@app.get("/r0")
def r0(q: str):
    global last
    text = ""
    for token in engine.query(q).response_gen:
        text += token
        last = token
    return {"answer": text}
""",
}


@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS.keys())
def test_nothing_is_lost(handler: str, tmp_path: Path) -> None:
    assert faults(tmp_path, f"{HEAD}\n{handler}") == []


@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS.keys())
def test_tokens_arrive_one_by_one_and_the_rest_after_them(handler: str, tmp_path: Path) -> None:
    (tmp_path / "application.py").write_text(f"{HEAD}\n{handler}", "utf-8")
    (change,) = lint(tmp_path, level=Level.RESPONSE, fix=True).changes
    items, saved = asyncio.run(_received(change.after.text))
    assert len(items) >= len(TOKENS) - 2
    assert not any(saved[:-1]), "what follows the last token was done before it"


@pytest.mark.parametrize("handler", KEPT.values(), ids=KEPT.keys())
def test_what_would_be_lost_is_left_alone(handler: str, tmp_path: Path) -> None:
    (tmp_path / "application.py").write_text(f"{HEAD}\n{handler}", "utf-8")
    assert lint(tmp_path, level=Level.UNSAFE, fix=True).changes == ()


async def _received(text: str) -> tuple[list[str], list[int]]:
    """The items of the body, and how much was saved when each of them came."""
    module = types.ModuleType("application")
    with installed(None):
        exec(compile(text, "application", "exec"), vars(module))
        answer = module.r0("first")
        response = await answer if asyncio.iscoroutine(answer) else answer
        body: AsyncIterator[str] = response.body_iterator
        items, saved = [], []
        async for item in body:
            items.append(item)
            saved.append(len(module.saves) + len(module.logs))
    return items, saved


DRESSED = {
    "injected": """
@app.get("/r0")
def r0(q: str, response: Response):
    response.headers["X-Model"] = "small"
    response.set_cookie("last", "a")
    response.set_cookie("other", "b")
    return {"answer": "".join(engine.query(q).response_gen)}
""",
    "made": """
@app.get("/r0")
def r0(q: str):
    answer = PlainTextResponse("".join(engine.query(q).response_gen), status_code=201)
    answer.headers["X-Model"] = "small"
    answer.set_cookie("last", "a")
    return answer
""",
    "given": """
@app.get("/r0")
def r0(q: str):
    answer = engine.query(q)
    return JSONResponse({"answer": "".join(answer.response_gen)}, status_code=202, headers={"X-Model": "small"})
""",
}


@pytest.mark.parametrize("handler", DRESSED.values(), ids=DRESSED.keys())
def test_headers_cookies_and_status_stay(handler: str, tmp_path: Path) -> None:
    head = HEAD.replace("import Depends, FastAPI", "import Depends, FastAPI, Response")
    (tmp_path / "application.py").write_text(f"{head}\n{handler}", "utf-8")
    (change,) = lint(tmp_path, level=Level.RESPONSE, fix=True).changes
    before, after = _dressing(change.before.text), _dressing(change.after.text)
    assert before == after
    assert before[1] == "small"
    assert faults(tmp_path, f"{head}\n{handler}") == []


def _dressing(text: str) -> tuple[int, str | None, list[str]]:
    """The status, a header and the cookies of an answer."""
    module = types.ModuleType("application")
    with installed(None):
        exec(compile(text, "application", "exec"), vars(module))
        with TestClient(module.app) as client:
            response = client.get("/r0", params={"q": "first"})
    return response.status_code, response.headers.get("x-model"), response.headers.get_list("set-cookie")
