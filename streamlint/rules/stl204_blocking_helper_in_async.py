from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from streamlint.finding import Finding, Severity
from streamlint.languages.held import SITES, Held, held_at, swallowed, sync_tokens
from streamlint.languages.python import PythonFile
from streamlint.project.blocking import Cause
from streamlint.repairs.off_loop import off_loop
from streamlint.repairs.waiting import STALL, notes, way_out
from streamlint.rule import Rule, on


class BlockingHelperInAsync(Rule):
    """
    ## What it does

    Finds calls of the project's own functions, methods, properties, context managers and generators that, somewhere below, wait
    for the network, a process, a lock or LlamaIndex, in code that runs on the event loop. The finding shows every hop to the
    leaf.

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
    plain `def`. Otherwise `unsafe`: the helper is awaited in a thread (`await run_in_threadpool(helper, ...)`), and what it
    shares with other code may not all be seen from here. There is no fix where the helper is seen to write what other requests
    have too, to talk to a chat engine that all clients share, or to touch a context variable or an asyncio object, where the
    `await` would come between two uses of shared state, and for context managers, of which entering and leaving wait.

    ## References

    - [Python: running blocking code](https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code)
    - [FastAPI: concurrency and async / await](https://fastapi.tiangolo.com/async/)
    """

    code = "STL204"
    name = "blocking-helper-in-async"
    severity = Severity.ERROR
    since = "0.1.0"
    message = "`{call}` holds the event loop while {waiting}"

    @on(*SITES)
    def reached(self, node: cst.CSTNode, file: PythonFile) -> Iterator[Finding]:
        for held in held_at(file, node):
            hold = held.hold
            if hold.is_direct or hold.cause is Cause.HEAVY or _is_told(held, node):
                continue
            fix = off_loop(held, node)
            yield file.finding(
                self,
                held.node,
                call=_name(held),
                waiting=held.on_loop.waiting,
                label=f"{hold.hops[0].label}, and `{hold.name}` {hold.reason} ({hold.tier})",
                related=(*held.on_loop.way, *held.inside),
                help=way_out(held, fix),
                notes=notes(held.on_loop, STALL),
                severity=held.severity,
                fix=fix,
            )


def _name(held: Held) -> str:
    node = held.node.func if isinstance(held.node, cst.Call) else held.node
    return " ".join(held.file.text(node).split())


def _is_told(held: Held, node: cst.CSTNode) -> bool:
    """Whether another rule reports it: a helper that swallows the stream, or a generator that hands on its tokens."""
    known = held.file.expression(held.node)
    if known is not None and isinstance(node, cst.For | cst.CompFor):
        return sync_tokens(held.on_loop, known[1]) is not None
    span = held.file.span(held.node)
    return held.hold.cause is Cause.STREAM and (span.start, span.end) in swallowed(held.on_loop)
