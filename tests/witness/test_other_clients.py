"""The streams of OpenAI's, Anthropic's and Ollama's own clients are lost and saved as LlamaIndex's are."""

from __future__ import annotations

import json

import pytest

from .measure import broken_and_fixed, repeated

CLIENTS = {
    "openai": """
from openai import AsyncOpenAI, OpenAI

client = OpenAI(base_url=model_url() + "/v1", api_key="x")
async_client = AsyncOpenAI(base_url=model_url() + "/v1", api_key="x")
""",
    "anthropic": """
import anthropic

client = anthropic.Anthropic(base_url=model_url(), api_key="x")
async_client = anthropic.AsyncAnthropic(base_url=model_url(), api_key="x")
""",
    "ollama": """
import ollama

client = ollama.Client(host=model_url())
async_client = ollama.AsyncClient(host=model_url())
""",
}
APPLICATION = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
"""
TOKENS = "".join(f"tok{number} " for number in range(20))
DRAINED = {
    "openai": """def chat(q: str):
    stream = client.chat.completions.create(model="m", messages=[{"role": "user", "content": q}], stream=True)
    answer = ""
    for chunk in stream:
        answer += chunk.choices[0].delta.content or ""
    return {"answer": answer}
""",
    "anthropic": """async def chat(q: str):
    messages = [{"role": "user", "content": q}]
    answer = ""
    async for event in await async_client.messages.create(model="m", max_tokens=99, messages=messages, stream=True):
        if event.type == "content_block_delta":
            answer += event.delta.text
    return {"answer": answer}
""",
    "ollama": """async def chat(q: str):
    parts = []
    async for part in await async_client.chat(model="m", messages=[{"role": "user", "content": q}], stream=True):
        parts.append(part["message"]["content"])
    return {"answer": "".join(parts)}
""",
}
HELD = {
    "openai": """async def chat(q: str):
    stream = client.chat.completions.create(model="m", messages=[{"role": "user", "content": q}], stream=True)

    async def tokens():
        for chunk in stream:
            yield chunk.choices[0].delta.content or ""

    return StreamingResponse(tokens(), media_type="text/plain")
""",
    "anthropic": """async def chat(q: str):
    messages = [{"role": "user", "content": q}]

    async def tokens():
        for event in client.messages.create(model="m", max_tokens=99, messages=messages, stream=True):
            if event.type == "content_block_delta":
                yield event.delta.text

    return StreamingResponse(tokens(), media_type="text/plain")
""",
    "ollama": """async def chat(q: str):
    messages = [{"role": "user", "content": q}]

    async def tokens():
        for part in client.chat(model="m", messages=messages, stream=True):
            yield part["message"]["content"]

    return StreamingResponse(tokens(), media_type="text/plain")
""",
}
OBJECTS = """async def chat(q: str):
    stream = await async_client.chat.completions.create(model="m", messages=[], stream=True)
    return StreamingResponse(stream, media_type="text/plain")
"""
UNFRAMED = """async def chat(q: str):
    async def events():
        async for chunk in await async_client.chat.completions.create(model="m", messages=[], stream=True):
            yield chunk.choices[0].delta.content or ""

    return StreamingResponse(events(), media_type="text/event-stream")
"""


def _served(client: str, routes: dict[str, str]) -> str:
    return CLIENTS[client] + APPLICATION + routes[client]


@pytest.mark.parametrize("client", DRAINED)
@repeated
def test_a_drained_stream_buffers(client: str) -> None:
    broken, fixed = broken_and_fixed(_served(client, DRAINED))
    assert broken.buffered
    assert json.loads(broken.body) == {"answer": TOKENS}
    assert fixed.streamed
    assert fixed.body == TOKENS


@pytest.mark.parametrize("client", HELD)
@repeated
def test_a_synchronous_client_holds_the_loop(client: str) -> None:
    broken, fixed = broken_and_fixed(_served(client, HELD))
    assert broken.held
    assert fixed.smooth
    assert fixed.streamed
    assert broken.body == fixed.body == TOKENS


@repeated
def test_chunks_are_no_text() -> None:
    broken, fixed = broken_and_fixed(CLIENTS["openai"] + APPLICATION + OBJECTS)
    assert (broken.body, broken.complete) == ("", False)
    assert fixed.streamed
    assert fixed.body == TOKENS


@repeated
def test_raw_tokens_are_no_events() -> None:
    broken, fixed = broken_and_fixed(CLIENTS["openai"] + APPLICATION + UNFRAMED)
    assert "data:" not in broken.body
    events = [line.removeprefix("data: ") for line in fixed.body.splitlines() if line]
    assert "".join(json.loads(event) for event in events) == TOKENS
    assert fixed.streamed
