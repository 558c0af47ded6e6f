from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact, of_facts
from streamlint.faults.cleanups import Cleanups
from streamlint.finding import Severity, Symptom
from streamlint.model import syntax as ir
from streamlint.repairs.cleanups import shielded
from streamlint.rule import Rule, on
from streamlint.tree.python import PythonFile

_CUT = "measured: the `finally` was entered when the client left, its `await` was cancelled at once; shielded, it ended well"


class UnshieldedCleanup(Rule):
    """
    ## What it does

    Finds `await` on a project coroutine, or on `handler.cancel_run()`, in the `finally` (or the handler of a cancellation) of an
    async generator that sends a response, outside a shielded scope.

    ## Why it breaks streaming

    When the client leaves, Starlette cancels the scope in which the generator runs, and AnyIO cancels again whatever is awaited
    in that scope. The cleanup begins and ends at its first real `await`: the history is not saved, the run is not cancelled.
    Measured: entered,
    and cancelled at once; in `anyio.CancelScope(shield=True)` it is completed. While the client stays, both do the same.

    ## Example

    ```python
    import asyncio

    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    async def save(text: str) -> None:
        await asyncio.sleep(0.1)
        print("saved", text)


    @app.get("/chat")
    async def chat(q: str):
        response = await index.as_query_engine(streaming=True).aquery(q)

        async def stream():
            text = ""
            try:
                async for token in response.async_response_gen():
                    text += token
                    yield token
            finally:
                await save(text)

        return StreamingResponse(stream(), media_type="text/plain")
    ```

    ## Use instead

    ```python
    import asyncio

    import anyio
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    async def save(text: str) -> None:
        await asyncio.sleep(0.1)
        print("saved", text)


    @app.get("/chat")
    async def chat(q: str):
        response = await index.as_query_engine(streaming=True).aquery(q)

        async def stream():
            text = ""
            try:
                async for token in response.async_response_gen():
                    text += token
                    yield token
            finally:
                with anyio.CancelScope(shield=True):
                    await save(text)

        return StreamingResponse(stream(), media_type="text/plain")
    ```

    ## Fix safety

    `safe`: at a regular end nothing changes, and after a disconnect the cleanup does what it was written for.

    ## References

    - [AnyIO: cancellation and shielding](https://anyio.readthedocs.io/en/stable/cancellation.html#shielding)
    - [Starlette: StreamingResponse](https://www.starlette.io/responses/#streamingresponse)
    """

    code = "STL310"
    name = "unshielded-cleanup"
    severity = Severity.WARNING
    symptom = Symptom.AFTER_LEAVING
    since = "0.1.0"
    stands_on = ("Await",)
    message = "`{call}` is cancelled at its first `await` when the client leaves"
    words = ("finally", "CancelledError")

    @on(ir.Scope)
    def generated(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        for cleanup in file.project.ask(Cleanups).of(file.frame(scope)):
            yield file.fact(
                self,
                cleanup.wait,
                call=file.one_line(cleanup.call.function),
                label="the server cancels what is awaited here, too",
                help="await it in `with anyio.CancelScope(shield=True):`",
                notes=(_CUT,),
                repair=of_facts(shielded, file, cleanup.line) if cleanup.line is not None else None,
            )
