from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact, of_facts
from streamlint.faults.losses import Losses
from streamlint.finding import Related, Severity, Symptom
from streamlint.fix import Fix
from streamlint.model import syntax as ir
from streamlint.repairs.workflows import without_limit
from streamlint.rule import Rule, on
from streamlint.streams.workflows import Limit, Workflows
from streamlint.tree.python import PythonFile


class WorkflowTimeout(Rule):
    """
    ## What it does

    Finds workflows whose events are streamed to a client and whose run may last only as long as the default of 45 seconds, or less.
    Agents are left out: they have no time limit of their own.

    ## Why it breaks streaming

    The time counts from the start of the run and not between two tokens, so a long answer is cut in its middle. Measured: 5 of 20
    tokens, a regular end of the response, and nothing in the log unless the handler is awaited.

    ## Example

    ```python
    import anyio
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
        handler = Answer().run(question=q)

        async def stream():
            try:
                async for event in handler.stream_events():
                    if isinstance(event, Token):
                        yield event.text
                await handler
            finally:
                with anyio.CancelScope(shield=True):
                    await handler.cancel_run()

        return StreamingResponse(stream(), media_type="text/plain")
    ```

    ## Use instead

    ```python
    import anyio
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
        handler = Answer(timeout=None).run(question=q)

        async def stream():
            try:
                async for event in handler.stream_events():
                    if isinstance(event, Token):
                        yield event.text
                await handler
            finally:
                with anyio.CancelScope(shield=True):
                    await handler.cancel_run()

        return StreamingResponse(stream(), media_type="text/plain")
    ```

    ## Fix safety

    `response` where a run is one step that waits for nothing but the model: a long answer is sent to its end. Else `unsafe`:
    without a limit nobody stops a run that never ends. A limit that is longer than any answer does the same good.
    Where the workflow's own constructor takes no limit, it is left out where that calls the one of its base, unless other classes
    come to it too. No fix is offered for a limit that was written down.

    ## References

    - [LlamaIndex: workflows](https://docs.llamaindex.ai/en/stable/module_guides/workflow/)
    """

    code = "STL308"
    name = "workflow-timeout"
    severity = Severity.WARNING
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ("Call",)
    message = "a run of `{workflow}` ends after {seconds} s, in the middle of whatever it streams to a client then"
    words = ("run",)

    @on(ir.Call)
    def limited(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        limits = file.project.ask(Workflows).limits(call, file.frame(scope))
        longest = file.project.knowledge.llama.workflow_seconds
        short = [limit for limit in limits if limit.seconds <= longest]
        if not short:
            return
        limit = short[0]
        yield file.fact(
            self,
            call,
            workflow=_name(limit, file),
            seconds=f"{limit.seconds:g}",
            label="the events of this run are sent to a client",
            related=tuple(place for each in short for place in _made(each, call, file)),
            help="give the workflow `timeout=None`, or a limit that is longer than any answer",
            notes=("the default of `timeout` is 45 s",) if limit.is_default else (),
            repair=of_facts(_without, file, limit),
        )


def _without(file: PythonFile, limit: Limit) -> Fix | None:
    return without_limit(file, limit, ends=file.project.ask(Losses).ends_by_itself(limit.owner))


def _name(limit: Limit, file: PythonFile) -> str:
    located = file.project.evaluator.scope_of(limit.owner)
    return located[1].name if located is not None else "the workflow"


def _made(limit: Limit, call: ir.Call, file: PythonFile) -> tuple[Related, ...]:
    origin = limit.place
    if origin.path == file.path and call.contains(origin):
        return ()
    place = file.project.place(origin.path, origin.start, origin.end)
    return (Related(place, f"`{_name(limit, file)}` is made here"),) if place is not None else ()
