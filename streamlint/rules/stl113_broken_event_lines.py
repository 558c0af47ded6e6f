from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from streamlint.fact import Fact, Offer, of_facts
from streamlint.faults.framing import Framing
from streamlint.finding import Severity, Symptom
from streamlint.model import syntax as ir
from streamlint.repairs.framing import encoded
from streamlint.rule import Rule, on
from streamlint.streams.sent import Sending, Sent, SentGenerator, items_of
from streamlint.tree.python import PythonFile
from streamlint.tree.stands import EXPRESSIONS
from streamlint.within import requests


class BrokenEventLines(Rule):
    r"""
    ## What it does

    Finds tokens that are put into the `data:` line of a server-sent event as they come from the model.

    ## Why it breaks streaming

    Models write line breaks, and a line break ends the `data:` line. The rest of the token is a line without a field name, which
    every parser drops; an empty line ends the event too early. Paragraphs, lists and code arrive on one line, or with parts
    missing, and only in some answers.

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
                yield f"data: {token}\n\n"

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

    A `data:` line for each line of the token (`sse-starlette` writes them) is right as well: parsers join them again.

    ## Fix safety

    `response`: the client receives each token as JSON and has to parse it. There is no fix where the token does not stand in a
    formatted string, where its place there has a format of its own, or where other code than the response takes the items.

    ## References

    - [WHATWG: server-sent events, parsing](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream)
    """

    code = "STL113"
    name = "broken-event-lines"
    severity = Severity.WARNING
    symptom = Symptom.WRONG_TEXT
    since = "0.1.0"
    stands_on = EXPRESSIONS
    message = "a line break in `{token}` ends its `data:` line, so the client loses it and what follows"

    @on(ir.Closure)
    def expression(self, closure: ir.Closure, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        inner = file.facts.scopes[closure.scope]
        for item in inner.yields if inner.kind == "generator-expression" else ():
            yield from self.yielded(item, inner, file)

    @on(ir.Call, where=requests)
    def mapped(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        sending = file.sending(call, scope)
        mapped = file.project.ask(Sent).mapped(sending) if sending is not None else None
        tokens = file.project.ask(Framing).broken_by_map(sending) if sending is not None else None
        if sending is not None and tokens is not None:
            yield self._told(sending.content, file.one_line(tokens), None, file)
        if sending is not None and mapped is not None:
            yield from self._of_each(sending, mapped, file)

    @on(ir.Call, where=requests)
    def written(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        """What a handler writes by hand to an answer of events."""
        tokens = file.project.ask(Framing).broken_by_write(call, file.frame(scope))
        if tokens:
            repair = of_facts(encoded, file, scope, tokens)
            yield self._told(call.arguments[0], " ".join(tokens[0].text.split()), repair, file)

    def _of_each(self, sending: Sending, mapped: SentGenerator, file: PythonFile) -> Iterator[Fact]:
        """What the function returns that `map` calls for each token: of a lambda at its place, else where `map` stands."""
        for item in items_of(mapped.frame.scope):
            if item.value is not None and sending.call.contains(item.value):
                yield from self._found(item, mapped.frame.scope, (mapped,), file)
            elif tokens := file.project.ask(Framing).broken_lines(item, (mapped,)):
                yield self._told(sending.content, " ".join(tokens[0].text.split()), None, file)

    @on(ir.Yield)
    def yielded(self, item: ir.Yield, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        yield from self._found(item, scope, tuple(file.sent_items(item, scope)), file)

    def _found(
        self, item: ir.Yield, scope: ir.Scope, found: tuple[SentGenerator, ...], file: PythonFile
    ) -> Iterator[Fact]:
        tokens = file.project.ask(Framing).broken_lines(item, found) if found else ()
        if item.value is not None and tokens:
            repair = of_facts(encoded, file, scope, tokens)
            yield self._told(item.value, " ".join(tokens[0].text.split()), repair, file)

    def _told(self, at: ir.Expression, token: str, repair: Callable[[Any], Offer] | None, file: PythonFile) -> Fact:
        return file.fact(
            self,
            at,
            token=token,
            help="send `json.dumps(token)`, or one `data:` line for each line of the token",
            repair=repair,
        )
