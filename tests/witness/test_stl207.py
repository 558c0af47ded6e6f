"""STL207 async-in-name-only: the awaited method of the engine runs the model's synchronous one on the loop."""

from __future__ import annotations

from .measure import broken_and_fixed, repeated

HEAD = """
import asyncio
import time

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata

app = FastAPI()


class OurLLM(CustomLLM):
    @property
    def metadata(self):
        return LLMMetadata()

    def complete(self, prompt, formatted=False, **kwargs):
        return CompletionResponse(text="")

    def stream_complete(self, prompt, formatted=False, **kwargs):
        for number in range(20):
            time.sleep(0.02)
            yield CompletionResponse(text="", delta=f"tok{number} ")
"""
OWN = """
    async def astream_complete(self, prompt, formatted=False, **kwargs):
        async def stream():
            for number in range(20):
                await asyncio.sleep(0.02)
                yield CompletionResponse(text="", delta=f"tok{number} ")

        return stream()
"""
COMPLETE = """

our_llm = OurLLM()


@app.get("/chat")
async def chat(q: str):
    async def stream():
        async for chunk in await our_llm.astream_complete(q):
            yield chunk.delta

    return StreamingResponse(stream(), media_type="text/plain")
"""
QUERY = """

our_engine = index.as_query_engine(streaming=True, llm=OurLLM())


@app.get("/chat")
async def chat(q: str):
    response = await our_engine.aquery(q)
    return StreamingResponse(response.async_response_gen(), media_type="text/plain")
"""
IN_THREADS = (
    QUERY.replace("async def", "def")
    .replace("await our_engine.aquery", "our_engine.query")
    .replace("async_response_gen()", "response_gen")
)


@repeated
def test_a_model_with_synchronous_methods_only_holds_the_loop() -> None:
    broken, fixed = broken_and_fixed(HEAD + COMPLETE, fixed=HEAD + OWN + COMPLETE)
    assert broken.held
    assert fixed.smooth
    assert fixed.streamed


@repeated
def test_the_synchronous_methods_in_a_thread_leave_it_free() -> None:
    broken, fixed = broken_and_fixed(HEAD + QUERY, fixed=HEAD + IN_THREADS)
    assert broken.held
    assert fixed.smooth
    assert fixed.streamed
