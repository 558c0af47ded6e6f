from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact, of_facts
from streamlint.faults.framing import SSE, Fault, Framing, Unframed
from streamlint.finding import Related, Severity, Symptom
from streamlint.model import syntax as ir
from streamlint.repairs.framing import framed
from streamlint.rule import Rule, on
from streamlint.streams.sent import Sending
from streamlint.tree.python import PythonFile
from streamlint.tree.stands import EXPRESSIONS
from streamlint.within import requests

_WHAT = {
    Fault.RAW: "goes out as `text/event-stream` without a frame, so no event ever reaches the client",
    Fault.HALF: "does not end with an empty line, so its event never ends for the client",
    Fault.ESCAPED: "ends with a backslash and a letter, not with line breaks, so its event never ends for the client",
    Fault.TWICE: "is framed again by the response, so the client reads `data: ` in front of every token",
    Fault.LINES: "goes out as `text/event-stream` without a `data:` field, so no event ever reaches the client",
}
_HELP = {
    Fault.RAW: 'send `f"data: {json.dumps(token)}\\n\\n"`; without JSON, line breaks inside tokens would be lost',
    Fault.HALF: "end each event with an empty line: `\\n\\n`",
    Fault.ESCAPED: "write each line break with one backslash: `\\n\\n`",
    Fault.TWICE: "yield the text alone; the response class adds `data: ` and the empty line",
    Fault.LINES: 'send `f"data: {json.dumps(...)}\\n\\n"`, or say `application/x-ndjson` where the client reads lines of JSON',
}


class UnframedSse(Rule):
    r"""
    ## What it does

    Finds token streams that are sent as `text/event-stream` without being events: raw tokens, lines of JSON without a field, a bare
    `[DONE]` beside events, events that do not end with an empty line, or end with `\\n` where line breaks were meant, and events
    that a framing response class (sse-starlette, Litestar's `ServerSentEvent`) frames a second time.

    ## Why it breaks streaming

    A browser's `EventSource`, and every other parser of server-sent events, drops lines without a field name and waits for an
    empty line. Measured: 20 tokens came through the network one by one, and 0 events reached the page; framed twice, 20 events
    arrived with `data: ` in each of them.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)

        def events():
            for token in response.response_gen:
                yield token

        return StreamingResponse(events(), media_type="text/event-stream")
    ```

    ## Use instead

    ```python
    import json

    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)

        def events():
            for token in response.response_gen:
                yield f"data: {json.dumps(token)}\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")
    ```

    ## Fix safety

    `response`: the client receives events where it received bare text, each with its token as JSON, because a line break or a
    leading space inside a token would be lost in plain `data:` lines. The client parses the JSON. All items of a generator are
    framed together, a marker such as `[DONE]` as `data: [DONE]`; there is no fix where one of them cannot be, or where other code
    than the response takes the items.

    ## References

    - [WHATWG: server-sent events, parsing](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream)
    - [sse-starlette](https://github.com/sysid/sse-starlette)
    """

    code = "STL109"
    name = "unframed-sse"
    severity = Severity.ERROR
    symptom = Symptom.WRONG_TEXT
    since = "0.1.0"
    stands_on = EXPRESSIONS
    message = "`{text}` {what}"

    @on(ir.Call, where=requests)
    def given(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        sending = file.sending(call, scope)
        framing = file.project.ask(Framing)
        unframed = (framing.of_sending(sending) or framing.of_mapped(sending)) if sending is not None else None
        if sending is not None and unframed is not None:
            yield self._fact(file, unframed, None)
        written = framing.of_write(call, file.frame(scope)) if sending is None else None
        if written is not None:
            yield self._fact(file, written, None)

    @on(ir.Closure)
    def expression(self, closure: ir.Closure, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        """The items of a generator expression; one of bare tokens is told of where it is given to the response."""
        inner, framing = file.facts.scopes[closure.scope], file.project.ask(Framing)
        for item in inner.yields if inner.kind == "generator-expression" else ():
            if not any(framing.of_sending(one.sending) for one in file.sent_items(item, inner)):
                yield from self.yielded(item, inner, file)

    @on(ir.Yield)
    def yielded(self, item: ir.Yield, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        found = tuple(file.sent_items(item, scope))
        unframed = file.project.ask(Framing).of_yield(item, found) if found else None
        if unframed is not None:
            sending = next((one.sending for one in found if one.sending.media_type == SSE), None)
            yield self._fact(file, unframed, sending)

    def _fact(self, file: PythonFile, unframed: Unframed, sending: Sending | None) -> Fact:
        expression = unframed.expression
        related: tuple[Related, ...] = ()
        if sending is not None:
            place = file.project.place(sending.frame.module.path, sending.call.start, sending.call.end)
            related = (Related(place, "sent by this response"),) if place is not None else ()
        return file.fact(
            self,
            expression,
            text=file.one_line(expression),
            what=_WHAT[unframed.fault],
            related=related,
            help=_HELP[unframed.fault],
            repair=of_facts(framed, file, unframed),
        )
