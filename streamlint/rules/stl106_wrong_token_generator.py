from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from streamlint.fact import Fact, Offer, Stand, of_facts
from streamlint.finding import Related, Severity, Symptom
from streamlint.fix import Fix
from streamlint.model import syntax as ir
from streamlint.repairs.keywords import untaken_keyword
from streamlint.repairs.mismatches import fitting_await, fitting_loop, fitting_tokens
from streamlint.repairs.owned import handed_tokens
from streamlint.repairs.streaming import spelt_streaming
from streamlint.rule import Rule, on
from streamlint.source import Span
from streamlint.streams.mismatches import Misfit, Mismatch, Mismatches
from streamlint.streams.owned import OwnedStreams
from streamlint.tree.python import PythonFile
from streamlint.tree.stands import EXPRESSIONS
from streamlint.within import requests

_WHAT = {
    Misfit.ASYNC_STARTED: "`{text}` reads synchronously what `astream_chat()` fills on the event loop",
    Misfit.SYNC_STARTED: "`{text}` waits for an async stream, but the stream was started by a synchronous call",
    Misfit.NOT_AWAITABLE: "`{text}` is awaited, but it is no coroutine",
    Misfit.PLAIN_LOOP: "`{text}` is asynchronous, but a plain `for` takes its tokens",
    Misfit.ASYNC_LOOP: "`{text}` is synchronous, but `async for` takes its tokens",
    Misfit.UNAWAITED: "`{text}` is a coroutine that nobody awaits",
    Misfit.FINISHED: "`{text}` belongs to a finished answer, which has no tokens",
    Misfit.MISSPELT: "`stream=True` is swallowed by `**kwargs` of `as_query_engine`",
    Misfit.OBJECT: "`{text}` gives an object that has tokens, and no loop can run over it",
    Misfit.RUN: "`{text}` gives the handler of a run, which has events, and no loop can run over it",
    Misfit.UNCALLED: "`{text}` is a method that nobody calls, and no loop can run over it",
    Misfit.OWNED: "`{text}` is read by the engine itself, and a generator has one reader at a time",
}
_EFFECT = {
    Misfit.ASYNC_STARTED: "the server hangs, or the client receives an empty body",
    Misfit.SYNC_STARTED: "the client receives an empty body",
    Misfit.MISSPELT: "the engine does not stream",
}
_FAILS = "the stream fails at its first token"
_HELP = {
    Misfit.ASYNC_STARTED: "take the tokens with `async for token in response.async_response_gen()`",
    Misfit.SYNC_STARTED: "take the tokens with `response_gen`, or start the stream with the `await`ed async method",
    Misfit.NOT_AWAITABLE: "await the async method (`aquery`, `astream_chat`, `astream_complete`), or leave out `await`",
    Misfit.PLAIN_LOOP: "use `async for`, in an `async def`",
    Misfit.ASYNC_LOOP: "advance it in a thread (`iterate_in_threadpool`), or use the async method",
    Misfit.UNAWAITED: "await it first",
    Misfit.FINISHED: "ask with `stream_chat()`, or `await astream_chat()`",
    Misfit.MISSPELT: "write `streaming=True`",
    Misfit.OBJECT: "take its tokens, which are text: `response.response_gen`, or, awaited, `response.async_response_gen()`",
    Misfit.RUN: "take its events: `handler.stream_events()`",
    Misfit.UNCALLED: "call it",
    Misfit.OWNED: "take the tokens, which are text: `response.response_gen`, or, awaited, `response.async_response_gen()`",
}
_UNTAKEN = (
    "; leave out `{0}=`, which it does not take: an engine is built with `streaming=True`, or asked with `stream_chat`"
)


