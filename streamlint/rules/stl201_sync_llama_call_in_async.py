from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.held import notes_of, spelt, told, way_out
from streamlint.model import syntax as ir
from streamlint.repairs.off_loop import off_loop
from streamlint.rule import Rule, on
from streamlint.tree.python import PythonFile
from streamlint.waiting import Precedence
from streamlint.waiting.held import Held

_STALL = "measured: during a `query()` of 1.0 s in an `async def` route every other client waited 1.02 s; in a `def` route, 0.01 s"


class SyncLlamaCallInAsync(Rule):
    """
    ## What it does

    Finds synchronous LlamaIndex calls (`query`, `chat`, `stream_chat`, `retrieve`, `complete`, ...) in code that runs on the
    event loop: `async def` routes, dependencies, middleware, WebSocket handlers, and the coroutines that they await. Where
    nothing is known of the receiver, what is read from the result tells: `response = anything.query(q)`, then
    `response.response_gen`.

    ## Why it breaks streaming

    The call waits for the embedding, the vector store and often for a whole LLM answer, and holds the event loop as long. All
    other streams of the process stand still meanwhile. Measured: a `query()` of 1.0 s in an `async def` route stalls every
    other client for 1.02 s, and `stream_chat()` for 0.3 to 1.3 s before its first token. In a `def` route the stall is 0.01 s,
    because the framework runs it in a thread.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    async def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Fix safety

    `safe`. A route that awaits nothing, that nothing else in the project calls or holds, that writes nothing that other
    requests have too and that touches no context variable, thread-local or asyncio object becomes a plain `def`, which the
    framework runs in a thread; any other function awaits the same call in a thread (`run_in_threadpool`, `asyncio.to_thread`).
    There is no fix where the `await` would come between two uses of what other requests change, or while a lock of threads is
    held. A chat engine that all clients share is one conversation: its calls are moved as `unsafe`, because two clients may
    then talk to it at once, and not at all between two turns. The async twin (`aquery`, `astream_chat`) is named but not
    written: with an LLM that has no asynchronous methods of its own it holds the loop as before, and `astream_chat` then even
    sends everything in one piece.

    ## References

    - [FastAPI: concurrency and async / await](https://fastapi.tiangolo.com/async/)
    - [LlamaIndex: async](https://docs.llamaindex.ai/en/stable/module_guides/querying/)
    """

    code = "STL201"
    name = "sync-llama-call-in-async"
    severity = Severity.ERROR
    symptom = Symptom.FREEZES
    since = "0.1.0"
    stands_on = ("Call",)
    message = "`{call}` holds the event loop while {waiting}"

    @on(Held)
    def called(self, held: Held, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        if not isinstance(held.site, ir.Call) or not file.project.ask(Precedence).reports(self.code, held):
            return
        label, related = told(file, held)
        yield file.fact(
            self,
            held.site,
            call=spelt(file, held),
            waiting=held.on_loop.waiting,
            label=label,
            related=related,
            help=partial(way_out, file, held),
            notes=notes_of(held, _STALL),
            severity=held.severity,
            repair=partial(off_loop, file, held),
        )
