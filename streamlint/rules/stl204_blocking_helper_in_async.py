from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.held import STALL, notes_of, spelt, told, way_out
from streamlint.model import syntax as ir
from streamlint.repairs.off_loop import off_loop
from streamlint.rule import Rule, on
from streamlint.tree.python import PythonFile
from streamlint.tree.stands import EXPRESSIONS
from streamlint.waiting import Precedence
from streamlint.waiting.held import Held


class BlockingHelperInAsync(Rule):
    """
    ## What it does

    Finds calls of the project's own functions, methods, properties, context managers and generators that, somewhere below, wait
    for the network, a process, a lock or LlamaIndex, in code that runs on the event loop. So do operators that run methods of the
    project's classes: `store[key]`, `key in store`, `len(store)`, `store.owner = name`. The finding shows every hop to the leaf. A
    wait that only the first request meets, because a helper keeps what it got, is left out.

    ## Why it breaks streaming

    Nothing at the call tells that it waits, yet the loop is held for the whole of it. Measured: 0.4 s of blocking
    in a helper stalls every other stream of the process for 0.40 s, however many functions lie between.

    ## Example

    ```python
    import requests
    from fastapi import FastAPI

    app = FastAPI()


    def profile(user: str) -> str:
        return requests.get(f"https://example.org/users/{user}").text


    @app.get("/chat")
    async def chat(user: str):
        return {"profile": profile(user)}
    ```

    ## Use instead

    ```python
    import requests
    from fastapi import FastAPI

    app = FastAPI()


    def profile(user: str) -> str:
        return requests.get(f"https://example.org/users/{user}").text


    @app.get("/chat")
    def chat(user: str):
        return {"profile": profile(user)}
    ```

    ## Fix safety

    `safe` where the route awaits nothing, nothing else in the project calls or holds it, it calls no method of an object that
    it did not make, writes nothing that other requests have too, and what blocks below may run in any thread: it becomes a
    plain `def`; and where a loop runs over a generator that only computes or asks a server. Otherwise `unsafe`: the helper is
    awaited in a thread (`await run_in_threadpool(helper, ...)`), and what it shares with other code may not all be seen from
    here. There is no fix where the helper is seen to write what other requests have too, to talk to a chat engine that all
    clients share, or to touch a context variable or an asyncio object, where the `await` would come between two uses of
    shared state, and for context managers, of which entering and leaving wait.

    ## References

    - [Python: running blocking code](https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code)
    - [FastAPI: concurrency and async / await](https://fastapi.tiangolo.com/async/)
    """

    code = "STL204"
    name = "blocking-helper-in-async"
    severity = Severity.ERROR
    symptom = Symptom.FREEZES
    since = "0.1.0"
    stands_on = ("With", "For", "CompFor", *EXPRESSIONS)
    message = "`{call}` holds the event loop while {waiting}"

    @on(Held)
    def reached(self, held: Held, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        if not file.project.ask(Precedence).reports(self.code, held):
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
            repair=partial(off_loop, file, held),
        )
