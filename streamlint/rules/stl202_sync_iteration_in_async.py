from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from streamlint.fact import Fact, Offer
from streamlint.finding import Related, Severity
from streamlint.fix import Fix
from streamlint.knowledge.llama_index import Role
from streamlint.languages import nodes as cst
from streamlint.languages.held import OnLoop, on_loop, swallowed, sync_tokens
from streamlint.languages.python import PythonFile
from streamlint.project import syntax as ir
from streamlint.project.takings import Drain, How
from streamlint.project.values import Bound, External, Tokens
from streamlint.repairs.obstacles import split
from streamlint.repairs.off_loop import iterated_off_loop, next_off_loop, of_tokens
from streamlint.repairs.waiting import notes, thread_of_tokens
from streamlint.rule import Rule, on

_STALL = (
    "measured: while a stream of 1.0 s was iterated in an `async def` generator every other client waited 1.05 s; with "
    "`iterate_in_threadpool`, 0.00 s"
)


class SyncIterationInAsync(Rule):
    """
    ## What it does

    Finds a plain `for`, a comprehension, `next()` or a collecting call over a synchronous token iterator in code that runs on the
    event loop, mostly an `async def` generator or a WebSocket handler. A loop that only collects is left to STL101 and STL102.

    ## Why it breaks streaming

    Each step waits for the next token and holds the event loop until it is there. This client still sees its tokens in time;
    everyone else waits for the end of the stream. Measured: a stall of 1.05 s for a stream of 1.0 s, and the server
    does not notice that a client has left. `await asyncio.sleep(0)` in the loop only shortens the stall to a few tokens.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)

        async def stream():
            for token in response.response_gen:
                yield f"data: {token}\\n\\n"

        return StreamingResponse(stream(), media_type="text/event-stream")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.concurrency import iterate_in_threadpool
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)

        async def stream():
            async for token in iterate_in_threadpool(response.response_gen):
                yield f"data: {token}\\n\\n"

        return StreamingResponse(stream(), media_type="text/event-stream")
    ```

    ## Fix safety

    `safe`: the same tokens in the same order, each waited for in a thread. There is no fix where a wait for each token would come
    between two uses of what other requests change, or where the generator itself writes such state or sets a context variable.
    `unsafe` for the tokens of a chat engine that all clients share, whose messages then mix (see STL201).
    Where neither FastAPI nor Starlette is imported or serves the route, there is no fix; a plain `def` generator, or a thread
    with a queue, does the same.

    ## References

    - [Starlette: iterate_in_threadpool](https://www.starlette.io/threadpool/)
    - [LlamaIndex: streaming](https://docs.llamaindex.ai/en/stable/module_guides/deploying/query_engine/streaming/)
    """

    code = "STL202"
    name = "sync-iteration-in-async"
    severity = Severity.ERROR
    since = "0.1.0"
    stands_on = ("Call", "For", "CompFor")
    message = "`{iterable}` is iterated on the event loop, so each token is waited for while {waiting}"

    @on(ir.Loop)
    def looped(self, loop: ir.Loop, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        where = on_loop(file, scope) if not loop.is_async else None
        tokens = sync_tokens(where, loop.iterable) if where is not None else None
        if where is None or tokens is None or _is_told(where, loop):
            return
        yield file.fact(
            self,
            loop,
            iterable=file.one_line(loop.iterable),
            waiting=where.waiting,
            label="a synchronous iterator: each step waits for the next token",
            related=(*_started(where, tokens, loop.iterable), *where.way),
            help=partial(_way_out, where, loop),
            notes=notes(where, _STALL),
            severity=where.severity(),
            repair=partial(_iterated, where, loop, tokens),
        )

    @on(ir.Call)
    def called(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        where = on_loop(file, scope)
        if where is None:
            return
        taken = _taken(where, call)
        if taken is None or _is_told(where, call):
            return
        yield file.fact(
            self,
            call,
            iterable=file.one_line(taken),
            waiting=where.waiting,
            label="takes its tokens here, one after the other, on the event loop",
            related=where.way,
            help=thread_of_tokens(where, call),
            notes=notes(where, _STALL),
            severity=where.severity(),
            repair=partial(_advanced, where, call),
        )


def _iterated(where: OnLoop, loop: ir.Loop, tokens: Tokens, node: cst.For | cst.CompFor) -> Fix | None:
    return iterated_off_loop(where, loop, node, *of_tokens(where, tokens)) if not tokens.owner_is_async else None


def _way_out(where: OnLoop, loop: ir.Loop, offer: Offer) -> str:
    return "advance the iterator in a thread" if isinstance(offer, Fix) else thread_of_tokens(where, loop)


def _advanced(where: OnLoop, call: ir.Call, node: cst.Call) -> Fix | None:
    return next_off_loop(where, node) if _is_next(where, call) and split(where, call) is None else None


def _is_next(where: OnLoop, call: ir.Call) -> bool:
    values = where.file.project.evaluator.value(call.function, where.file.frame(where.scope))
    return any(isinstance(value, External) and value.name == "builtins.next" for value in values)


def _is_told(where: OnLoop, place: ir.Expression | ir.Loop) -> bool:
    """Whether another rule reports that the whole stream is taken there."""
    return any(start <= place.start and place.start < end for start, end in swallowed(where))


def _taken(where: OnLoop, call: ir.Call) -> ir.Expression | None:
    """What a call such as `next()`, `list()` or `join()` takes tokens from."""
    frame = where.file.frame(where.scope)
    if call.arguments and _is_next(where, call):
        return call.arguments[0] if sync_tokens(where, call.arguments[0]) is not None else None
    if not _may_take(where, call):
        return None
    for drain in where.file.project.drains.in_frame(frame):
        if (drain.start, drain.end) == (call.start, call.end) and not drain.hops and not drain.is_async and drain.waits:
            return None if _is_at_hand(drain) else drain.source
    return None


def _is_at_hand(drain: Drain) -> bool:
    """The text of a chat answer is what has come so far: asking for it waits for nothing."""
    return drain.how is How.TEXT and drain.stream is not None and drain.stream.role is Role.CHAT_STREAM


def _may_take(where: OnLoop, call: ir.Call) -> bool:
    """Whether a stream is given, or asked for its text: a cheap question before the dear one."""
    evaluator, frame = where.file.project.evaluator, where.file.frame(where.scope)
    if call.arguments and sync_tokens(where, call.arguments[0]) is not None:
        return True
    given = evaluator.value(call.arguments[0], frame) if call.arguments else frozenset()
    asked = (value.receiver for value in evaluator.value(call.function, frame) if isinstance(value, Bound))
    return any(evaluator.is_stream_object(value) for value in (*given, *asked))


def _started(where: OnLoop, tokens: Tokens, iterable: ir.Expression) -> tuple[Related, ...]:
    origin = tokens.origin
    if origin is None or (origin.path == where.file.path and iterable.start <= origin.start < iterable.end):
        return ()
    place = where.file.project.place(origin.path, origin.start, origin.end)
    return (Related(place, "the stream comes from a synchronous call"),) if place is not None else ()
