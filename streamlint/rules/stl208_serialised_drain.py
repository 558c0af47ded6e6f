from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from streamlint.fact import Fact, of_facts
from streamlint.faults.serialised import Serialised
from streamlint.finding import Severity, Symptom
from streamlint.messages.drains import started, way_out
from streamlint.model import syntax as ir
from streamlint.repairs.answers import stream_answer
from streamlint.rule import Rule, on
from streamlint.source import Span
from streamlint.tree.python import PythonFile
from streamlint.tree.stands import EXPRESSIONS
from streamlint.within import entries


class SerialisedDrain(Rule):
    """
    ## What it does

    Finds routes that hand a collecting function and a token iterator to a thread: `await asyncio.to_thread(list, tokens)`,
    `await run_in_threadpool("".join, tokens)`.

    ## Why it breaks streaming

    The thread keeps the event loop free, but the route waits until it has the last token, and only then answers. Measured: the
    first byte comes after 1.02 s of 1.0 s, in one piece; other clients do not wait.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.concurrency import run_in_threadpool

    app = FastAPI()


    @app.get("/chat")
    async def chat(q: str):
        query_engine = index.as_query_engine(streaming=True)
        response = await run_in_threadpool(query_engine.query, q)
        answer = await run_in_threadpool("".join, response.response_gen)
        return {"answer": answer}
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.concurrency import run_in_threadpool
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    async def chat(q: str):
        query_engine = index.as_query_engine(streaming=True)
        response = await run_in_threadpool(query_engine.query, q)
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Fix safety

    `response`: the client receives the tokens as plain text, as they are made, instead of one answer at the end. There is none
    where the text is used for more than the answer, or is changed before it is sent.

    ## References

    - [Starlette: StreamingResponse](https://www.starlette.io/responses/#streamingresponse)
    - [Starlette: thread pool](https://www.starlette.io/threadpool/)
    """

    code = "STL208"
    name = "serialised-drain"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = EXPRESSIONS
    message = "{route} waits in a thread for the last token before anything is sent"

    @on(ir.Scope, where=entries)
    def collected(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        entry = file.entry(scope)
        if entry is None:
            return
        frame = file.frame(scope)
        for drain in file.project.ask(Serialised).of(entry, frame):
            yield file.fact(
                self,
                Span(drain.start, drain.end),
                route=entry.title,
                label="a thread collects every token here",
                related=started(file, drain),
                help=partial(way_out, file, entry, drain),
                repair=of_facts(stream_answer, file, entry, frame, drain),
            )
