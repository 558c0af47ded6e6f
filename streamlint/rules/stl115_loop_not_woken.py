from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from streamlint.fact import Fact, Offer, of_facts
from streamlint.faults.wakings import LateWaking, Wakings
from streamlint.finding import Severity, Symptom
from streamlint.fix import Fix
from streamlint.model import syntax as ir
from streamlint.repairs.wakings import handed_to_loop
from streamlint.rule import Rule, on
from streamlint.serving.ways import Hop
from streamlint.tree.python import PythonFile


class LoopNotWoken(Rule):
    """
    ## What it does

    Finds tokens that a thread puts into an `asyncio.Queue`, and an `asyncio.Event` that it sets, while a request waits for them
    on the event loop. The thread may be the target of a `Thread`, what `run_in_executor`, `to_thread` or a pool runs, a callback
    that a client calls there, or a coroutine on a loop of its own, where `await queue.put(token)` is no better.

    ## Why it breaks streaming

    These objects belong to the event loop and are not safe to use from a thread. The token lies in the queue, and nobody
    tells the loop, which sleeps on until something else wakes it: another request, a timer, or the tick of the server. Other
    traffic hides it, so a quiet service shows it first. Measured on 2026-11-27 with one client and 20 tokens in 0.4 s: under
    uvicorn, which ticks each 0.1 s, they came in 5 pieces; under `gunicorn -k asgi` in one, after 1.0 s; under hypercorn in one
    or two, the last after 5.0 s. Where a future wakes the loop when the thread ends (`run_in_executor`, `to_thread`), they came
    in 5 pieces under uvicorn, and in 1 or 2 at the end under the others. With `call_soon_threadsafe` all 20 came one by one under
    each, the first after 0.05 to 0.1 s.

    ## Example

    ```python
    import asyncio
    import threading

    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    async def chat(q: str):
        tokens = asyncio.Queue()

        def work():
            for token in query_engine.query(q).response_gen:
                tokens.put_nowait(token)
            tokens.put_nowait(None)

        async def stream():
            while (token := await tokens.get()) is not None:
                yield token

        threading.Thread(target=work, daemon=True).start()
        return StreamingResponse(stream(), media_type="text/plain")
    ```

    ## Use instead

    ```python
    import asyncio
    import threading

    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    async def chat(q: str):
        tokens = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def work():
            for token in query_engine.query(q).response_gen:
                loop.call_soon_threadsafe(tokens.put_nowait, token)
            loop.call_soon_threadsafe(tokens.put_nowait, None)

        async def stream():
            while (token := await tokens.get()) is not None:
                yield token

        threading.Thread(target=work, daemon=True).start()
        return StreamingResponse(stream(), media_type="text/plain")
    ```

    ## Fix safety

    `unsafe`: the loop puts the items, in the same order, a moment after the thread has handed them over, which code would see
    that asks the queue in between. All calls of the threads on one queue change together, as their items would change places
    otherwise. There is no fix where the running loop is not at hand, for a queue with a limit, as an item that finds it full is
    lost on the loop, and where threads of another file use the queue too.

    ## References

    - [Python: asyncio and threads](https://docs.python.org/3/library/asyncio-dev.html#concurrency-and-multithreading)
    - [Python: call_soon_threadsafe](https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.call_soon_threadsafe)
    """

    code = "STL115"
    name = "loop-not-woken"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ("Call",)
    message = "`{call}` in a thread does not wake the event loop, on which {route} waits for it"
    words = ("put_nowait", "put(", ".set()")

    @on(ir.Scope)
    def threads(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        if scope.kind != "module":
            return
        for late in file.project.ask(Wakings).of(file.facts):
            first = late.wakings[0]
            entry = late.reached.entry
            yield file.fact(
                self,
                first.call,
                call=file.one_line(first.call),
                route=entry.title if entry is not None else "a request",
                label="lies there until something else wakes the loop",
                related=file.related(_places(late, file)),
                help=partial(_way_out, file, late),
                notes=(_MEASURED,),
                repair=of_facts(handed_to_loop, file, late),
            )


_MEASURED = (
    "measured with nobody else around: 20 tokens in 0.4 s came in 5 pieces under uvicorn, and in one under hypercorn, after 5 s; "
    "with the repair, one by one"
)


def _places(late: LateWaking, file: PythonFile) -> list[Hop]:
    first, *others = late.wakings
    same = [Hop(file.path, one.call.start, one.call.end, "so does this") for one in others]
    return [first.run.start, late.waiting, *same]


def _way_out(file: PythonFile, late: LateWaking, offer: Offer) -> str:
    call = late.wakings[0].call
    given = ", ".join((file.one_line(call.function), *(file.one_line(one) for one in call.arguments)))
    said = f"hand it to the loop: `loop.call_soon_threadsafe({given})`"
    return (
        said
        if isinstance(offer, Fix)
        else f"{said}, with the `loop` of `asyncio.get_running_loop()` where the request begins"
    )
