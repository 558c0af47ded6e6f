from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from streamlint.fact import Fact
from streamlint.faults.timeouts import Timeouts
from streamlint.finding import Related, Severity, Symptom
from streamlint.model import syntax as ir
from streamlint.repairs.timeouts import kept_task
from streamlint.rule import Rule, on
from streamlint.source import Span
from streamlint.tree.python import PythonFile


class TimeoutFinalisesGenerator(Rule):
    """
    ## What it does

    Finds loops that wait for the next item of an asynchronous generator with `asyncio.wait_for` and go on after a timeout, mostly
    to send a keep-alive comment.

    ## Why it breaks streaming

    `wait_for` cancels what it waits for. The cancellation ends the generator, so the next step finds it exhausted: the client gets
    the keep-alive and then the regular end of an answer without its tokens. Measured: `: ping`, no token, and status 200; with the
    task kept, all tokens and the pings between them.

    ## Example

    ```python
    import asyncio
    import json

    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    async def with_pings(question: str):
        response = await index.as_query_engine(streaming=True).aquery(question)
        tokens = response.async_response_gen()
        while True:
            try:
                token = await asyncio.wait_for(anext(tokens), timeout=15)
            except asyncio.TimeoutError:
                yield ": ping\\n\\n"
                continue
            except StopAsyncIteration:
                return
            yield f"data: {json.dumps(token)}\\n\\n"


    @app.get("/chat")
    async def chat(q: str):
        return StreamingResponse(with_pings(q), media_type="text/event-stream")
    ```

    ## Use instead

    ```python
    import asyncio
    import json

    import anyio
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    async def with_pings(question: str):
        response = await index.as_query_engine(streaming=True).aquery(question)
        tokens = response.async_response_gen()
        following = None
        try:
            while True:
                try:
                    following = following or asyncio.ensure_future(anext(tokens))
                    await asyncio.wait({following}, timeout=15)
                    if not following.done():
                        raise asyncio.TimeoutError
                    done, following = following, None
                    token = done.result()
                except asyncio.TimeoutError:
                    yield ": ping\\n\\n"
                    continue
                except StopAsyncIteration:
                    return
                yield f"data: {json.dumps(token)}\\n\\n"
        finally:
            if following is not None:
                following.cancel()
                with anyio.CancelScope(shield=True):
                    await asyncio.wait({following})


    @app.get("/chat")
    async def chat(q: str):
        return StreamingResponse(with_pings(q), media_type="text/event-stream")
    ```

    ## Fix safety

    `response`: a client receives every item, where it received the end after the first timeout. The handlers stay as they are, and
    meet what they met. A task that is still there when the loop is left is cancelled and waited for, as `wait_for` does. `unsafe`
    where the generator is not known, or holds something between two items that belongs to one task: `asyncio.timeout`, a task
    group, a context variable that it sets. There is no fix where the loop asks the generator for more than its next item. Libraries
    for server-sent events, such as `sse-starlette` with `ping=`, keep the task by themselves.

    ## References

    - [Python: asyncio.wait_for](https://docs.python.org/3/library/asyncio-task.html#asyncio.wait_for)
    - [Python: asyncio.wait](https://docs.python.org/3/library/asyncio-task.html#asyncio.wait)
    """

    code = "STL311"
    name = "timeout-finalises-generator"
    severity = Severity.ERROR
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ("Call",)
    message = "a timeout ends `{generator}` itself, so everything that it would still yield is lost"
    words = ("anext",)

    @on(ir.Scope)
    def limited(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        if not file.serves(scope):
            return
        for limited in file.project.ask(Timeouts).of(file.frame(scope)):
            handler = Span(limited.handler.head, limited.handler.end)
            yield file.fact(
                self,
                limited.call,
                generator=limited.generator.id,
                label="cancels the generator when the time is up",
                related=(Related(file.place(handler), "the loop goes on after this"),),
                help="keep the task of the next item and wait for it with `asyncio.wait({task}, timeout=...)`",
                repair=partial(kept_task, file, scope, limited),
            )
