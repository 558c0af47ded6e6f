"""What a client receives of a run that is awaited before its events are read, before and after the repair: both are run."""

from __future__ import annotations

import asyncio
import types
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest

from streamlint.fix import Level
from tests.llama_stand_ins import Broken, replaced_modules
from tests.test_repairs_run import lint

HEAD = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core.agent.workflow import AgentStream, FunctionAgent
from llama_index.llms.openai import OpenAI

app = FastAPI()
agent = FunctionAgent(tools=[], llm=OpenAI())
saves = []

"""
ROUTES = {
    "the result is saved": """
@app.get("/")
async def get(q: str):
    handler = agent.run(q)
    result = await handler
    saves.append(str(result))

    async def stream():
        async for event in handler.stream_events():
            if isinstance(event, AgentStream):
                yield event.delta
        yield f"[{len(saves)}]"

    return StreamingResponse(stream(), media_type="text/plain")
""",
    "in the generator": """
@app.get("/")
async def get(q: str):
    handler = agent.run(q)

    async def stream():
        try:
            text = await handler
            saves.append(text)
            async for event in handler.stream_events():
                if isinstance(event, AgentStream):
                    yield event.delta
        finally:
            saves.append("closed")

    return StreamingResponse(stream(), media_type="text/plain")
""",
}


class AgentStream:
    def __init__(self, delta: str) -> None:
        self.delta = delta


class Run:
    """As the handler of a run: it makes its events in a task, and raises what went wrong when it is awaited."""

    def __init__(self, *, fails: bool, log: list[str]) -> None:
        self.events: asyncio.Queue[AgentStream | None] = asyncio.Queue()
        self.log = log
        self.task = asyncio.ensure_future(self._make(fails))

    async def _make(self, fails: bool) -> str:
        try:
            for token in ("one", "two"):
                await asyncio.sleep(0)
                self.log.append(f"made {token}")
                self.events.put_nowait(AgentStream(token))
            if fails:
                raise Broken
            return "onetwo"
        finally:
            self.events.put_nowait(None)

    def __await__(self) -> Generator[object, None, str]:
        return asyncio.shield(self.task).__await__()

    async def stream_events(self) -> AsyncIterator[AgentStream]:
        while (event := await self.events.get()) is not None:
            yield event

    async def cancel_run(self) -> None:
        self.task.cancel()


def ran(text: str, *, fails: bool) -> tuple[list[str], list[str], list[str], str]:
    """What is received, what was made and received in which order, what was saved, and what was raised."""
    log: list[str] = []
    agents, models = types.ModuleType("llama_index.core.agent.workflow"), types.ModuleType("llama_index.llms.openai")
    agent = types.SimpleNamespace(run=lambda question: Run(fails=fails, log=log))
    vars(agents).update(AgentStream=AgentStream, FunctionAgent=lambda **_: agent)
    vars(models).update(OpenAI=object)
    above = ("llama_index", "llama_index.core", "llama_index.core.agent", "llama_index.llms")
    made = {name: types.ModuleType(name) for name in above} | {one.__name__: one for one in (agents, models)}
    module = types.ModuleType("application")
    with replaced_modules(made):
        exec(compile(text, "application", "exec"), vars(module))
        received, raised = asyncio.run(_received(module, log))
    return received, log, module.saves, raised


async def _received(module: types.ModuleType, log: list[str]) -> tuple[list[str], str]:
    received: list[str] = []
    try:
        async for item in (await module.get("first")).body_iterator:
            received.append(item)
            log.append(f"received {item}")
    except Broken:
        return received, "broken"
    return received, ""


@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES.keys())
class TestAwaitedBelow:
    def repaired(self, route: str, folder: Path) -> tuple[str, str]:
        (folder / "application.py").write_text(HEAD + route, "utf-8")
        (folder / "pyproject.toml").write_text("[project]\nname = 'written'\n", "utf-8")
        (change,) = lint(folder, fix=True, level=Level.RESPONSE).changes
        return change.before.text, change.after.text

    def test_the_same_is_received_and_saved_but_at_once(self, route: str, tmp_path: Path) -> None:
        before, after = (ran(one, fails=False) for one in self.repaired(route, tmp_path))
        assert (before[0], sorted(before[2]), before[3]) == (after[0], sorted(after[2]), after[3])
        assert before[1].index("received one") > before[1].index("made two")
        assert after[1].index("received one") < after[1].index("made two")

    def test_a_run_that_fails_is_told_and_nothing_is_saved(self, route: str, tmp_path: Path) -> None:
        before, after = (ran(one, fails=True) for one in self.repaired(route, tmp_path))
        assert before[3] == after[3] == "broken"
        assert "onetwo" not in after[2]
        assert after[0] == ["one", "two"]
