from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact, Offer, of_facts
from streamlint.finding import Related, Severity
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal, no_fix
from streamlint.repairs.drains import stream_answer
from streamlint.rule import Rule, on
from streamlint.streams.drains import Drains
from streamlint.tree.python import PythonFile


class JsonAfterStream(Rule):
    """
    ## What it does

    Finds handlers that start a stream and then answer in one piece: with a dict, a list, a text, a model, `JSONResponse`,
    `jsonify` and the like.

    ## Why it breaks streaming

    A JSON document is sent when it is complete. Whatever the model made before arrives with its last token; a stream that
    nobody reads is generated and paid for in vain. Measured with 20 tokens in one second: first byte after 1.04 s, one
    piece.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)
        tokens = list(response.response_gen)
        return {"answer": "".join(tokens)}
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

    `response`, where the text alone was returned, as it came: the client receives plain text in pieces. In all other cases no
    fix is offered: which answer the client should get is a decision. Nor is one where the stream is read before, as by
    `print_response_stream()`, after which nothing is left to send, or where middleware or a hook reads or changes the answers.

    ## References

    - [FastAPI: StreamingResponse](https://fastapi.tiangolo.com/advanced/custom-response/#streamingresponse)
    - [Flask: streaming contents](https://flask.palletsprojects.com/en/stable/patterns/streaming/)
    """

    code = "STL103"
    name = "json-after-stream"
    severity = Severity.ERROR
    since = "0.1.0"
    stands_on = ("Return",)
    message = "{route} starts a stream and then answers in one piece"

    @on(ir.Scope)
    def answered(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        entry = file.entry(scope)
        if entry is None:
            return
        frame = file.frame(scope)
        drains = file.project.ask(Drains).of(entry, frame)
        for item, source in file.project.ask(Drains).plain_answers(entry, frame):
            drain = next((d for d in drains if d.source is source), None)
            related: tuple[Related, ...] = ()
            if source is not None and not item.start <= source.start < item.end:
                label = (
                    "the tokens are taken here" if drain is not None else "the stream starts here, and nobody reads it"
                )
                related = (Related(file.place(source), label),)
            yield file.fact(
                self,
                item,
                route=entry.title,
                label="sent when it is complete",
                related=related,
                help=_help,
                repair=of_facts(stream_answer, file, entry, frame, drain) if drain is not None else None,
            )


def _help(repair: Offer) -> str:
    if repair is None:
        return _UNREAD
    return f"{_STREAM}; {no_fix(repair)}" if isinstance(repair, Refusal) else _STREAM


_STREAM = "return the stream; a client that needs JSON can have one JSON object a line, or server-sent events"
_UNREAD = "return the stream, or ask for a whole answer where you need no stream (`streaming=False`, `chat()`)"
