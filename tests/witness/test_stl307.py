"""STL307 workflow-result-ignored: a run that fails looks like one that has ended."""

from __future__ import annotations

from .measure import broken_and_fixed, repeated

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
        number = 0
        async for chunk in await llm.astream_complete(event.question):
            number += 1
            if number > FAILS_AFTER:
                raise ValueError("the model has gone away")
            ctx.write_event_to_stream(Token(text=chunk.delta))
        return StopEvent()


workflow = Answer(timeout=None)


@app.get("/chat")
async def chat(q: str):
    handler = workflow.run(question=q)

    async def stream():
        BEFORE
        async for event in handler.stream_events():
            if isinstance(event, Token):
                yield event.text

    return StreamingResponse(stream(), media_type="text/plain")
"""


@repeated
def test_a_failure_ends_the_stream_without_a_word() -> None:
    code = WORKFLOW.replace("        BEFORE\n", "").replace("FAILS_AFTER", "5")
    broken, fixed = broken_and_fixed(code, select=["STL307"])
    assert broken.complete
    assert broken.body == "tok0 tok1 tok2 tok3 tok4 "
    assert "gone away" not in broken.log
    assert not fixed.complete
    assert "gone away" in fixed.log


@repeated
def test_a_run_that_ends_well_streams_as_before() -> None:
    broken, fixed = broken_and_fixed(
        WORKFLOW.replace("        BEFORE\n", "").replace("FAILS_AFTER", "99"), select=["STL307"]
    )
    assert broken.streamed
    assert fixed.streamed
    assert broken.body == fixed.body


@repeated
def test_a_handler_that_is_awaited_first_sends_everything_at_the_end() -> None:
    code = WORKFLOW.replace("FAILS_AFTER", "99")
    awaited = code.replace("BEFORE", "await handler")
    right = code.replace("        BEFORE\n", "")
    broken, fixed = broken_and_fixed(awaited, fixed=right)
    assert broken.buffered
    assert fixed.streamed
