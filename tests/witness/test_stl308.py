"""STL308 workflow-timeout: the answer is cut in its middle."""

from __future__ import annotations

import pytest

from .measure import broken_and_fixed, repeated
from .pace import Pace

WORKFLOW = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core.workflow import Context, Event, StartEvent, StopEvent, Workflow, step

app = FastAPI()


class Token(Event):
    text: str


class Answer(Workflow):
    @step
    async def answer(self, ctx: Context, event: StartEvent) -> StopEvent:
        async for chunk in await llm.astream_complete(event.question):
            ctx.write_event_to_stream(Token(text=chunk.delta))
        return StopEvent()


@app.get("/chat")
async def chat(q: str):
    handler = Answer(timeout=0.5).run(question=q)

    async def stream():
        async for event in handler.stream_events():
            if isinstance(event, Token):
                yield event.text

    return StreamingResponse(stream(), media_type="text/plain")
"""


@repeated
def test_a_limit_cuts_the_answer() -> None:
    """The limit is short so that the test is; the default of 45 s does the same to a longer answer."""
    pace = Pace(gap=0.05)
    broken, fixed = broken_and_fixed(WORKFLOW, fixed=WORKFLOW.replace("timeout=0.5", "timeout=None"), pace=pace)
    assert broken.complete
    assert 0 < broken.arrivals < 0.75 * pace.tokens
    assert "imeout" not in broken.log
    assert fixed.streamed


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_default_is_what_the_rule_says() -> None:
    from llama_index.core.agent.workflow import FunctionAgent
    from llama_index.core.llms import MockLLM
    from llama_index.core.workflow import StartEvent, StopEvent, Workflow, step

    from streamlint.knowledge.llama_index import load

    class Answer(Workflow):
        @step
        async def answer(self, event: StartEvent) -> StopEvent:
            return StopEvent()

    assert Answer()._timeout == load().workflow_seconds
    assert FunctionAgent(llm=MockLLM())._timeout is None
