from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.model import syntax as ir
from streamlint.repairs.hidden import shown
from streamlint.repairs.refused import refused_first
from streamlint.rule import Rule, on
from streamlint.streams.caught import Caught
from streamlint.tree.python import PythonFile

_COMPLETE = "measured: a model that failed after 5 of 20 tokens gave a body with a regular end, and nothing in the log"
_STARTED = "measured: a client received status 200 and a body that breaks off; the log says that the response had already started"


class HiddenFailure(Rule):
    """
    ## What it does

    Finds `except Exception: pass` around the loop of a generator that sends a response, and `raise HTTPException` in such a
    generator.

    ## Why it breaks streaming

    The status and the headers are sent before the first token, so a stream can tell of a failure only by breaking off, or by an
    item that says so. A handler that does nothing makes the cut body look complete: measured, 5 of 20 tokens, a regular end of
    the body, and an empty log. `HTTPException` comes too late to become a status: the client receives 200 and a body that breaks
    off.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    async def chat(q: str):
        response = await index.as_query_engine(streaming=True).aquery(q)

        async def stream():
            try:
                async for token in response.async_response_gen():
                    yield token
            except Exception:
                pass

        return StreamingResponse(stream(), media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    async def chat(q: str):
        response = await index.as_query_engine(streaming=True).aquery(q)

        async def stream():
            try:
                async for token in response.async_response_gen():
                    yield token
            except Exception:
                raise

        return StreamingResponse(stream(), media_type="text/plain")
    ```

    An item that tells of the failure, in place of `raise`, is kinder to a client that understands it.

    ## Fix safety

    `response`: a failure passes on, so that the client sees a body that breaks off, and the server logs it. `safe` where something
    follows, or others take the items too: there it is logged, and the rest is done as before. `HTTPException` at the head of a
    generator that the handler makes for its response (`response`): the check, or the `try` with what it asks before the first
    item, is done in the handler, so that the client receives that status. There is no fix for `HTTPException` elsewhere:
    what an error looks like in the stream is a matter between the server and its clients.

    ## References

    - [Starlette: exceptions, errors and handled exceptions](https://www.starlette.io/exceptions/)
    - [HTML: server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html)
    """

    code = "STL314"
    name = "hidden-failure"
    severity = Severity.WARNING
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ("ExceptHandler", "ExceptStarHandler", "Raise")
    message = "{what}"
    words = ("except", "HTTPException")

    @on(ir.Scope)
    def hidden(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        for handler in file.project.ask(Caught).hiders(file.frame(scope)):
            yield file.fact(
                self,
                handler,
                at=handler.type,
                what="a stream that fails here ends as if it were complete",
                label="takes the failure and tells neither the client nor the log",
                help="let the error pass, or log it and yield an item that tells the client",
                notes=(_COMPLETE,),
                repair=partial(shown, file, file.frame(scope), handler),
            )

    @on(ir.Scope)
    def refused(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        for raised in file.project.ask(Caught).refusals(file.frame(scope)):
            yield file.fact(
                self,
                raised,
                what="`HTTPException` in a generator that is sent comes after status 200",
                label="the response has started; the client sees a body that breaks off",
                help="check before the response is returned, or yield an item that tells the client",
                notes=(_STARTED,),
                repair=partial(refused_first, file, file.frame(scope)),
            )
