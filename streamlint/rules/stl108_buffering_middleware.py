from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from streamlint.finding import Finding, Related, Severity
from streamlint.languages.python import PythonFile
from streamlint.rule import Rule, on
from streamlint.source import Span


class BufferingMiddleware(Rule):
    """
    ## What it does

    Finds middleware that reads `response.body_iterator` to its end for every response of an application that streams tokens.
    Middleware that hands the response on as it is, also one built on `BaseHTTPMiddleware`, streams and is not reported.

    ## Why it breaks streaming

    The loop takes every chunk before the first one goes on to the client. Measured with 20 tokens in one second on uvicorn: first
    byte after 1.03 s in one piece, instead of after 0.06 s in 20 pieces, for every route behind the middleware.

    ## Example

    ```python
    from fastapi import FastAPI, Response
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.middleware("http")
    async def log_size(request, call_next):
        response = await call_next(request)
        body = b"".join([chunk async for chunk in response.body_iterator])
        print(len(body))
        return Response(body, response.status_code, dict(response.headers))


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.middleware("http")
    async def log_size(request, call_next):
        response = await call_next(request)
        response.body_iterator = counted(response.body_iterator)
        return response


    async def counted(chunks):
        size = 0
        async for chunk in chunks:
            size += len(chunk)
            yield chunk
        print(size)


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Fix safety

    There is no fix: what the middleware does with the body decides whether it can be done chunk by chunk.

    ## References

    - [Starlette: middleware](https://www.starlette.io/middleware/#basehttpmiddleware)
    """

    code = "STL108"
    name = "buffering-middleware"
    severity = Severity.ERROR
    since = "0.1.0"
    message = "`{iterator}` is read to its end before `{middleware}` sends anything on, so no route behind it streams"
    words = ("body_iterator",)

    @on(cst.FunctionDef)
    def read(self, node: cst.FunctionDef, file: PythonFile) -> Iterator[Finding]:
        scope = file.scope(node)
        entry = file.entry(scope) if scope is not None else None
        if entry is None:
            return
        for loop, sending in file.project.bodies_read.of(entry):
            content = sending.content
            place = file.project.place(sending.frame.module.path, content.start, content.end)
            yield file.finding(
                self,
                Span(loop.iterable.start, loop.iterable.end),
                iterator=file.text(loop.iterable),
                middleware=entry.name,
                label="every chunk is taken here before the first one goes on",
                related=(Related(place, "this stream is held up"),) if place is not None else (),
                help="give `response.body_iterator` a generator that looks at each chunk and yields it, and return the response",
            )
