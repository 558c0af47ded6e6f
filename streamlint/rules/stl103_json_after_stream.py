from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact, Offer, of_facts
from streamlint.finding import Related, Severity, Symptom
from streamlint.messages.drains import stopped
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal, no_fix
from streamlint.repairs.answers import stream_answer
from streamlint.rule import Rule, on
from streamlint.source import Placed, Span
from streamlint.streams import Drains
from streamlint.streams.drains import PlainAnswer
from streamlint.tree.python import PythonFile
from streamlint.within import entries


class JsonAfterStream(Rule):
    """
    ## What it does

    Finds handlers that start a stream and then answer in one piece: with a dict, a list, a text, a model, `JSONResponse`,
    `jsonify` and the like. Where the handler itself took the tokens before, STL101 or STL102 reports the fault, and the answer
    is a labelled place of that finding.

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
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ("Return",)
    message = "{route} starts a stream and then answers in one piece"

    @on(ir.Scope, where=entries)
    def answered(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        entry = file.entry(scope)
        if entry is None:
            return
        frame = file.frame(scope)
        for answer in file.project.ask(Drains).plain_answers(entry, frame):
            first = answer.drains[0] if answer.drains else None
            yield file.fact(
                self,
                answer.item,
                route=entry.title,
                label="sent when it is complete",
                related=_before(file, answer),
                stops=stopped(file, *answer.stops),
                asides=_aside(file, answer.item),
                help=_help,
                repair=of_facts(stream_answer, file, entry, frame, first) if first is not None else None,
            )


def _before(file: PythonFile, answer: PlainAnswer) -> tuple[Related, ...]:
    """What came before the answer, where it does not stand in it."""
    told: list[tuple[Placed, str]] = [(drain, "the tokens are taken here") for drain in answer.drains]
    if answer.unread is not None:
        told.append((answer.unread, "the stream starts here, and nobody reads it"))
    return tuple(Related(file.place(place), label) for place, label in told if not answer.item.contains(place))


def _aside(file: PythonFile, item: ir.Return) -> tuple[Related, ...]:
    """The answer as a span of another rule's finding: its keyword, as the tokens are often taken behind it."""
    keyword = Span(item.start, item.start + len("return"))
    if file.text(keyword) != "return":  # what a lambda gives
        return ()
    return (Related(file.place(keyword), "answered in one piece here"),)


def _help(repair: Offer) -> str:
    if repair is None:
        return _UNREAD
    return f"{_STREAM}; {no_fix(repair)}" if isinstance(repair, Refusal) else _STREAM


_STREAM = "return the stream; a client that needs JSON can have one JSON object a line, or server-sent events"
_UNREAD = "return the stream, or ask for a whole answer where you need no stream (`streaming=False`, `chat()`)"
