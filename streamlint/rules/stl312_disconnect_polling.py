from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact, Offer, of_facts
from streamlint.faults.polls import CuttingPoll, Polls
from streamlint.finding import Place, Related, Severity, Symptom
from streamlint.fix import Fix
from streamlint.messages.served import lowered
from streamlint.model import syntax as ir
from streamlint.repairs.polls import poll_removed
from streamlint.rule import Rule, on
from streamlint.tree.python import PythonFile

_FIRST = "measured under uvicorn: of 46 clients that left, 40 were noticed by the server first and 6 by the poll"
_HELP = "the server ends the generator without it; a line for the log can stand in an `except asyncio.CancelledError: ... raise`"
_TRUNCATED = (
    "measured under `gunicorn -k asgi`: the poll ended a healthy stream after 2 of 20 tokens with a clean status 200"
)
_ELSEWHERE = "take the poll out, or serve with `-k uvicorn_worker.UvicornWorker`, which answers it rightly"
_NEEDLESS = "the server cancels the stream of a client that leaves without it"
_CUT = "gunicorn's `asgi` worker says after a token or two that a client which stays has left"


class DisconnectPolling(Rule):
    """
    ## What it does

    Finds `await request.is_disconnected()` in the `async for` of an async generator that sends tokens, where the poll does
    nothing but end the loop. Advice: reported only when selected. An error, in any loop and whatever it leads to, where a command
    of the project serves the route with gunicorn's `asgi` worker (25.2 or newer, or a release that is not known).

    ## Why it breaks streaming

    When the client leaves, Starlette cancels the generator by itself, wherever it waits. Mostly that comes first: measured
    under uvicorn, 40 of 46 clients that left were noticed by the server before the poll, 6 by the poll. Where the poll leads to
    nothing but the end, both do the same, and the poll costs a turn of the event loop for every token. It also reads from the
    connection: measured under `gunicorn -k asgi`, a healthy client received 2 of 20 tokens with a clean status 200, because the
    second poll says "disconnected" although nobody left. With gunicorn 25.0.1 to 25.1.0 all tokens came, with 25.2.0 to 26.0.0 one.

    Under other servers a poll that does more is right and is not reported: over a synchronous iterator, or a model that is
    asynchronous in name only, the server cannot cancel the loop, and the poll is what ends it (what holds the loop there is
    STL202's or STL207's); and a poll that leads to work, such as a save, a bill or the end of a producer, in its branch, behind
    the loop, in a `finally` that waits, in a `with` that commits, in a task behind the response or in the code that loops over
    this generator, gives that work the time which a cancelled generator has not.

    ## Example

    ```python
    from fastapi import FastAPI, Request
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    async def chat(request: Request, q: str):
        response = await index.as_query_engine(streaming=True).aquery(q)

        async def stream():
            async for token in response.async_response_gen():
                if await request.is_disconnected():
                    break
                yield token

        return StreamingResponse(stream(), media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI, Request
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    async def chat(request: Request, q: str):
        response = await index.as_query_engine(streaming=True).aquery(q)

        async def stream():
            async for token in response.async_response_gen():
                yield token

        return StreamingResponse(stream(), media_type="text/plain")
    ```

    ## Fix safety

    `safe` where the model is seen to be asynchronous itself, `unsafe` where that cannot be seen: over one that is asynchronous
    in name only the poll is what ends the loop. There is no fix where anything stands in the branch beside `break` or `return`,
    around the loop or behind it. The parameter `request` stays, as it belongs to the signature of the route.

    ## References

    - [gunicorn: ASGI Worker](https://gunicorn.org/asgi/) (measured with 25.0.1 to 27.0.1 on 2026-11-26)
    - [Starlette: requests](https://www.starlette.io/requests/)
    - [Starlette: StreamingResponse](https://www.starlette.io/responses/#streamingresponse)
    """

    code = "STL312"
    name = "disconnect-polling"
    severity = Severity.ADVICE
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ("Await",)
    message = "`{poll}` is asked between the tokens, and {why}"
    words = ("is_disconnected",)

    @on(ir.Scope)
    def generated(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        polls, frame = file.project.ask(Polls), file.frame(scope)
        cutting = list(polls.cutting(frame))
        yield from (self._cut(each, file) for each in cutting)
        known = {each.wait.start for each in cutting}
        for poll in polls.of(frame):
            if poll.wait.start not in known:
                yield file.fact(
                    self,
                    poll.wait,
                    poll=file.one_line(poll.wait),
                    why=_NEEDLESS,
                    label="asked for every token; some servers answer that a healthy client has left",
                    help=_help,
                    notes=(_FIRST, _TRUNCATED),
                    repair=of_facts(poll_removed, file, poll),
                )

    def _cut(self, cutting: CuttingPoll, file: PythonFile) -> Fact:
        """A poll whose server is known to answer it wrongly."""
        anchor = cutting.misread.server.anchor
        source = file.project.deployment.source(anchor.path)
        place = Place.of(source, anchor.span) if source is not None else None
        return file.fact(
            self,
            cutting.wait,
            poll=file.one_line(cutting.wait),
            why=_CUT,
            label="ends the answer here, as if it were whole",
            help=lambda offer: "remove the poll" if isinstance(offer, Fix) else _ELSEWHERE,
            notes=(_TRUNCATED,),
            related=(Related(place, "serves it with that worker"),) if place is not None else (),
            repair=of_facts(poll_removed, file, cutting.poll) if cutting.poll is not None else None,
            severity=lowered(Severity.ERROR, cutting.misread.certainty),
        )


def _help(offer: Offer) -> str:
    return "remove the poll" if isinstance(offer, Fix) else _HELP
