from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.held import STALL, notes_of, spelt, told, way_out
from streamlint.model import syntax as ir
from streamlint.repairs.whole import off_loop_as_a_whole
from streamlint.rule import Rule, on
from streamlint.tree.python import PythonFile
from streamlint.waiting import Precedence
from streamlint.waiting.held import Held


class BlockingCallInAsync(Rule):
    """
    ## What it does

    Finds library calls that wait (sleep, network, database, process, lock) in code that runs on the event loop, and the loops and
    `with` blocks that wait for the rest of what such a call gave, wherever the call itself was made. The label says
    `certain` where the call always waits for something outside, `likely` where that depends on what cannot be seen.

    ## Why it breaks streaming

    An event loop does one thing at a time. Measured: `time.sleep`, `requests.get` or `subprocess.run` of 0.4 s in an
    `async def` route stalls every stream of the process for 0.40 s; in an async generator it does so between the tokens.

    ## Example

    ```python
    import time

    from fastapi import FastAPI

    app = FastAPI()


    @app.get("/chat")
    async def chat(q: str):
        time.sleep(1)
        return {"question": q}
    ```

    ## Use instead

    ```python
    import asyncio

    from fastapi import FastAPI

    app = FastAPI()


    @app.get("/chat")
    async def chat(q: str):
        await asyncio.sleep(1)
        return {"question": q}
    ```

    ## Fix safety

    `safe` where an asynchronous function takes the same arguments (`asyncio.sleep`), where a route that awaits nothing can be a
    plain `def` (see STL201), and where the call may run in any thread. `unsafe` where the object may be tied to the thread that
    made it, such as a database connection or a session.

    There is no fix, and the help says why, where the new `await` would let other requests in between two uses of what they change
    as well (a global name, an attribute of an object that outlives the request, two steps of one cursor, a loop over a dict to
    which another route adds, a setting of the whole process), in this function or in one that awaits it; where a lock of threads
    is held; and where the call returns before everything is there and the rest would be read on the loop.
    `for part in client.chat(..., stream=True)` is made and advanced in threads as a whole, and so is a comprehension or a `list()`
    over such a call. `with httpx.stream(...) as response:` and a loop over its lines, or the stream of a client that the class
    makes and nothing else uses, are read with `httpx.AsyncClient`.

    ## References

    - [Python: running blocking code](https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code)
    - [FastAPI: concurrency and async / await](https://fastapi.tiangolo.com/async/)
    """

    code = "STL203"
    name = "blocking-call-in-async"
    severity = Severity.ERROR
    symptom = Symptom.FREEZES
    since = "0.1.0"
    stands_on = ("Call", "With", "For", "CompFor")
    message = "`{call}` holds the event loop while {waiting}"

    @on(Held)
    def called(self, held: Held, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        if isinstance(held.site, ir.Attribute) or not file.project.ask(Precedence).reports(self.code, held):
            return
        label, related = told(file, held)
        yield file.fact(
            self,
            held.site,
            at=held.node,
            call=spelt(file, held),
            waiting=held.on_loop.waiting,
            label=label,
            related=related,
            help=partial(way_out, file, held),
            notes=notes_of(held, STALL),
            severity=held.severity,
            repair=partial(off_loop_as_a_whole, file, held),
        )
