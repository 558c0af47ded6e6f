from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from streamlint.fact import Fact, Offer, of_facts
from streamlint.faults.bodies import Bodies, Fault, WrongBody
from streamlint.faults.generator_routes import GeneratorRoutes
from streamlint.finding import Related, Severity, Symptom
from streamlint.knowledge.releases import Driven
from streamlint.model import syntax as ir
from streamlint.repairs.bodies import given_iterator, returned_iterator, yielded_text
from streamlint.rule import Rule, on
from streamlint.tree.python import PythonFile
from streamlint.tree.stands import EXPRESSIONS
from streamlint.values.domain import Llama, Origin, Token, Tokens, Value
from streamlint.within import entries, requests

_LABELS = {
    Fault.STREAM_OBJECT: "the stream object of LlamaIndex cannot be iterated; its tokens can",
    Fault.ANSWER_OBJECT: "the answer object of LlamaIndex cannot be iterated",
    Fault.UNCALLED: "a method; calling it gives the iterator",
    Fault.FUNCTION: "a function; calling it gives the iterator",
    Fault.COROUTINE: "a coroutine; awaiting it gives the stream",
    Fault.PIECES: "its items are objects, and only text or bytes can be sent",
    Fault.ITERATOR: "an iterator, where a whole body is wanted",
    Fault.KEYS: "iterating over a dict gives its keys",
}
_HELP = {
    Fault.STREAM_OBJECT: "send its `response_gen` (sync) or `async_response_gen()` (after `await`)",
    Fault.ANSWER_OBJECT: "build the engine with `streaming=True`, or use `stream_chat()`, and send its `response_gen`",
    Fault.UNCALLED: "call it: `()` is missing",
    Fault.FUNCTION: "call it: `()` is missing",
    Fault.COROUTINE: "await it before its tokens are sent",
    Fault.PIECES: "send the new text of each item: `.delta` of a chunk, `.delta` of an `AgentStream` event",
    Fault.ITERATOR: "give the iterator to a streaming response",
    Fault.KEYS: "send an iterator of text, or return the dict itself as JSON",
}
_DRIVEN = {
    Driven.DRAINED: "reads it to the end on the event loop and sends one JSON list",
    Driven.REFUSED: "answers with an error",
}


class StreamObjectReturned(Rule):
    """
    ## What it does

    Finds bodies that no server can send piece by piece: LlamaIndex's own response object, a method or generator function
    that is not called, a coroutine that is not awaited, chunk and event objects in place of their text, a raw generator that
    a route returns. Also FastAPI path operations that `yield` themselves, where the release or the response class cannot send that:
    before 0.134, and with `response_class=PlainTextResponse`.

    ## Why it breaks streaming

    The framework meets the object after the headers are gone. Measured on uvicorn: status 200 with an empty body that never
    ends properly, and a `TypeError` or `AttributeError` in the server's log only. A FastAPI route that returns
    `response.response_gen` is worse in another way: the generator is read to the end on the event loop (first byte after
    1.04 s of 1.0 s, every other client waits 1.03 s) and sent as a JSON list.
    A path operation with `yield` ends the same way before FastAPI 0.134, and an asynchronous one in status 500; from 0.134 on it
    streams JSON lines.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)
        return StreamingResponse(response, media_type="text/plain")
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

    `safe` where the client received an empty body before: `.response_gen`, `()`, `await` or `.delta` is added. `response` where a
    returned generator becomes a streaming response, because the client receives plain text where it received a JSON list or
    an error. No fix where events or other objects are sent: which part of them is text cannot be told;
    none for a path operation with `yield`, as the cure may be another release.

    ## References

    - [Starlette: StreamingResponse](https://www.starlette.io/responses/#streamingresponse)
    - [LlamaIndex: streaming](https://docs.llamaindex.ai/en/stable/module_guides/deploying/query_engine/streaming/)
    """

    code = "STL105"
    name = "stream-object-returned"
    severity = Severity.ERROR
    symptom = Symptom.FAILS
    since = "0.1.0"
    stands_on = ("FunctionDef", *EXPRESSIONS)
    message = "`{body}` is {what}, so {effect}"

    @on(ir.Call, where=requests)
    def given(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        sending = file.sending(call, scope)
        fault = file.project.ask(Bodies).of_sending(sending) if sending is not None else None
        if sending is None or fault is None:
            return
        fix = of_facts(given_iterator, file, sending, fault)
        is_whole = not sending.response.streaming
        effect = "the request fails" if is_whole else "the client receives an empty body"
        effect = "the client receives its keys" if fault.what is Fault.KEYS else effect
        yield self._fact(file, sending.content, fault, effect, fix)

    @on(ir.Return, where=entries)
    def returned(self, item: ir.Return, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        entry, expression = file.answers(scope), item.value
        if entry is None or expression is None:
            return
        frame = file.frame(scope)
        fault = file.project.ask(Bodies).of_return(expression, frame, entry)
        if fault is None:
            return
        fix = of_facts(returned_iterator, file, frame, expression, fault, entry)
        framework = file.project.knowledge.frameworks.framework(entry.framework)
        drained = fault.what is Fault.ITERATOR and framework.drains_iterators and not _is_async(file, fault)
        read = f"{framework.title} reads it to the end on the event loop and sends one JSON list"
        effect = read if drained else "the request fails"
        yield self._fact(file, expression, fault, effect, fix)

    @on(ir.Yield)
    def yielded(self, item: ir.Yield, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        for generator in file.sent_items(item, scope):
            fault = file.project.ask(Bodies).of_yield(item, generator)
            if fault is None or item.value is None:
                continue
            place = file.project.place(
                generator.sending.frame.module.path, generator.sending.call.start, generator.sending.call.end
            )
            related = (Related(place, "sent by this response"),) if place is not None else ()
            effect = "the response breaks off there"
            fix = of_facts(yielded_text, item, fault, file, generator.frame.scope)
            yield self._fact(file, item.value, fault, effect, fix, related)
            return

    @on(ir.Scope, where=entries)
    def operated(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        entry = file.entry(scope) if scope.is_generator else None
        route = file.project.ask(GeneratorRoutes).of(entry) if entry is not None else None
        if route is None:
            return
        yield file.fact(
            self,
            scope,
            at=file.name_span(scope),
            body=scope.name,
            what="a generator function",
            effect=f"{f'FastAPI {route.release}'.strip()} {_DRIVEN[route.effect]}",
            label="its `yield` makes this path operation a generator function",
            help="move the generator into a function of its own and return a `StreamingResponse` over it",
        )

    def _fact(
        self,
        file: PythonFile,
        body: ir.Expression,
        fault: WrongBody,
        effect: str,
        fix: Callable[[Any], Offer],
        related: tuple[Related, ...] = (),
    ) -> Fact:
        what = "an object that is no text" if isinstance(fault.value, Token) else str(fault.what)
        return file.fact(
            self,
            body,
            body=file.one_line(body),
            what=what,
            effect=effect,
            label=_LABELS[fault.what],
            help=_HELP[fault.what],
            related=related,
            stops=_origin(fault.value),
            repair=fix,
        )


def _origin(value: Value) -> tuple[Origin, ...]:
    """What started the stream that is sent as it is."""
    known = value.origin if isinstance(value, Llama | Tokens) else None
    return (known,) if known is not None else ()


def _is_async(file: PythonFile, fault: WrongBody) -> bool:
    tokens = file.project.evaluator.tokens(frozenset((fault.value,)))
    return isinstance(tokens, Tokens) and bool(tokens.is_async)
