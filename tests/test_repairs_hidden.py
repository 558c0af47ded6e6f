"""What a client receives of a model that fails, and what is saved and logged, before and after the repair: both are run."""

from __future__ import annotations

import asyncio
import logging
import types
from pathlib import Path

import pytest

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
