"""What a client receives of a loop that waits for each item with a limit, before and after the repair: both are run."""

from __future__ import annotations

import asyncio
import types
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from streamlint.fix import Level
from tests.test_repairs_run import lint

PROGRAM = """
import asyncio

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()
slow, done = asyncio.Event(), []


async def items(fails_with=None):
    try:
        yield "one"
        await slow.wait()
        yield "two"
        if fails_with is not None:
            raise fails_with
        yield "three"
    finally:
        done.append("closed")


async def pinged(fails_with=None):
{body}

@app.get("/items")
async def get_items():
    return StreamingResponse(pinged(), media_type="text/plain")
"""
LOOPS = {
    "alone": """
    source = items(fails_with)
    while True:
        try:
            item = await asyncio.wait_for(anext(source), timeout=0.01)
        except asyncio.TimeoutError:
            yield "ping"
            continue
        except StopAsyncIteration:
            break
        except ValueError:
            yield "failed"
            continue
        yield item
    done.append("end")
""",
    "in a try of its own": """
    source = items(fails_with).__aiter__()
    try:
        while True:
            try:
                yield await asyncio.wait_for(source.__anext__(), 0.01)
            except asyncio.TimeoutError:
                yield "ping"
            except (StopAsyncIteration, ValueError) as error:
                yield type(error).__name__
                return
    finally:
        await source.aclose()
        done.append("end")
""",
}


def repaired(folder: Path, loop: str) -> tuple[str, str]:
    before = PROGRAM.format(body=loop.strip("\n") + "\n")
    (folder / "application.py").write_text(before, "utf-8")
    (folder / "pyproject.toml").write_text("[project]\nname = 'written'\n", "utf-8")
    (change,) = lint(folder, fix=True, level=Level.RESPONSE).changes
    return before, change.after.text


def ran(
    text: str, *, is_slow: bool, fails_with: Exception | None = None, leaves_at: str = ""
) -> tuple[list[str], list[str]]:
    """What is received, and what was done at the end; a client may leave when it has received something."""
    module = types.ModuleType("application")
    exec(compile(text, "application", "exec"), vars(module))
    return asyncio.run(_received(module, module.pinged(fails_with), is_slow, leaves_at)), module.done


async def _received(
    module: types.ModuleType, stream: AsyncGenerator[str, None], is_slow: bool, leaves_at: str
) -> list[str]:
    if not is_slow:
        module.slow.set()
    received: list[str] = []
    async for item in stream:
        received += [item] if item != "ping" or "ping" not in received else []
        if item == leaves_at:
            await stream.aclose()
            break
        if item == "ping":
            module.slow.set()
    return received


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS.keys())
class TestKeptTask:
    @pytest.mark.parametrize("fails_with", [None, ValueError(), TimeoutError()])
    def test_nothing_is_different_where_no_limit_is_met(
        self, loop: str, fails_with: Exception | None, tmp_path: Path
    ) -> None:
        before, after = (ran(one, is_slow=False, fails_with=fails_with) for one in repaired(tmp_path, loop))
        assert before == after
        assert "two" in after[0]

    def test_every_item_comes_after_a_limit(self, loop: str, tmp_path: Path) -> None:
        before, after = (ran(one, is_slow=True) for one in repaired(tmp_path, loop))
        assert "two" not in before[0]
        assert after[0][:4] == ["one", "ping", "two", "three"]
        assert after[1] == before[1]

    def test_the_generator_is_closed_when_the_client_leaves(self, loop: str, tmp_path: Path) -> None:
        before, after = (ran(one, is_slow=True, leaves_at="ping") for one in repaired(tmp_path, loop))
        assert before == after
        assert "closed" in after[1]
