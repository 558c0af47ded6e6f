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
from streamlint.tree.python import PythonFile
from streamlint.within import requests


class IteratedInHandler(Rule):
    """
    ## What it does

    Finds route handlers that loop over the tokens of a stream and only collect them, directly or in a helper.

    ## Why it breaks streaming

    The answer is sent when the loop has ended, so the user waits for the whole generation and then sees everything at
    once. Measured with 20 tokens in one second on uvicorn: the first byte came after 1.04 s in one piece, instead of after
    0.05 s in 20 pieces. In an `async def` handler a plain `for` also holds the event loop for that second.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)
        chunks = []
        for token in response.response_gen:
            chunks.append(token)
        return {"answer": "".join(chunks)}
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

    `response`: the client receives plain text in pieces where it received one JSON document, so a client that parses JSON has
    to change with it. What is done to each token in the loop is done in the iterator that is sent. Where more is done in the
    loop, or the text is saved, logged or counted after it, loop and rest move into a generator that yields each token: the rest
    is then done after the last token, and not for a client that leaves before. A helper of the same file that makes the text
    for this handler alone returns the iterator instead. A WebSocket handler sends a message for each token, as it sent one for
    the text, if nothing else in that message is made anew or of the text. No fix is offered where anything else than a known
    wrapping (a dict, a response class, a model of one plain field) stands between the loop and the answer, where what follows
    the loop raises, waits, ends the handler or needs the request, where a `try`, `with` or loop stands around it, where
    middleware or a hook reads or changes the answers, or where somebody else calls or holds the function: the help text says
    which.

    ## References

    - [FastAPI: StreamingResponse](https://fastapi.tiangolo.com/advanced/custom-response/#streamingresponse)
    - [LlamaIndex: streaming](https://docs.llamaindex.ai/en/stable/module_guides/deploying/query_engine/streaming/)
    """

    code = "STL101"
    name = "iterated-in-handler"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ("For", "Call")
    message = "{route} takes every token itself, then answers {answer}"

    @on(ir.Scope, where=requests)
    def swallowed(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        for entry, drain in file.drains(scope):
            if not drain.is_loop:
                continue
            holds = file.on_loop(scope) is not None and not drain.is_async
            yield file.fact(
                self,
                Span(drain.start, drain.end),
                route=entry.title,
                answer=answered(file, entry, drain),
                label="waits for the last token",
                related=started(file, drain),
                stops=stopped(file, drain),
                help=partial(way_out, file, entry, drain),
                repair=of_facts(let_through, file, entry, file.frame(scope), drain),
                notes=("this plain `for` also holds the event loop for the whole generation",) if holds else (),
            )
