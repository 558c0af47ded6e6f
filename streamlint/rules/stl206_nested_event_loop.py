from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from streamlint.fact import Fact
from streamlint.faults.nested_loops import Fault, NestedLoops
from streamlint.finding import Severity, Symptom
from streamlint.model import syntax as ir
from streamlint.repairs.nested_loops import awaited
from streamlint.rule import Rule, on
from streamlint.tree.python import PythonFile
from streamlint.within import loops

_RAISES = "measured: the client received status 500, and the log says that a running event loop cannot be run again"
_PATCHES = (
    "measured: status 500 on uvloop, which uvicorn uses where it is installed; at the top of a module it does no harm"
)


class NestedEventLoop(Rule):
    """
    ## What it does

    Finds `asyncio.run(...)`, `loop.run_until_complete(...)` and `nest_asyncio.apply()` in code that runs on the event loop of a
    server.

    ## Why it breaks streaming

    A thread runs one event loop at a time. In an `async def` route, or in what it calls, `asyncio.run` raises `RuntimeError`: the
    client receives status 500, or, once the response has begun, a body that breaks off. `nest_asyncio.apply()` in a handler
    cannot patch a uvloop loop, which raises as well; on asyncio's own loop it works. In a plain `def` route `asyncio.run` works,
    and at the top of a module `nest_asyncio.apply()` does no harm: neither is reported.

    ## Example

    ```python
    import asyncio

    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    async def chat(q: str):
        response = asyncio.run(index.as_query_engine(streaming=True).aquery(q))
        return StreamingResponse(response.async_response_gen(), media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    async def chat(q: str):
        response = await index.as_query_engine(streaming=True).aquery(q)
        return StreamingResponse(response.async_response_gen(), media_type="text/plain")
    ```

    ## Fix safety

    `safe`: the call could only raise, and `await` does what it meant. There is none where a helper starts the
    loop, and none for `nest_asyncio.apply()`.

    ## References

    - [Python: asyncio.run](https://docs.python.org/3/library/asyncio-runner.html#asyncio.run)
    - [nest_asyncio](https://github.com/erdewit/nest_asyncio)
    """

    code = "STL206"
    name = "nested-event-loop"
    severity = Severity.ERROR
    symptom = Symptom.FAILS
    since = "0.1.0"
    stands_on = ("Call",)
    message = "`{call}` {effect} on the event loop that serves requests"

    @on(ir.Call, where=loops)
    def called(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        where = file.on_loop(scope)
        if where is None:
            return
        nested = file.project.ask(NestedLoops).of_call(call, where.frame)
        if nested is None:
            return
        starts = nested.fault is Fault.STARTS
        yield file.fact(
            self,
            call,
            call=file.one_line(call.function),
            effect="raises `RuntimeError`" if starts else "fails where uvloop runs",
            label="starts an event loop where one runs"
            if starts
            else "patches the loop that runs, which uvloop does not allow",
            related=(*file.related(where.way), *file.related(nested.hops[1:])),
            help=_way_out(starts, bool(nested.hops), nested.awaited),
            notes=(*where.doubts, _RAISES if starts else _PATCHES),
            severity=where.severity(certain=starts and nested.is_certain),
            repair=partial(awaited, file, where, nested.awaited) if starts and not nested.hops else None,
        )


def _way_out(starts: bool, in_helper: bool, method: str) -> str:
    if not starts:
        return "await instead of starting loops within loops, or apply it once at the top of a module"
    if in_helper:
        return "make the helper `async def` and await it, or call it in a thread"
    return f"await `{method}`" if method else "await the coroutine"
