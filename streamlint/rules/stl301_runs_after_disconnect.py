from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact, of_facts
from streamlint.faults.losses import Losses
from streamlint.faults.runs import Fault, Runs, RunsOn
from streamlint.finding import Severity, Symptom
from streamlint.fix import Fix
from streamlint.model import syntax as ir
from streamlint.repairs.cleanups import run_cancelled, task_cancelled, thread_stopped
from streamlint.rule import Rule, on
from streamlint.streams.generators import Generators
from streamlint.streams.sockets import Sockets
from streamlint.tree.python import PythonFile
from streamlint.tree.stands import EXPRESSIONS
from streamlint.values.activations import Frame
from streamlint.values.domain import Function

_RAN_ON = "measured: the client left after 0.4 s of 2 s, and the model produced every token that was left; with the repair, none"


class RunsAfterDisconnect(Rule):
    """
    ## What it does

    Finds work behind an async generator that goes on when the client has left: the run of a workflow or an agent that nothing
    cancels, and a task or a thread that takes tokens from a model and that nothing can stop. A thread that hands its tokens over
    with `call_soon_threadsafe` is right in every other way: it is advice, reported when the rule is selected by its code. Runs
    whose events a WebSocket handler sends are found as well: sending raises when the client has left, and the run goes on.

    ## Why it breaks streaming

    When a client leaves, the server cancels the generator and nothing else. A run, a task or a thread beside it does not
    notice: the model goes on to the last token, and the owner pays for an answer that nobody reads. Measured: the client left after
    0.4 s of 2 s, and all remaining tokens were produced, behind a WebSocket too. A plain `await handler.cancel_run()` in `finally`
    does not help, because the server cancels that `await` as well; it takes a shielded scope. Nor does
    `task.cancel()` of a task that reads the events: the task ends, the run goes on.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core.agent.workflow import AgentStream, FunctionAgent

    app = FastAPI()
    agent = FunctionAgent(llm=llm)


    @app.get("/chat")
    async def chat(q: str):
        async def stream():
            handler = agent.run(q)
            async for event in handler.stream_events():
                if isinstance(event, AgentStream):
                    yield event.delta
            await handler

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
        async def stream():
            handler = agent.run(q)
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

    `safe` where the run or the task only computes and hands on what it makes: its functions, the steps of the workflow and the
    tools of the agent are looked at, and all that they call. A client that stays receives the same, and cancelling what has ended
    does nothing. `unsafe`, with the reason, where something in it saves, bills, logs, or cannot be seen, or where somebody
    observes the model: that is cut short too when the client leaves. A run or a task without a name is given one. A thread is
    given an event that it asks before each token; there is no fix where it does more than hand tokens on, nor for a thread
    around a chat engine, and for a task that awaits a run, which go on by themselves.

    ## References

    - [LlamaIndex workflows: streaming events](https://docs.llamaindex.ai/en/stable/understanding/workflows/stream/)
    - [AnyIO: shielding](https://anyio.readthedocs.io/en/stable/cancellation.html#shielding)
    """

    code = "STL301"
    name = "runs-after-disconnect"
    severity = Severity.WARNING
    symptom = Symptom.AFTER_LEAVING
    since = "0.1.0"
    stands_on = EXPRESSIONS
    message = "{what} runs on to its last token after the client has left"

    @on(ir.Scope)
    def generated(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        frame = file.frame(scope)
        generators = file.project.ask(Generators)
        if not scope.is_async or not generators.is_served(frame) or generators.is_collected(frame):
            return
        for found in file.project.ask(Runs).of(frame):
            yield self._fact(file, frame, found)

    @on(ir.Scope)
    def sent_to_a_socket(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        frame = file.frame(scope)
        is_likely = scope.is_async and not scope.is_generator and any(loop.is_async for loop in scope.loops)
        if is_likely and file.project.ask(Sockets).is_of_socket(frame):
            for found in file.project.ask(Runs).of_socket(frame):
                yield self._fact(file, frame, found)

    def _fact(self, file: PythonFile, frame: Frame, found: RunsOn) -> Fact:
        return file.fact(
            self,
            found.place,
            what=_WHAT[found.what],
            label=_LABELS[found.what],
            help=_way_out(found),
            notes=() if found.what is Fault.GENERATION else (_RAN_ON,),
            repair=of_facts(_ended, file, frame, found),
            severity=Severity.ADVICE if found.what is Fault.BRIDGE else None,
        )


_WHAT = {
    Fault.RUN: "the run",
    Fault.TASK: "the task",
    Fault.THREAD: "the thread",
    Fault.GENERATION: "the thread",
    Fault.BRIDGE: "the thread",
}
_LABELS = {
    Fault.RUN: "only the loop ends with the client; nothing cancels the run",
    Fault.TASK: "takes tokens from the model, and nothing cancels it",
    Fault.THREAD: "takes tokens from the model, and nothing can stop it",
    Fault.GENERATION: "runs the model, and nothing can stop it",
    Fault.BRIDGE: "takes tokens from the model, and nothing can stop it",
}


def _ended(file: PythonFile, frame: Frame, found: RunsOn) -> Fix | None:
    losses = file.project.ask(Losses)
    if found.what is Fault.RUN:
        loop = file.tree.loop_node(found.loop) if found.loop is not None else None
        assert isinstance(found.place, ir.Call) and isinstance(found.place.function, ir.Attribute)
        handler, where = found.place.function.base, file.frame(found.scope) if found.scope is not None else frame
        return run_cancelled(file, loop, handler, losses.of_run(handler, where)) if loop is not None else None
    if found.function is None:
        return None
    lost = losses.of_function(frozenset((Function(file.path, found.function.index),)))
    return (task_cancelled if found.what is Fault.TASK else thread_stopped)(file, frame.scope, found, lost)


def _way_out(found: RunsOn) -> str:
    if found.what is Fault.RUN:
        return f"cancel it in a `finally`, in a shielded scope: `await {found.name or 'handler'}.cancel_run()`"
    if found.what is Fault.TASK:
        return "keep the task under a name and `cancel()` it in the generator's `finally`, or yield the tokens without a task"
    if found.what is Fault.GENERATION:
        return "give the model something that tells it to stop (`stopping_criteria=`), and set it in the generator's `finally`"
    return "give the response the iterator itself, which the framework advances in a thread and stops with the client"
