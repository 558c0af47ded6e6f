"""STL561 model-timeout-short: the client of the model gives up before the first token."""

from __future__ import annotations

from .measure import broken_and_fixed, repeated
from .pace import Pace

LOCAL_MODEL = """
import ollama
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()
llama = ollama.AsyncClient(host=model_url(), timeout=0.3)


@app.get("/chat")
async def chat(q: str):
    async def tokens():
        async for part in await llama.chat(model="m", messages=[{"role": "user", "content": q}], stream=True):
            yield part["message"]["content"]

    return StreamingResponse(tokens(), media_type="text/plain")
"""
BY_HAND = """
import httpx
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()
client = httpx.AsyncClient(timeout=0.3)


@app.get("/chat")
async def chat(q: str):
    async def tokens():
        async with client.stream("POST", f"{model_url()}/api/chat", json={"prompt": q}) as answer:
            async for line in answer.aiter_lines():
                yield line + "\\n"

    return StreamingResponse(tokens(), media_type="application/x-ndjson")
"""
SLOW = Pace(gap=0.7, tokens=4)
"""Twice as silent as the client is patient; the default of 30 s does the same to a model that reads for a minute."""


@repeated
def test_a_client_gives_up_before_the_first_token() -> None:
    broken, fixed = broken_and_fixed(LOCAL_MODEL, fix_level="unsafe", select=("STL561",), pace=SLOW)
    assert broken.body == "" and not broken.complete
    assert "ReadTimeout" in broken.log
    assert fixed.streamed and fixed.body == "tok0 tok1 tok2 tok3 "


@repeated
def test_so_does_one_that_is_made_by_hand() -> None:
    broken, fixed = broken_and_fixed(BY_HAND, fix_level="unsafe", select=("STL561",), pace=SLOW)
    assert broken.body == "" and not broken.complete
    assert fixed.streamed
