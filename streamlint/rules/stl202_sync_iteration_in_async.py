from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from streamlint.fact import Fact, Offer
from streamlint.finding import Related, Severity, Symptom
from streamlint.fix import Fix
from streamlint.knowledge.llama_index import Role
from streamlint.messages.held import notes, thread_of_tokens
from streamlint.model import syntax as ir
from streamlint.repairs.mismatches import asynchronous_loop
from streamlint.repairs.mixing import of_tokens
from streamlint.repairs.obstacles import split
from streamlint.repairs.off_loop import iterated_off_loop, next_off_loop
from streamlint.repairs.stepwise import stepped_off_loop
from streamlint.repairs.yielded import yielded_in
from streamlint.rule import Rule, on
from streamlint.streams import Drains
from streamlint.streams.drained import Drain, How
from streamlint.tree import nodes as cst
from streamlint.tree.python import PythonFile
from streamlint.values.domain import Bound, External, Tokens
from streamlint.waiting import Holdings, Precedence
from streamlint.waiting.held import OnLoop
from streamlint.within import loops

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
    import json

    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)

        async def stream():
            for token in response.response_gen:
                yield f"data: {json.dumps(token)}\\n\\n"

        return StreamingResponse(stream(), media_type="text/event-stream")
    ```

    ## Use instead

    ```python
    import json

    from fastapi import FastAPI
    from fastapi.concurrency import iterate_in_threadpool
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)

        async def stream():
            async for token in iterate_in_threadpool(response.response_gen):
                yield f"data: {json.dumps(token)}\\n\\n"

        return StreamingResponse(stream(), media_type="text/event-stream")
    ```

    ## Fix safety

    `safe`: the same tokens in the same order, each waited for in a thread. There is no fix where a wait for each token would come
    between two uses of what other requests change, or where the generator itself writes such state or sets a context variable.
    `unsafe` for the tokens of a chat engine that all clients share, whose messages then mix (see STL201).
    Quart has a function of its own that does the same. Elsewhere the loop becomes
    `while (token := await asyncio.to_thread(next, tokens, None)) is not None`; there is no fix there for a loop over pairs
    or in a comprehension. The tokens of an answer that was asked for asynchronously come from `async_response_gen()`.

    ## References

    - [Starlette: iterate_in_threadpool](https://www.starlette.io/threadpool/)
    - [LlamaIndex: streaming](https://docs.llamaindex.ai/en/stable/module_guides/deploying/query_engine/streaming/)
    """

    code = "STL202"
    name = "sync-iteration-in-async"
    severity = Severity.ERROR
    symptom = Symptom.FREEZES
    since = "0.1.0"
    stands_on = ("Call", "For", "CompFor")
    message = "`{iterable}` is iterated on the event loop, so each token is waited for while {waiting}"

    @on(ir.Loop, where=loops)
    def looped(self, loop: ir.Loop, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        where = file.on_loop(scope) if not loop.is_async else None
        tokens = file.project.ask(Holdings).sync_tokens(loop.iterable, where.frame) if where is not None else None
        if where is None or tokens is None or not file.project.ask(Precedence).reports_taking(self.code, loop, where):
            return
        yield file.fact(
            self,
            loop,
            iterable=file.one_line(loop.iterable),
            waiting=where.waiting,
            label="a synchronous iterator: each step waits for the next token",
            related=(*_started(file, where, tokens, loop.iterable), *file.related(where.way)),
            help=partial(_way_out, file, where, loop),
            notes=notes(where, _STALL),
            severity=where.severity(),
            repair=partial(_iterated, file, where, loop, tokens),
        )

    @on(ir.Call, where=loops)
    def called(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        where = file.on_loop(scope)
        if where is None:
            return
        taken = _taken(file, where, call)
        if taken is None or not file.project.ask(Precedence).reports_taking(self.code, call, where):
            return
        yield file.fact(
            self,
            call,
            iterable=file.one_line(taken),
            waiting=where.waiting,
            label="takes its tokens here, one after the other, on the event loop",
            related=file.related(where.way),
            help=partial(_way_out, file, where, call),
            notes=notes(where, _STALL),
            severity=where.severity(),
            repair=partial(_advanced, file, where, call),
        )


def _iterated(
    file: PythonFile, where: OnLoop, loop: ir.Loop, tokens: Tokens, node: cst.For | cst.CompFor
) -> Fix | None:
    if tokens.owner_is_async:
        return asynchronous_loop(file, where.scope, loop)
    level, reason = of_tokens(file, tokens)
    found = iterated_off_loop(file, where, loop, node, level, reason)
    if found is None and isinstance(node, cst.For):
        return stepped_off_loop(file, where, loop, node, level, reason)
    return found


def _way_out(file: PythonFile, where: OnLoop, taken: ir.Loop | ir.Call, offer: Offer) -> str:
    return offer.title if isinstance(offer, Fix) else thread_of_tokens(file, where, taken)


def _advanced(file: PythonFile, where: OnLoop, call: ir.Call, node: cst.Call) -> Fix | None:
    if split(file, where, call) is not None:
        return None
    if _is_next(file, where, call):
        return next_off_loop(file, where, node)
    found = yielded_in(file, where.scope, call.start) if where.scope.is_generator else None
    return found if isinstance(found, Fix) else None


def _is_next(file: PythonFile, where: OnLoop, call: ir.Call) -> bool:
    values = file.project.evaluator.value(call.function, where.frame)
    return any(isinstance(value, External) and value.name == "builtins.next" for value in values)


def _taken(file: PythonFile, where: OnLoop, call: ir.Call) -> ir.Expression | None:
    """What a call such as `next()`, `list()` or `join()` takes tokens from."""
    frame = where.frame
    if call.arguments and _is_next(file, where, call):
        return (
            call.arguments[0]
            if file.project.ask(Holdings).sync_tokens(call.arguments[0], where.frame) is not None
            else None
        )
    if not _may_take(file, where, call):
        return None
    for drain in file.project.ask(Drains).in_frame(frame):
        if (drain.start, drain.end) == (call.start, call.end) and not drain.hops and not drain.is_async and drain.waits:
            return None if _is_at_hand(drain) else drain.source
    return None


def _is_at_hand(drain: Drain) -> bool:
    """The text of a chat answer is what has come so far: asking for it waits for nothing."""
    return drain.how is How.TEXT and drain.stream is not None and drain.stream.role is Role.CHAT_STREAM


def _may_take(file: PythonFile, where: OnLoop, call: ir.Call) -> bool:
    """Whether a stream is given, or asked for its text: a cheap question before the dear one."""
    evaluator, frame = file.project.evaluator, where.frame
    if call.arguments and file.project.ask(Holdings).sync_tokens(call.arguments[0], where.frame) is not None:
        return True
    given = evaluator.value(call.arguments[0], frame) if call.arguments else frozenset()
    asked = (value.receiver for value in evaluator.value(call.function, frame) if isinstance(value, Bound))
    return any(evaluator.is_stream_object(value) for value in (*given, *asked))


def _started(file: PythonFile, where: OnLoop, tokens: Tokens, iterable: ir.Expression) -> tuple[Related, ...]:
    origin = tokens.origin
    if origin is None or (origin.path == file.path and iterable.start <= origin.start < iterable.end):
        return ()
    place = file.project.place(origin.path, origin.start, origin.end)
    return (Related(place, "the stream comes from a synchronous call"),) if place is not None else ()
