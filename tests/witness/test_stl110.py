"""STL110 cumulative-text: each piece repeats everything before it."""

from __future__ import annotations

from .measure import broken_and_fixed, repeated

ANSWER = "".join(f"tok{number} " for number in range(20))
HEAD = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core import Settings
from llama_index.core.agent.workflow import AgentStream, FunctionAgent

app = FastAPI()


@app.get("/chat")
"""
CHUNKS = (
    HEAD
    + """def chat(q: str):
    chunks = Settings.llm.stream_complete(q)
    return StreamingResponse((chunk.text for chunk in chunks), media_type="text/plain")
"""
)
EVENTS = (
    HEAD
    + """async def chat(q: str):
    workflow: FunctionAgent = agent

    async def stream():
        handler = workflow.run(q)
        async for event in handler.stream_events():
            if isinstance(event, AgentStream):
                yield event.response
        await handler

    return StreamingResponse(stream(), media_type="text/plain")
"""
)


@repeated
def test_the_body_grows_with_the_square_of_the_tokens() -> None:
    broken, fixed = broken_and_fixed(CHUNKS, select=("STL110",))
    assert broken.streamed
    assert len(broken.body) > 8 * len(ANSWER)
    assert fixed.streamed
    assert fixed.body == ANSWER


@repeated
def test_so_does_an_agents_response() -> None:
    broken, fixed = broken_and_fixed(EVENTS, select=("STL110",))
    assert len(broken.body) > 8 * len(ANSWER)
    assert fixed.streamed
    assert fixed.body.strip() == ANSWER.strip()
