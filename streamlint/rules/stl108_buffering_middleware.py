from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact, Offer, of_facts
from streamlint.faults.bodies_read import BodiesRead
from streamlint.faults.compressed import Compressors
from streamlint.finding import Related, Severity, Symptom
from streamlint.knowledge.releases import Compressed
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal, no_fix
from streamlint.repairs.middleware import sent_on
from streamlint.rule import Rule, on
from streamlint.source import Span
from streamlint.tree.python import PythonFile
from streamlint.tree.stands import EXPRESSIONS
from streamlint.within import entries

_DOES = {
    Compressed.HELD: "keeps a stream back until it ends",
    Compressed.SPLIT: "sends each piece of a stream as a gzip file of its own, and many clients show the first one only",
}


_SEND_ON = "give `response.body_iterator` a generator that looks at each chunk and yields it, and return the response"


def _help(repair: Offer) -> str:
    return f"{_SEND_ON}; {no_fix(repair)}" if isinstance(repair, Refusal) else _SEND_ON


class BufferingMiddleware(Rule):
    """
    ## What it does

    Finds middleware that reads `response.body_iterator` to its end for every response of an application that streams tokens, or
    whose own `send` keeps every message of an answer until the last one, and `GZipMiddleware` of a release that does not send
    each token on. Those are Starlette before 1.5 (from 0.46 on it lets `text/event-stream` pass) and Django before 6.1; where the
    project does not tell its release, nothing is reported. Middleware that hands the response on as it is, also one built on
    `BaseHTTPMiddleware`, streams and is not reported.

    ## Why it breaks streaming

    The loop takes every chunk before the first one goes on to the client. Measured with 20 tokens in one second on uvicorn: first
    byte after 1.03 s in one piece, instead of after 0.06 s in 20 pieces, for every route behind the middleware.

    A compressor that is not flushed keeps what it is given until the stream ends. Measured with Starlette 0.45, 0.52 and 1.4: text
    arrives in one piece at the end for every client that accepts gzip, as browsers do. Django 5.2 compresses an asynchronous
    iterator chunk by chunk instead, and clients that expect one gzip file, httpx and `curl --compressed` among them, show the first
    token only.

    ## Example

    ```python
    from fastapi import FastAPI, Response
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.middleware("http")
    async def log_size(request, call_next):
        response = await call_next(request)
        body = b"".join([chunk async for chunk in response.body_iterator])
        print(len(body))
        return Response(body, response.status_code, dict(response.headers))


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.middleware("http")
    async def log_size(request, call_next):
        response = await call_next(request)
        body_chunks = response.body_iterator

        async def send_on():
            chunks = []
            async for chunk in body_chunks:
                chunks.append(chunk)
                yield chunk
            body = b"".join(chunks)
            print(len(body))

        response.body_iterator = send_on()
        return response


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Fix safety

    `response`: the same bytes, each chunk when it is made. Where the middleware only logs or counts the body, a generator sends
    each chunk on and does this after the last one, not for a client that leaves before. No fix is offered where the body is
    changed, where a header or the answer depends on it, or where something else is awaited, raised or returned behind the loop. A
    compressor is cured by a later release, or for one response by `headers={"Content-Encoding": "identity"}`.

    ## References

    - [Starlette: middleware](https://www.starlette.io/middleware/#basehttpmiddleware)
    - [Starlette: GZipMiddleware](https://www.starlette.io/middleware/#gzipmiddleware)
    - [Django: GZipMiddleware](https://docs.djangoproject.com/en/stable/ref/middleware/#module-django.middleware.gzip)
    """

    code = "STL108"
    name = "buffering-middleware"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = EXPRESSIONS
    message = "`{part}` {does}"
    words = ("body_iterator", "GZipMiddleware", "receive")
    anywhere = ("GZipMiddleware",)

    @on(ir.Scope, where=entries)
    def read(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        entry = file.entry(scope)
        if entry is None:
            return
        for loop, sending in file.project.ask(BodiesRead).of(entry):
            content = sending.content
            place = file.project.place(sending.frame.module.path, content.start, content.end)
            yield file.fact(
                self,
                loop.iterable,
                part=file.text(loop.iterable),
                does=f"is read to its end before `{entry.name}` sends anything on, so no route behind it streams",
                label="every chunk is taken here before the first one goes on",
                related=(Related(place, "this stream is held up"),) if place is not None else (),
                help=_help,
                repair=of_facts(sent_on, file, scope, loop),
            )

    @on(ir.Scope, where=entries)
    def handed(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        entry = file.entry(scope)
        for body, module, loop, sending in file.project.ask(BodiesRead).by_helpers(entry) if entry is not None else ():
            content = sending.content
            places = (
                (file.project.place(module.path, loop.iterable.start, loop.iterable.end), "every chunk is taken here"),
                (file.project.place(sending.frame.module.path, content.start, content.end), "this stream is held up"),
            )
            yield file.fact(
                self,
                body,
                part=file.text(body),
                does=f"is read to its end before `{scope.name}` sends anything on, so no route behind it streams",
                label="the function takes every chunk before the first one goes on",
                related=tuple(Related(place, label) for place, label in places if place is not None),
                help="send each chunk on in a generator, and do the rest after the last one",
            )

    @on(ir.Scope, where=entries)
    def kept(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        entry = file.entry(scope)
        for given, sending in file.project.ask(BodiesRead).by_messages(entry) if entry is not None else ():
            content = sending.content
            place = file.project.place(sending.frame.module.path, content.start, content.end)
            yield file.fact(
                self,
                given,
                part=file.text(given),
                does="keeps every message of the answer until the last one, so no route behind it streams",
                label="what the application sends is kept here",
                related=(Related(place, "this stream is held up"),) if place is not None else (),
                help="send each message on when it comes, and do the rest after the last one",
            )

    @on(ir.Name, ir.Attribute, ir.Constant)
    def compress(self, named: ir.Expression, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        compressor = file.project.ask(Compressors).at(file.path, Span(named.start, named.end))
        if compressor is None:
            return
        content, version = compressor.stream.content, compressor.version
        place = file.project.place(compressor.stream.frame.module.path, content.start, content.end)
        yield file.fact(
            self,
            named,
            part=compressor.name,
            does=f"of {version.package} {version} {_DOES[compressor.effect]}",
            label=f"the release is read from {version.source}",
            related=(Related(place, "this stream is compressed"),) if place is not None else (),
            help='upgrade the framework, or give the streaming response the header `"Content-Encoding": "identity"`',
        )
