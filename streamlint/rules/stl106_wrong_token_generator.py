from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from streamlint.finding import Finding, Related, Severity
from streamlint.fix import Fix
from streamlint.languages.held import loop_of
from streamlint.languages.python import PythonFile
from streamlint.project import syntax as ir
from streamlint.project.mismatch import Kind, Mismatch
from streamlint.repairs.kinds import fitting_await, fitting_loop, fitting_tokens, untaken_keyword
from streamlint.repairs.streaming import spelt_streaming
from streamlint.rule import Rule, on
from streamlint.source import Span

_WHAT = {
    Kind.ASYNC_STARTED: "`{text}` reads synchronously what `astream_chat()` fills on the event loop",
    Kind.SYNC_STARTED: "`{text}` waits for an async stream, but the stream was started by a synchronous call",
    Kind.NOT_AWAITABLE: "`{text}` is awaited, but it is no coroutine",
    Kind.PLAIN_LOOP: "`{text}` is asynchronous, but a plain `for` takes its tokens",
    Kind.ASYNC_LOOP: "`{text}` is synchronous, but `async for` takes its tokens",
    Kind.UNAWAITED: "`{text}` is a coroutine that nobody awaits",
    Kind.FINISHED: "`{text}` belongs to a finished answer, which has no tokens",
    Kind.MISSPELT: "`stream=True` is swallowed by `**kwargs` of `as_query_engine`",
}
_EFFECT = {
    Kind.ASYNC_STARTED: "the server hangs, or the client receives an empty body",
    Kind.SYNC_STARTED: "the client receives an empty body",
    Kind.MISSPELT: "the engine does not stream",
}
_FAILS = "the stream fails at its first token"
_HELP = {
    Kind.ASYNC_STARTED: "take the tokens with `async for token in response.async_response_gen()`",
    Kind.SYNC_STARTED: "take the tokens with `response_gen`, or start the stream with the `await`ed async method",
    Kind.NOT_AWAITABLE: "await the async method (`aquery`, `astream_chat`, `astream_complete`), or leave out `await`",
    Kind.PLAIN_LOOP: "use `async for`, in an `async def`",
    Kind.ASYNC_LOOP: "advance it in a thread (`iterate_in_threadpool`), or use the async method",
    Kind.UNAWAITED: "await it first",
    Kind.FINISHED: "ask with `stream_chat()`, or `await astream_chat()`",
    Kind.MISSPELT: "write `streaming=True`",
}
_UNTAKEN = (
    "; leave out `{0}=`, which it does not take: an engine is built with `streaming=True`, or asked with `stream_chat`"
)


class WrongTokenGenerator(Rule):
    """
    ## What it does

    Finds streams whose start and whose token generator do not fit: `astream_chat()` with `.response_gen`, `stream_chat()` or
    `query()` with `.async_response_gen()`, a plain `for` over async tokens, `async for` over sync ones, `await` on a synchronous
    call, a missing `await`, `chat()` with `.response_gen`, `as_query_engine(stream=True)`.

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
    `stream_chat` for `chat`. `unsafe` where an awaited synchronous call becomes its async twin and the LLM may be asynchronous
    in name only, and for `stream=True`: an answer of a streaming engine has no `.response`. There is no fix in a plain `def`,
    where one place that takes the tokens could not take them from the asynchronous method, where the call has a keyword that the
    method does not take, and where a new wait would come between two uses of what other requests change (see STL202).

    ## References

    - [LlamaIndex issue 16024: response_gen after astream_chat](https://github.com/run-llama/llama_index/issues/16024)
    - [LlamaIndex: chat engine streaming](https://docs.llamaindex.ai/en/stable/examples/customization/streaming/chat_engine_condense_question_stream_response/)
    """

    code = "STL106"
    name = "wrong-token-generator"
    severity = Severity.ERROR
    since = "0.1.0"
    message = "{what}, so {effect}"

    @on(cst.Attribute)
    def attribute(self, node: cst.Attribute, file: PythonFile) -> Iterator[Finding]:
        scope, attribute = file.served(node)
        if scope is None or not isinstance(attribute, ir.Attribute):
            return
        mismatch = file.project.mismatches.of_attribute(attribute, file.frame(scope))
        if mismatch is not None:
            fix = fitting_tokens(file, scope, attribute, mismatch)
            text = attribute.base if mismatch.kind is Kind.UNAWAITED else attribute
            yield self._finding(file, attribute, text, mismatch, fix)

    @on(cst.Await)
    def awaited(self, node: cst.Await, file: PythonFile) -> Iterator[Finding]:
        scope, waited = file.served(node)
        if scope is None or not isinstance(waited, ir.Await):
            return
        mismatch = file.project.mismatches.of_await(waited, file.frame(scope))
        if mismatch is not None:
            fix = fitting_await(file, scope, waited, mismatch)
            word = untaken_keyword(file, scope, waited.value) if fix is None else ""
            yield self._finding(file, waited, waited.value, mismatch, fix, more=_UNTAKEN.format(word) if word else "")

    @on(cst.For, cst.CompFor)
    def looped(self, node: cst.For | cst.CompFor, file: PythonFile) -> Iterator[Finding]:
        scope, iterable = file.served(node.iter)
        loop = loop_of(scope, iterable) if scope is not None and iterable is not None else None
        if scope is None or loop is None or iterable is None:
            return
        mismatch = file.project.mismatches.of_loop(loop, file.frame(scope))
        if mismatch is not None:
            yield self._finding(file, iterable, iterable, mismatch, fitting_loop(file, scope, loop, mismatch))

    @on(cst.Call)
    def misspelt(self, node: cst.Call, file: PythonFile) -> Iterator[Finding]:
        known = file.expression(node)
        if (
            known is None
            or not isinstance(known[1], ir.Call)
            or not any(file.serves(scope) for scope in file.facts.scopes)
        ):
            return
        mismatch = file.project.mismatches.of_call(known[1], file.frame(known[0]))
        given = known[1].argument(None, "stream")
        if mismatch is not None and given is not None:
            fix = spelt_streaming(file, known[0], known[1], given)
            start = file.source.text.rindex("stream", 0, given.start)
            yield self._finding(file, given, given, mismatch, fix, Span(start, given.end))

    def _finding(
        self,
        file: PythonFile,
        at: ir.Expression,
        text: ir.Expression,
        mismatch: Mismatch,
        fix: Fix | None,
        span: Span | None = None,
        more: str = "",
    ) -> Finding:
        origin = mismatch.origin
        related: tuple[Related, ...] = ()
        if origin is not None and not (origin.path == file.path and at.start <= origin.start < at.end):
            place = file.project.place(origin.path, origin.start, origin.end)
            related = (Related(place, "the stream comes from this call"),) if place is not None else ()
        return file.finding(
            self,
            span or Span(at.start, at.end),
            what=_WHAT[mismatch.kind].format(text=" ".join(file.text(text).split())),
            effect=_EFFECT.get(mismatch.kind, _FAILS),
            help=f"{_HELP[mismatch.kind]}{more}",
            related=related,
            fix=fix,
        )
