"""What is shown in the end, saved and raised, before and after the repair of a page, a chat or a callback."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import types
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from streamlint.fix import Level
from tests.llama_stand_ins import Broken, installed, replaced_modules
from tests.test_repairs_run import lint

COLLECTED = {
    "a loop": 'text = ""\n{loop}for token in {tokens}:\n    text += token',
    "a loop with a condition": 'text = ""\n{loop}for token in {tokens}:\n    if token:\n        text = text + token',
    "a comprehension": 'text = "".join([token {loop}for token in {tokens}])',
    "a condition in a comprehension": 'text = "".join([token.upper() {loop}for token in {tokens} if token])',
    "a loop that looks back": 'text = ""\n{loop}for token in {tokens}:\n    text += token\n    if "34" in text:\n        break',
}
RESTS = {"nothing else": "", "a save": "saves.append(text)\n", "a log": "log(len(text))\n"}
SYNC = {"loop": "", "tokens": "engine.query(q).response_gen"}
ASYNC = {"loop": "async ", "tokens": "(await engine.aquery(q)).async_response_gen()"}

PAGE = """
import streamlit as st

saves, logs = [], []


def log(value):
    logs.append(value)


def draw(q):
{body}    st.markdown(text)
{rest}

draw("first")
"""
CALLBACK = """
import gradio as gr


{word}def answer(q, history):
{body}{rest}    return text


gr.ChatInterface(answer)
"""
MESSAGE = """
import chainlit as cl


@cl.on_message
async def answer(message):
    q = message.content
{body}{rest}    await cl.Message(content=text, author="Bot").send()
    saves.append("sent")
"""
START = """
from llama_index.core import VectorStoreIndex

engine = VectorStoreIndex.from_documents([]).as_query_engine(streaming=True)
"""


def indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def written(template: str, collected: str, rest: str, *, is_async: bool, **words: str) -> str:
    tokens = ASYNC if is_async else SYNC
    return template.format(body=indented(collected.format(**tokens)), rest=indented(rest), **words)


def repaired(folder: Path, text: str, level: Level) -> str:
    (folder / "application.py").write_text(text, "utf-8")
    (folder / "pyproject.toml").write_text("[project]\nname = 'written'\n", "utf-8")
    changes = lint(folder, fix=True, level=level).changes
    return changes[0].after.text if changes else text


def ran(text: str, fails_at: int | None, *modules: types.ModuleType) -> types.ModuleType:
    module = types.ModuleType("application")
    with installed(fails_at), replaced_modules({one.__name__: one for one in modules}):
        exec(compile(text, "application", "exec"), vars(module))
    return module


# What each shows


def on_page(text: str, fails_at: int | None) -> tuple[object, ...]:
    shown: list[str] = []
    streamlit = types.ModuleType("streamlit")

    def write_stream(tokens: Iterable[str]) -> str:
        shown.append("".join(tokens))
        return shown[-1]

    vars(streamlit).update(markdown=shown.append, write_stream=write_stream)
    state: dict[str, list[object]] = {"saves": [], "logs": []}
    with contextlib.suppress(Broken):
        module = ran(START + text, fails_at, streamlit)
        state = {"saves": module.saves, "logs": module.logs}
    return (shown, state)


def in_callback(text: str, fails_at: int | None) -> tuple[object, ...]:
    callbacks: list[Callable[..., object]] = []
    gradio = types.ModuleType("gradio")
    vars(gradio)["ChatInterface"] = callbacks.append
    module = ran(START + "saves, logs, log = [], [], print\n" + text, fails_at, gradio)
    try:
        last = asyncio.run(_last(callbacks[0]("first", [])))
    except Broken:
        last = "broken"
    return (last, module.saves, module.logs)


async def _last(made: object) -> object:
    """What a callback returns, or yields at last."""
    if inspect.iscoroutine(made):
        return await made
    if inspect.isasyncgen(made):
        return [item async for item in made][-1]
    return list(made)[-1] if inspect.isgenerator(made) else made


def in_message(text: str, fails_at: int | None) -> tuple[object, ...]:
    sent: list[tuple[str, str]] = []
    handlers: list[Callable[..., object]] = []
    chainlit = types.ModuleType("chainlit")

    class Message:
        def __init__(self, content: str, author: str = "") -> None:
            self.content, self.author = content, author

        async def stream_token(self, token: str) -> None:
            self.content += token

        async def send(self) -> None:
            sent.append((self.author, self.content))

    vars(chainlit).update(Message=Message, on_message=lambda handler: handlers.append(handler) or handler)
    module = ran(START + "saves, logs = [], []\nlog = logs.append\n" + text, fails_at, chainlit)
    raised = False
    try:
        asyncio.run(handlers[0](Message("first")))  # type: ignore[arg-type]  # a coroutine function
    except Broken:
        raised = True
    return (sent, module.saves, module.logs, raised)


@pytest.mark.parametrize("rest", RESTS.values(), ids=RESTS.keys())
@pytest.mark.parametrize("collected", COLLECTED.values(), ids=COLLECTED.keys())
class TestCollected:
    def test_on_a_page(self, collected: str, rest: str, tmp_path: Path) -> None:
        text = written(PAGE, collected, rest, is_async=False)
        after = repaired(tmp_path, START + text, Level.SAFE).removeprefix(START)
        for fails_at in (None, 2):
            assert on_page(text, fails_at)[1] == on_page(after, fails_at)[1]
        assert on_page(text, None) == on_page(after, None)

    @pytest.mark.parametrize("is_async", [False, True])
    def test_in_a_callback(self, collected: str, rest: str, is_async: bool, tmp_path: Path) -> None:
        text = written(CALLBACK, collected, rest, is_async=is_async, word="async " if is_async else "")
        after = repaired(tmp_path, START + text, Level.RESPONSE).removeprefix(START)
        assert "yield text" in after
        for fails_at in (None, 2):
            assert in_callback(text, fails_at) == in_callback(after, fails_at)

    def test_in_a_message(self, collected: str, rest: str, tmp_path: Path) -> None:
        text = written(MESSAGE, collected, rest, is_async=True)
        after = repaired(tmp_path, START + text, Level.SAFE).removeprefix(START)
        assert "stream_token" in after
        for fails_at in (None, 2):
            assert in_message(text, fails_at) == in_message(after, fails_at)
