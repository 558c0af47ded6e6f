from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact, Offer, of_facts
from streamlint.finding import Related, Severity, Symptom
from streamlint.messages.drains import stopped
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal, no_fix
from streamlint.repairs.replays import stream_original
from streamlint.rule import Rule, on
from streamlint.source import Span
from streamlint.streams import Drains
from streamlint.streams.drained import Drain
from streamlint.streams.finished import Finished, Pieces
from streamlint.streams.written_events import WrittenEvents
from streamlint.tree.python import PythonFile
from streamlint.tree.stands import EXPRESSIONS
from streamlint.within import entries, loops, requests

_ASK = (
    "ask for a stream (`astream_chat`, `streaming=True`, `stream=True`, a run's `stream_events()`), "
    "and yield each token as it comes"
)


class ReplayedStream(Rule):
    """
    ## What it does

    Finds streaming responses over something that was already drained: a list of tokens, the joined text, `iter([...])`, a
    generator that loops over the collected list. Finds generators that cut a complete answer (`achat(...)`, a call of another
    client without `stream=True`) into words or characters, loops that do so with a message of Chainlit (`stream_token`), bodies
    that are such an answer, and steps of workflows that write one event with the whole text.

    ## Why it breaks streaming

    It looks like a stream and is none: all tokens were made before the first one is sent. Measured with 20 tokens in one
    second: first byte after 1.04 s. A text handed to `StreamingResponse` is also sent character by character, as 5,000 pieces for
    5,000 characters.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)
        return StreamingResponse(list(response.response_gen), media_type="text/plain")
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

    `safe`: the same bytes reach the client under the same headers, only earlier. `response` where the text is saved, logged or
    counted before the response: a generator does this after the last token, if the client stays until then. A generator that yields
    the joined text in one piece yields each token. No fix is offered
    where anything was done to the tokens or their text, where a `try` or `with` ends before they are sent, where something
    waits for the last one, where the text was one server-sent event, or where somebody else calls or holds the function.

    ## References

    - [Starlette: StreamingResponse](https://www.starlette.io/responses/#streamingresponse)
    """

    code = "STL104"
    name = "replayed-stream"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ("For", *EXPRESSIONS)
    message = "{what} streams what it has already {had}, so everything arrives at once"

    @on(ir.Scope, where=entries)
    def replayed(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        entry = file.entry(scope)
        if entry is None:
            return
        frame = file.frame(scope)
        drains = file.project.ask(Drains)
        for call, content, drain in drains.replayed(entry, frame):
            is_own = drain in drains.ahead(frame)
            yield file.fact(
                self,
                content,
                at=drain if is_own else content,
                what=entry.title,
                had="drained",
                label="takes every token before anything is sent"
                if is_own
                else "yields nothing before it has every token",
                related=(*_sent(file, content, drain), *file.related(drain.hops[1:]))
                if is_own
                else file.related(drain.hops),
                stops=stopped(file, drain) if is_own else (),
                help=_help if is_own else _help_inside,
                repair=of_facts(stream_original, file, frame, call, content, drain),
            )

    @on(ir.Scope, where=loops)
    def written(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        for drain, written in file.project.ask(WrittenEvents).of(file.frame(scope)):
            yield file.fact(
                self,
                Span(drain.start, drain.end),
                what=f"`{scope.name}`",
                had="drained",
                label="takes every token before any of them is written",
                help="write each token inside the loop that takes it",
                related=(Related(file.place(written), "written here, when all tokens are there"),),
            )

    @on(ir.Loop)
    def cut(self, loop: ir.Loop, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        pieces = file.project.ask(Finished).of_loop(loop, file.frame(scope))
        if pieces is not None:
            yield self._finished(file, pieces, f"`{scope.name}`", loop.iterable)

    @on(ir.Call, where=requests)
    def given(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        sending = file.sending(call, scope)
        pieces = file.project.ask(Finished).of_sending(sending) if sending is not None else None
        if sending is not None and pieces is not None:
            yield self._finished(file, pieces, f"`{file.one_line(call.function)}`", sending.content)

    def _finished(self, file: PythonFile, pieces: Pieces, what: str, on_node: ir.Expression) -> Fact:
        origin = pieces.origin
        place = file.project.place(origin.path, origin.start, origin.end)
        return file.fact(
            self,
            on_node,
            what=what,
            had="received whole",
            label="pieces of an answer that is complete",
            help=_ASK,
            related=(Related(place, "waits for the whole answer here"),) if place is not None else (),
            severity=Severity.WARNING,
        )


def _sent(file: PythonFile, content: ir.Expression, drain: Drain) -> tuple[Related, ...]:
    """Where the response begins, unless the tokens are taken in its own argument."""
    return () if content.contains(drain) else (Related(file.place(content), "sent here, when all tokens are there"),)


def _help(repair: Offer) -> str:
    if not isinstance(repair, Refusal):
        return _HAND
    return f"{_HAND}; {no_fix(repair)}" if repair.why else repair.instead


def _help_inside(repair: Offer) -> str:
    """Where the tokens are taken in a generator that the response is given."""
    return f"{_YIELD}; {no_fix(repair)}" if isinstance(repair, Refusal) and repair.why else _YIELD


_YIELD = "yield each token inside the loop that takes it"
_HAND = "hand the iterator itself to the response"
