"""What a client receives of a model that fails, and what is saved and logged, before and after the repair: both are run."""

from __future__ import annotations

import asyncio
import logging
import types
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from streamlint.fix import Level
from tests.handlers import HEAD
from tests.llama_stand_ins import TOKENS, Broken, installed
from tests.test_repairs_run import lint

ROUTE = """
@app.get("/r0")
async def r0(q: str):
    response = await engine.aquery(q)

    async def stream():
        try:
            async for token in response.async_response_gen():
                yield token
        except {caught}:
            {then}
        finally:
            log("closed")
{rest}
    return StreamingResponse(stream(), media_type="text/plain")
"""
LAST = [("Exception", "pass"), ("(ValueError, Exception)", "return"), ("BaseException", "pass")]
FOLLOWED = '        save("the end")\n'


def repaired(folder: Path, route: str, level: Level) -> tuple[str, str]:
    (folder / "application.py").write_text(f"{HEAD}\n{route}", "utf-8")
    (folder / "pyproject.toml").write_text("[project]\nname = 'written'\n", "utf-8")
    (change,) = lint(folder, fix=True, level=level).changes
    return change.before.text, change.after.text


def ran(text: str, fails_at: int | None) -> tuple[list[str], list[str], list[str], bool]:
    """What is received, saved and logged by the program, and whether the body breaks off."""
    module = types.ModuleType("application")
    with installed(fails_at):
        exec(compile(text, "application", "exec"), vars(module))
        received, is_broken = asyncio.run(_received(module))
    return received, module.saves, module.logs, is_broken


async def _received(module: types.ModuleType) -> tuple[list[str], bool]:
    received: list[str] = []
    try:
        async for item in (await module.r0("first")).body_iterator:
            received.append(item)
    except Broken:
        return received, True
    return received, False


@pytest.mark.parametrize(("caught", "then"), LAST)
def test_a_failure_passes_on(caught: str, then: str, tmp_path: Path) -> None:
    before, after = repaired(tmp_path, ROUTE.format(caught=caught, then=then, rest=""), Level.RESPONSE)
    assert ran(before, None) == ran(after, None) == (list(TOKENS), [], ["closed"], False)
    assert ran(before, 2) == (list(TOKENS[:2]), [], ["closed"], False)
    assert ran(after, 2) == (list(TOKENS[:2]), [], ["closed"], True)


def test_a_failure_is_logged_and_what_follows_is_done(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    route = ROUTE.format(caught="Exception", then="pass", rest=FOLLOWED)
    before, after = repaired(tmp_path, route, Level.SAFE)
    with caplog.at_level(logging.ERROR):
        assert ran(before, 2) == ran(after, 2) == (list(TOKENS[:2]), ["the end"], ["closed"], False)
    assert [record.message for record in caplog.records] == ["the stream broke off"]


REFUSING = """
@app.get("/r0")
async def r0(q: str):
    async def stream():
        if q == "no":
            raise HTTPException(status_code=422)
        try:
            if_asked = await engine.aquery(q)
            log("asked")
            async for token in if_asked.async_response_gen():
                yield token
            log("done")
        except ValueError as error:
            raise HTTPException(status_code=400, detail=str(error))

    return StreamingResponse(stream(), media_type="text/plain")
"""


def test_who_is_refused_receives_the_status(tmp_path: Path) -> None:
    head = HEAD.replace("import Depends, FastAPI", "import Depends, FastAPI, HTTPException")
    (tmp_path / "application.py").write_text(f"{head}\n{REFUSING}", "utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'written'\n", "utf-8")
    (change,) = lint(tmp_path, fix=True, level=Level.RESPONSE).changes
    broken, fixed = asked(change.before.text), asked(change.after.text)
    assert [status for status, *_ in fixed] == [200, 422, 400]
    assert fixed[0] == broken[0]
    assert broken[1][0] == broken[2][0] == 0, "the client received no answer that it could read"


def asked(text: str) -> list[tuple[int, str, list[str]]]:
    """Status, body and log of a question, of one that the route refuses, and of one that the engine refuses."""
    seen = []
    for question in ("first", "no", "bad"):
        module = types.ModuleType("application")
        with installed(None):
            exec(compile(text, "application", "exec"), vars(module))
            if question == "bad":
                module.engine = Refusing()
            try:
                answer = TestClient(module.app).get(f"/r0?q={question}")
            except RuntimeError:  # Starlette's, which says that the response had started
                seen.append((0, "", module.logs))
            else:
                seen.append((answer.status_code, answer.text, module.logs))
    return seen


class Refusing:
    async def aquery(self, question: str) -> object:
        raise ValueError(question)
