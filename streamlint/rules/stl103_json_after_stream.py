from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from streamlint.finding import Finding, Related, Severity
from streamlint.fix import Fix
from streamlint.languages.python import PythonFile
from streamlint.repairs.answers import stream_answer
from streamlint.repairs.refusals import Refusal, no_fix
from streamlint.rule import Rule, on
from streamlint.source import Span


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
    message = "{route} starts a stream and then answers in one piece"

    @on(cst.FunctionDef)
    def answered(self, node: cst.FunctionDef, file: PythonFile) -> Iterator[Finding]:
        scope = file.scope(node)
        entry = file.entry(scope) if scope is not None else None
        if scope is None or entry is None:
            return
        frame = file.frame(scope)
        drains = file.project.drains.of(entry, frame)
        for item, source in file.project.drains.plain_answers(entry, frame):
            assert item.value is not None
            drain = next((d for d in drains if d.source is source), None)
            repair = stream_answer(file, entry, frame, drain) if drain is not None else None
            related: tuple[Related, ...] = ()
            if source is not None and not item.start <= source.start < item.end:
                label = (
                    "the tokens are taken here" if drain is not None else "the stream starts here, and nobody reads it"
                )
                related = (Related(file.place(Span(source.start, source.end)), label),)
            yield file.finding(
                self,
                Span(item.start, item.end),
                route=entry.title,
                label="sent when it is complete",
                related=related,
                help=_help(repair),
                fix=repair if isinstance(repair, Fix) else None,
            )


def _help(repair: Fix | Refusal | None) -> str:
    if repair is None:
        return _UNREAD
    return f"{_STREAM}; {no_fix(repair)}" if isinstance(repair, Refusal) else _STREAM


_STREAM = "return the stream; a client that needs JSON can have one JSON object a line, or server-sent events"
_UNREAD = "return the stream, or ask for a whole answer where you need no stream (`streaming=False`, `chat()`)"
