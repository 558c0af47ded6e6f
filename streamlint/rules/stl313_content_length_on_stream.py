from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from streamlint.fact import Fact, Stand
from streamlint.finding import Severity, Symptom
from streamlint.model import syntax as ir
from streamlint.repairs.headers import without_item
from streamlint.rule import Rule, on
from streamlint.source import Span
from streamlint.streams import Sent
from streamlint.tree.python import PythonFile
from streamlint.within import requests

_HELP = "leave the length out: the server sends the body in chunks and marks its end"


class ContentLengthOnStream(Rule):
    """
    ## What it does

    Finds a `Content-Length` header on a response that streams the tokens of a model.

    ## Why it breaks streaming

    Nobody knows the length of an answer that is not written yet. The client reads as many bytes as the header says and stops
    there. Measured with a length of 10: the client got 10 bytes of 130, took the response for complete, and nothing was logged.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)
        return StreamingResponse(response.response_gen, media_type="text/plain", headers={"Content-Length": "10"})
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

    `safe`: the client receives the whole answer in place of its first bytes. There is no fix for a header that is set after the
    response was made.

    ## References

    - [RFC 9112: message body length](https://www.rfc-editor.org/rfc/rfc9112#name-message-body-length)
    """

    code = "STL313"
    name = "content-length-on-stream"
    severity = Severity.ERROR
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ("DictElement", "Subscript")
    message = "the client stops at a length that was given before the answer was written"
    words = ("ength",)

    @on(ir.Call, where=requests)
    def given(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        given = call.argument(None, "headers")
        headers, is_alone = _written(given, scope)
        sending = file.sending(call, scope) if headers is not None else None
        if headers is None or sending is None or not _is_tokens(file, sending.content, scope):
            return
        for key, value in headers.items:
            if isinstance(key, ir.Constant) and str(key.value).lower() == "content-length":
                yield file.fact(
                    self,
                    Stand(Span(key.start, value.end), ("DictElement",), "ength"),
                    label="no more than these bytes arrive",
                    help=_HELP,
                    repair=partial(without_item, file) if is_alone else None,
                )

    @on(ir.Scope, where=requests)
    def put(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        if scope.kind != "function":
            return
        for store in scope.stores:
            if store.is_attribute or store.member.lower() != "content-length":
                continue
            response = store.base.base if isinstance(store.base, ir.Attribute) else store.base
            if _streams(file, response, scope):
                yield file.fact(self, store, label="no more than these bytes arrive", help=_HELP)


def _written(headers: ir.Expression | None, scope: ir.Scope) -> tuple[ir.Mapping | None, bool]:
    """Where headers are written, in the call or before it, and whether nobody else has them."""
    if not isinstance(headers, ir.Name) or headers.bindings is None or len(headers.bindings) != 1:
        return headers if isinstance(headers, ir.Mapping) else None, True
    made = scope.bindings[headers.bindings[0]]
    uses = sum(name.id == headers.id for name in scope.names)
    return made.value if made.kind == "assign" and isinstance(made.value, ir.Mapping) else None, uses == 1


def _is_tokens(file: PythonFile, content: ir.Expression, scope: ir.Scope) -> bool:
    evaluator = file.project.evaluator
    return evaluator.tokens(evaluator.value(content, file.frame(scope))) is not None


def _streams(file: PythonFile, response: ir.Expression, scope: ir.Scope) -> bool:
    """Whether a variable holds only responses that stream tokens."""
    if not isinstance(response, ir.Name) or not response.bindings:
        return False
    made = [scope.bindings[index].value for index in response.bindings]
    for call in made:
        sending = file.project.ask(Sent).of_call(call, file.frame(scope)) if isinstance(call, ir.Call) else None
        if sending is None or not _is_tokens(file, sending.content, scope):
            return False
    return True
