from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from streamlint.fact import Fact, of_facts
from streamlint.finding import Severity, Symptom
from streamlint.messages.drains import answered, started, stopped, way_out
from streamlint.model import syntax as ir
from streamlint.repairs.swallowed import let_through
from streamlint.rule import Rule, on
from streamlint.source import Span
from streamlint.streams.drained import How
from streamlint.tree.python import PythonFile
from streamlint.tree.stands import EXPRESSIONS
from streamlint.within import requests

_TAKES = {
    How.CALL: "collects the whole stream",
    How.JOIN: "joins the whole stream",
    How.COMPREHENSION: "collects the whole stream",
    How.TEXT: "turns the whole stream into text",
    How.METHOD: "waits for the whole stream",
    How.UNPACKED: "unpacks the whole stream",
    How.STEPS: "takes the whole stream step by step",
    How.FILLED: "collects the whole stream",
}


class MaterialisedStream(Rule):
    """
    ## What it does

    Finds handlers that turn a stream into a list or a text: `list()`, `"".join()`, a comprehension, `str()`, an f-string,
    `get_response()`, `print_response_stream()`, unpacking, directly or in a helper.

    ## Why it breaks streaming

    The expression returns when the last token was made, so nothing can be sent before. Measured with 20 tokens in one
    second on uvicorn: the first byte came after 1.03 to 1.05 s, in one piece. `str()` on the result of `stream_chat()` is worse:
    it gives the empty text that is there at that moment.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)
        return {"answer": "".join(response.response_gen)}
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

    `response`: the client receives plain text in pieces where it received one document. Where the text is saved, logged or
    counted before the answer, this moves into a generator that yields each token, and is done after the last one, if the client
    stays until then. What a comprehension does to each token stays in it; a helper of the same file that makes the text for this
    handler alone returns the iterator. A document that says more than the text (`{"answer": str(response), "sources": [...]}`)
    becomes lines of JSON: one for each token, under the same key, and the rest as the last line, so that a client that puts the
    lines together has what it had. No fix is offered where a model of more fields is answered; where anything that is not known to
    leave it alone is done to the text (a call such as `redact(text)`, `strip()`,
    a slice, a separator, a model with a validator, be it the `response_model`); where a `try`, `with` or loop stands around it;
    where the same stream is read elsewhere; or where a job, a test, a decorator or a table has the function too, or where
    middleware or a hook reads or changes the answers. The help text says which. `unsafe` in an `async def` for the tokens of a chat
    engine that all clients share: until now the event loop let only one of them talk to it at a time.

    ## References

    - [LlamaIndex: streaming](https://docs.llamaindex.ai/en/stable/module_guides/deploying/query_engine/streaming/)
    - [FastAPI: StreamingResponse](https://fastapi.tiangolo.com/advanced/custom-response/#streamingresponse)
    """

    code = "STL102"
    name = "materialised-stream"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = EXPRESSIONS
    message = "{route} {takes}, then answers {answer}"

    @on(ir.Scope, where=requests)
    def swallowed(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        for entry, drain in file.drains(scope):
            if drain.is_loop:
                continue
            empty = drain.how is How.TEXT and drain.stream is not None and drain.stream.role == "chat_stream"
            yield file.fact(
                self,
                Span(drain.start, drain.end),
                route=entry.title,
                takes=_TAKES[drain.how],
                answer=answered(file, entry, drain),
                label="is empty until the stream was read" if empty else "waits for the last token",
                related=started(file, drain),
                stops=stopped(file, drain),
                help=partial(way_out, file, entry, drain),
                repair=of_facts(let_through, file, entry, file.frame(scope), drain),
            )
