from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from streamlint.finding import Finding, Severity
from streamlint.languages.generators import polls
from streamlint.languages.python import PythonFile
from streamlint.repairs.polling import poll_removed
from streamlint.rule import Rule, on

_TRUNCATED = (
    "measured: under `gunicorn -k asgi` the poll ended a healthy stream after 2 of 20 tokens with a clean status 200; under "
    "uvicorn "
    "the stream was cancelled before the poll ever saw that the client had left"
)


class DisconnectPolling(Rule):
    """
    ## What it does

    Finds `await request.is_disconnected()` in the loop of an async generator that sends tokens: the popular recipe that ends the
    loop when the client has left.

    ## Why it breaks streaming

    Starlette cancels the generator by itself when the client leaves, so the poll is never the first to know. It costs a turn of
    the event loop for every token, and it reads from the connection: measured under `gunicorn -k asgi`, a healthy client received 2
    of 20 tokens with a clean status 200, because the second poll says "disconnected" although nobody left.

    ## Example

    ```python
    from fastapi import FastAPI, Request
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    async def chat(request: Request, q: str):
        response = await index.as_query_engine(streaming=True).aquery(q)

        async def stream():
            async for token in response.async_response_gen():
                if await request.is_disconnected():
                    break
                yield token

        return StreamingResponse(stream(), media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI, Request
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    async def chat(request: Request, q: str):
        response = await index.as_query_engine(streaming=True).aquery(q)

        async def stream():
            async for token in response.async_response_gen():
                yield token

        return StreamingResponse(stream(), media_type="text/plain")
    ```

    ## Fix safety

    `safe`: a client that stays receives the same tokens, and one that leaves ends the generator as before, by cancellation. The
    parameter `request` stays, as it belongs to the signature of the route. There is no fix where the poll does more than leave the
    loop; such work belongs in a `finally`, which runs in either case. A loop over a synchronous iterator cannot be cancelled, so
    there STL202 has to be repaired first.

    ## References

    - [Starlette: requests](https://www.starlette.io/requests/)
    - [Starlette: StreamingResponse](https://www.starlette.io/responses/#streamingresponse)
    """

    code = "STL312"
    name = "disconnect-polling"
    severity = Severity.WARNING
    since = "0.1.0"
    message = "`{poll}` is asked between the tokens, although the server cancels the stream of a client that leaves"
    words = ("is_disconnected",)

    @on(cst.FunctionDef)
    def generated(self, node: cst.FunctionDef, file: PythonFile) -> Iterator[Finding]:
        for poll in polls(file, node):
            fix = poll_removed(file, poll)
            yield file.finding(
                self,
                poll.call,
                poll=" ".join(file.text(poll.call).split()),
                label="asked for every token; some servers answer that a healthy client has left",
                help="remove the poll"
                if fix is not None
                else "remove the poll; work that must follow a disconnect belongs in a `finally`",
                notes=(_TRUNCATED,),
                fix=fix,
            )
