from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact
from streamlint.faults.timeouts import Timeouts
from streamlint.finding import Related, Severity
from streamlint.model import syntax as ir
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

    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    async def with_pings(question: str):
        response = await index.as_query_engine(streaming=True).aquery(question)
        tokens = response.async_response_gen()
        following = asyncio.ensure_future(anext(tokens))
        try:
            while True:
                done, _ = await asyncio.wait({following}, timeout=15)
                if not done:
                    yield ": ping\\n\\n"
                    continue
                try:
                    token = following.result()
                except StopAsyncIteration:
                    return
                yield f"data: {json.dumps(token)}\\n\\n"
                following = asyncio.ensure_future(anext(tokens))
        finally:
            following.cancel()


    @app.get("/chat")
    async def chat(q: str):
        return StreamingResponse(with_pings(q), media_type="text/event-stream")
    ```

    ## Fix safety

    There is no fix: the loop has to keep the task of the item that is still missing, which changes most of its lines. Libraries for
    server-sent events, such as `sse-starlette` with `ping=`, do this by themselves.

    ## References

    - [Python: asyncio.wait_for](https://docs.python.org/3/library/asyncio-task.html#asyncio.wait_for)
    - [Python: asyncio.wait](https://docs.python.org/3/library/asyncio-task.html#asyncio.wait)
    """

    code = "STL311"
    name = "timeout-finalises-generator"
    severity = Severity.ERROR
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
            )
