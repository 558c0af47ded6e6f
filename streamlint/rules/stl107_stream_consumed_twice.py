from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact, Offer, of_facts
from streamlint.faults.consumed import Consumptions
from streamlint.finding import Related, Severity, Symptom
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal, no_fix
from streamlint.repairs.tees import logged_at_the_end
from streamlint.rule import Rule, on
from streamlint.source import Span
from streamlint.tree.python import PythonFile
from streamlint.tree.stands import EXPRESSIONS
from streamlint.within import entries


class StreamConsumedTwice(Rule):
    """
    ## What it does

    Finds handlers that read a stream for a log, a print, a length or a check, and then hand the same stream to the response.

    ## Why it breaks streaming

    A generator gives its tokens once. Measured: after `print(str(response))` the response had status 200 and an empty body, the
    first byte of its head came after 1.04 s of 1.0 s, and nothing was logged. An asynchronous response object gives the whole
    text again, in one piece, at the end.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)
        print(str(response))
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)

        def stream():
            tokens = []
            for token in response.response_gen:
                tokens.append(token)
                yield token
            print("".join(tokens))

        return StreamingResponse(stream(), media_type="text/plain")
    ```

    ## Fix safety

    `safe`: the client receives the tokens, and the log the same text, after the last one. Offered only where the statement is
    a call of `print` or of a logger, which gets the text or the list of tokens and nothing that needs the request; where the text
    is used for more, or the stream is read once more, there is no fix.

    ## References

    - [LlamaIndex: streaming](https://docs.llamaindex.ai/en/stable/module_guides/deploying/query_engine/streaming/)
    - [Python: generators](https://docs.python.org/3/glossary.html#term-generator-iterator)
    """

    code = "STL107"
    name = "stream-consumed-twice"
    severity = Severity.ERROR
    symptom = Symptom.FAILS
    since = "0.1.0"
    stands_on = ("For", *EXPRESSIONS)
    message = "`{text}` takes the tokens before the response of {route} gets them, so the client receives nothing of the stream"

    @on(ir.Scope, where=entries)
    def consumed(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        entry = file.entry(scope)
        if entry is None:
            return
        frame = file.frame(scope)
        for found in file.project.ask(Consumptions).of(entry, frame):
            content = found.sending.content
            late = file.place(content)
            yield file.fact(
                self,
                Span(found.start, found.end),
                text=file.one_line(found),
                route=entry.title,
                label="reads the stream to its end",
                related=(Related(late, "nothing is left here"),),
                help=_help,
                repair=of_facts(logged_at_the_end, file, frame, found),
            )


def _help(repair: Offer) -> str:
    return f"{_KEEP}; {no_fix(repair)}" if isinstance(repair, Refusal) else _KEEP


_KEEP = "keep the tokens while they are sent, and log them after the last one"
