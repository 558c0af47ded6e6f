"""What a client receives of a body that reads from a block which has ended, before and after the repair: both are run."""

from __future__ import annotations

import types
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from streamlint.fix import Level
from tests.test_repairs_run import lint

HEAD = """
import httpx
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


async def lines(upstream):
    async for line in upstream.aiter_lines():
        yield line + "\\n"

"""
ROUTES = {
    "passed on": """
@app.get("/")
async def get():
    async with httpx.AsyncClient() as client:
        async with client.stream("GET", "http://other/") as upstream:
            return StreamingResponse(upstream.aiter_bytes(), media_type="text/plain", status_code=203)
""",
    "passed on by a function elsewhere": """
@app.get("/")
async def get():
    async with httpx.AsyncClient() as client, client.stream("GET", "http://other/") as upstream:
        # each line
        return StreamingResponse(
            lines(upstream),
            media_type="text/plain",
            status_code=203,
        )
""",
    "a generator in two blocks": """
@app.get("/")
async def get():
    async with httpx.AsyncClient() as client:
        async with client.stream("GET", "http://other/") as upstream:

            async def body():
                async for text in upstream.aiter_text():
                    yield text

            return StreamingResponse(body(), media_type="text/plain", status_code=203)
""",
    "a file": """
@app.get("/")
def get():
    with open(NAME) as file:
        return StreamingResponse(file, media_type="text/plain", status_code=203)
""",
}
TEXT = "one\ntwo\n"


async def sent() -> AsyncIterator[bytes]:
    for line in TEXT.splitlines(keepends=True):
        yield line.encode()


class Told(httpx.MockTransport):
    """A service that notes when what it sends is closed."""

    def __init__(self) -> None:
        super().__init__(lambda request: httpx.Response(200, content=sent()))
        self.closed = 0

    async def aclose(self) -> None:
        self.closed += 1


def ran(text: str, name: Path) -> tuple[int, str, int]:
    """The status, the body, and how many clients were closed when it had been sent."""
    module = types.ModuleType("application")
    told = Told()
    exec(compile(text, "application", "exec"), vars(module))
    vars(module)["NAME"] = name
    vars(module)["httpx"] = types.SimpleNamespace(AsyncClient=partial(httpx.AsyncClient, transport=told))
    with TestClient(module.app) as client:
        response = client.get("/")
    return response.status_code, response.text, told.closed


@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES.keys())
def test_the_body_is_whole_and_everything_is_closed(route: str, tmp_path: Path) -> None:
    (tmp_path / "answer.txt").write_text(TEXT, "utf-8")
    (tmp_path / "application.py").write_text(HEAD + route, "utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'written'\n", "utf-8")
    (change,) = lint(tmp_path, fix=True, level=Level.RESPONSE).changes
    assert "aread" not in change.after.text
    after = ran(change.after.text, tmp_path / "answer.txt")
    assert after == (203, TEXT, int("AsyncClient" in route))
    with pytest.raises((httpx.StreamError, ValueError, RuntimeError)):
        ran(change.before.text, tmp_path / "answer.txt")
