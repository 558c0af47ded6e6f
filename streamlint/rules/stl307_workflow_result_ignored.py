from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from streamlint.fact import Fact
from streamlint.finding import Related, Severity, Symptom
from streamlint.fix import Fix
from streamlint.model import syntax as ir
from streamlint.repairs.results import awaited_below
from streamlint.repairs.workflows import await_after
from streamlint.rule import Rule, on
from streamlint.streams.workflows import EventLoop, Workflows
from streamlint.tree import nodes as cst
from streamlint.tree.python import PythonFile
from streamlint.values.puts import PUTTING


class WorkflowResultIgnored(Rule):
    """
    ## What it does

    Finds code that streams the events of a workflow or an agent to a client and never awaits the handler of the run, or
    awaits it before the events are read.

    ## Why it breaks streaming

    The events simply end when a step raises or the time is up; the error is only raised by `await handler`. Measured: a run
    that failed after 5 of 20 tokens gave a response that was cut, had status 200, ended regularly, and left nothing in the log.
    Awaited first, the handler is ready when all tokens are: the first byte came after 1.03 s of 1.0 s.

    ## Example

    ```python
    import anyio
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core.agent.workflow import AgentStream, FunctionAgent

    app = FastAPI()
    agent = FunctionAgent(llm=llm)


    @app.get("/chat")
    async def chat(q: str):
        handler = agent.run(q)

        async def stream():
            try:
                async for event in handler.stream_events():
                    if isinstance(event, AgentStream):
                        yield event.delta
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
    from llama_index.core.agent.workflow import AgentStream, FunctionAgent

    app = FastAPI()
    agent = FunctionAgent(llm=llm)


    @app.get("/chat")
    async def chat(q: str):
        handler = agent.run(q)

        async def stream():
            try:
                async for event in handler.stream_events():
                    if isinstance(event, AgentStream):
                        yield event.delta
                await handler
            finally:
                with anyio.CancelScope(shield=True):
                    await handler.cancel_run()

        return StreamingResponse(stream(), media_type="text/plain")
    ```

    ## Fix safety

    `response`: a run that ended well is awaited at once and nothing changes for the client. A run that failed now raises: the
    server logs the error and the client sees that the response is incomplete. `unsafe` where something follows the loop, which
    a run that failed would then skip. A run without a name is given one. Where the run is awaited first, that and what is
    done with its result moves below the loop, unless something of it is sent to the client, or used elsewhere. No fix is needed
    where the loop is left early with `break`. No fix comes where a queue or an event is told below the loop that it is over: an
    error would pass that by, and its reader would wait for ever.

    ## References

    - [LlamaIndex: streaming events](https://docs.llamaindex.ai/en/stable/understanding/workflows/stream/)
    """

    code = "STL307"
    name = "workflow-result-ignored"
    severity = Severity.WARNING
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ("For",)
    message = "{fault}"
    words = ("stream_events",)

    @on(ir.Scope)
    def ignored(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        if file.project.reach.from_request(file.facts, scope) is None:
            return
        for found in file.project.ask(Workflows).ignored_results(file.frame(scope)):
            if found.waits_before is not None or not _is_left_early(found.loop, scope):
                yield self._told(found, scope, file)

    def _told(self, found: EventLoop, scope: ir.Scope, file: PythonFile) -> Fact:
        handler = found.name or "the handler"
        if found.waits_before is not None:
            wait = found.waits_before
            return file.fact(
                self,
                found.loop,
                at=wait,
                fault=f"`{handler}` is awaited before its events are read, so all of them are sent at the end",
                label="waits for the end of the run",
                related=(Related(file.place(found.loop.iterable), "every event is there already"),),
                help=f"read the events first and `await {handler}` after the loop",
                severity=Severity.ERROR,
                repair=None if _is_left_early(found.loop, scope) else partial(awaited_below, file, found, scope),
            )
        if found.name is None:
            return file.fact(
                self,
                found.loop,
                fault="the run's handler is kept by nobody, so a step that fails cuts the stream without a word",
                label="the result, or the error, of this run is lost",
                help="give the handler a name and await it after the loop",
                repair=partial(_awaited, file, found, scope),
            )
        return file.fact(
            self,
            found.loop,
            fault=f"`{handler}` is never awaited, so a step that fails cuts the stream without a word",
            label="the events end in the same way whether the run has failed or not",
            help=f"`await {handler}` after the loop, which raises the error",
            repair=partial(_awaited, file, found, scope),
        )


def _awaited(file: PythonFile, found: EventLoop, scope: ir.Scope, node: cst.For) -> Fix | None:
    if _is_told_below(found.loop, scope):
        return None
    return await_after(file, node, found.handler, is_last=_is_last(found.loop, scope))


def _is_left_early(loop: ir.Loop, scope: ir.Scope) -> bool:
    """Whether a loop may end before its iterator does."""
    breaks = (one for one in loop.body.walk() if isinstance(one, ir.Line) and one.kind == "break")
    return any(scope.body.loop_around(one) is loop for one in breaks)


def _is_told_below(loop: ir.Loop, scope: ir.Scope) -> bool:
    """Whether others learn below the loop that it is over: they would wait for ever if an error passed that by."""
    for outer, inner in reversed(list(pairwise(scope.body.around(loop)))):
        if isinstance(outer, ir.Try) and inner is outer.body and outer.handlers:
            return False
        after = outer.after(inner) if isinstance(outer, ir.Block) and isinstance(inner, ir.Statement) else ()
        if any(map(_tells, ir.Block(after).expressions())):
            return True
    return False


def _tells(part: ir.Expression) -> bool:
    """`queue.put(None)`, also when handed on, or `over.set()`: an event that others wait for."""
    if isinstance(part, ir.Call) and not part.arguments and not part.keywords:
        return isinstance(part.function, ir.Attribute) and part.function.attribute == "set"
    return isinstance(part, ir.Attribute) and part.attribute in PUTTING


def _is_last(loop: ir.Loop, scope: ir.Scope) -> bool:
    """Whether a function ends after the loop."""
    return scope.body.loop_around(loop) is None and not any(scope.body.following(loop))