class WrongTokenGenerator(Rule):
    """
    ## What it does

    Finds streams whose start and whose token generator do not fit: `astream_chat()` with `.response_gen`, `stream_chat()` or
    `query()` with `.async_response_gen()`, a plain `for` over async tokens, `async for` over sync ones, `await` on a synchronous
    call, a missing `await`, `chat()` with `.response_gen`, `as_query_engine(stream=True)`, a loop over the response itself, over
    `response.async_response_gen` without its brackets, or over `response.achat_stream`, which the engine reads itself.

    ## Why it breaks streaming

    `.response_gen` after `astream_chat()` spins in a loop for a task that needs the same loop: measured on uvicorn, an
    `async def` generator that does so hangs the whole server for ever; handed to `StreamingResponse` it gives status 200 and an
    empty body, as does `stream_chat()` with `.async_response_gen()`, with nothing in the log. The others end in a `TypeError`
    or `AttributeError` after the headers: 200, an empty body, no regular end.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    async def chat(q: str):
        response = await index.as_chat_engine().astream_chat(q)
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    async def chat(q: str):
        response = await index.as_chat_engine().astream_chat(q)
        return StreamingResponse(response.async_response_gen(), media_type="text/plain")
    ```

    ## Fix safety

    `safe`, because no token came through before: the fitting generator, `async for`, a missing or superfluous `await`,
    `stream_chat` for `chat`, and an awaited synchronous call in a thread where its tokens are sent as they are. `unsafe`
    where such a call becomes its async twin and the LLM may be asynchronous in name only. For `stream=True` it is `response`
    where the engine is the handler's own, else `unsafe`: an answer of a streaming engine has no `.response`. There is no fix
    in a plain `def`, where one place that takes the tokens could not take them from the asynchronous method, where the call has
    a keyword that the method does not take, and where a new wait would come between two uses of what other requests change
    (see STL202).

    ## References

    - [LlamaIndex issue 16024: response_gen after astream_chat](https://github.com/run-llama/llama_index/issues/16024)
    - [LlamaIndex: chat engine streaming](https://docs.llamaindex.ai/en/stable/examples/customization/streaming/chat_engine_condense_question_stream_response/)
    """

    code = "STL106"
    name = "wrong-token-generator"
    severity = Severity.ERROR
    symptom = Symptom.FAILS
    since = "0.1.0"
    stands_on = ("Arg", "For", "CompFor", *EXPRESSIONS)
    message = "{what}, so {effect}"

    @on(ir.Attribute, where=requests)
    def attribute(self, attribute: ir.Attribute, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        mismatch = file.project.ask(Mismatches).of_attribute(attribute, file.frame(scope))
        if mismatch is not None:
            text = attribute.base if mismatch.kind is Misfit.UNAWAITED else attribute
            repair = of_facts(fitting_tokens, file, scope, attribute, mismatch)
            yield self._fact(file, attribute, text, mismatch, repair)

    @on(ir.Attribute, where=requests)
    def owned(self, attribute: ir.Attribute, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        mismatch = file.project.ask(OwnedStreams).of(attribute, file.frame(scope))
        if mismatch is not None:
            repair = of_facts(handed_tokens, file, scope, attribute, mismatch)
            yield self._fact(file, attribute, attribute, mismatch, repair)

    @on(ir.Await, where=requests)
    def awaited(self, waited: ir.Await, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        mismatch = file.project.ask(Mismatches).of_await(waited, file.frame(scope))
        if mismatch is not None:
            repair = of_facts(fitting_await, file, scope, waited, mismatch)
            word = untaken_keyword(file, scope, waited.value)
            yield self._fact(file, waited, waited.value, mismatch, repair, more=_UNTAKEN.format(word) if word else "")

    @on(ir.Loop, where=requests)
    def looped(self, loop: ir.Loop, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        mismatch = file.project.ask(Mismatches).of_loop(loop, file.frame(scope))
        if mismatch is not None:
            repair = of_facts(fitting_loop, file, scope, loop, mismatch)
            yield self._fact(file, loop.iterable, loop.iterable, mismatch, repair)

    @on(ir.Call)
    def misspelt(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        given = call.argument(None, "stream")
        if given is None or not any(file.serves(each) for each in file.facts.scopes):
            return
        mismatch = file.project.ask(Mismatches).of_call(call, file.frame(scope))
        if mismatch is not None:
            repair = of_facts(spelt_streaming, file, scope, call, given)
            start = file.source.text.rindex("stream", 0, given.start)
            argument = Stand(Span(start, given.end), ("Arg",), "stream")
            yield self._fact(file, given, given, mismatch, repair, argument)

    def _fact(
        self,
        file: PythonFile,
        at: ir.Expression,
        text: ir.Expression,
        mismatch: Mismatch,
        repair: Callable[[Any], Offer],
        on: Stand | None = None,
        more: str = "",
    ) -> Fact:
        origin = mismatch.origin
        related: tuple[Related, ...] = ()
        if origin is not None and not (origin.path == file.path and at.start <= origin.start < at.end):
            place = file.project.place(origin.path, origin.start, origin.end)
            related = (Related(place, "the stream comes from this call"),) if place is not None else ()
        return file.fact(
            self,
            on or at,
            what=_WHAT[mismatch.kind].format(text=file.one_line(text)),
            effect=_EFFECT.get(mismatch.kind, _FAILS),
            help=lambda offer: _HELP[mismatch.kind] if isinstance(offer, Fix) else f"{_HELP[mismatch.kind]}{more}",
            related=related,
            repair=repair,
        )
