from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from streamlint.fact import Fact
from streamlint.faults.resources import Outlived, Resources, closings
from streamlint.finding import Related, Severity, Symptom
from streamlint.fix import Fix
from streamlint.knowledge.resources import End
from streamlint.model import syntax as ir
from streamlint.repairs.enclosed import in_generator
from streamlint.repairs.resources import into_generator, is_only_return, needs_unknown
from streamlint.rule import Rule, on
from streamlint.source import Span
from streamlint.tree import nodes as cst
from streamlint.tree.python import PythonFile

_FAULT = {
    End.CLOSED: "is closed before the stream that reads from it is sent",
    End.REOPENED: "is closed before the stream is sent, which opens it again for nobody to close",
    End.RELEASED: "is released before the stream is sent, so it holds nobody back",
    End.OVER: "has ended before the stream is sent, so it never stops it",
}


class ResourceClosedEarly(Rule):
    """
    ## What it does

    Finds `with` and `async with` blocks around `return StreamingResponse(...)` where the stream reads from what the block opens:
    files, HTTP clients and their responses, connections, temporary folders; SQLAlchemy's sessions, which open themselves again, so
    that each request leaves a connection to the database behind. An `ExitStack`, and a `finally` that closes such a thing, are
    found too. Also finds locks, semaphores and time limits around nothing but that `return`, and dependencies with `yield` where
    FastAPI is known to be 0.106 to 0.117, or where they are declared with `scope="function"`.

    ## Why it breaks streaming

    The response is sent after the handler has returned, when the block has been left. Measured: status 200 and an empty, incomplete
    body with `httpx.AsyncClient`, with its `stream()`, and with an open file. A semaphore of 1 let three streams run at once, and a
    time limit never ended one.

    ## Example

    ```python
    import httpx
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    async def chat(url: str):
        async with httpx.AsyncClient() as client:

            async def stream():
                async with client.stream("GET", url) as response:
                    async for text in response.aiter_text():
                        yield text

            return StreamingResponse(stream(), media_type="text/plain")
    ```

    ## Use instead

    ```python
    import httpx
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    async def chat(url: str):
        async def stream():
            async with httpx.AsyncClient() as client:
                async with client.stream("GET", url) as response:
                    async for text in response.aiter_text():
                        yield text

        return StreamingResponse(stream(), media_type="text/plain")
    ```

    ## Fix safety

    `response`: the block moves into the generator, and the stream works. What fails when it is opened, such as a file that is not
    there, is then met after the headers, where it ends the body instead of becoming a status. It is offered where the block
    does nothing but define the generator and answer, nothing else uses what it opens, and no `try` stands around it. An answer that
    passes on what it reads, or that a function elsewhere makes of it, gets a generator of its own.

    ## References

    - [HTTPX: streaming responses](https://www.python-httpx.org/async/#streaming-responses)
    - [Starlette: StreamingResponse](https://www.starlette.io/responses/#streamingresponse)
    """

    code = "STL303"
    name = "resource-closed-early"
    severity = Severity.ERROR
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ("With", "FunctionDef", "Call")
    message = "`{resource}` {fault}"
    words = ("with", "Depends", "finally")

    @on(ir.WithItem)
    def outlived(self, entry: ir.WithItem, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        found = file.outlived(entry, scope)
        if found is not None and (found.end.is_of_readers or is_only_return(entry, scope)):
            yield self._told(found, entry, scope, file)

    @on(ir.Scope)
    def provided(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        entry = file.entry(scope)
        if entry is None or not entry.answers:
            return
        resources = file.project.knowledge.resources
        versions = file.project.versions.near(file.path)
        early = versions.within(resources.package, resources.since, resources.before) is True
        for parameter in scope.parameters:
            found = file.project.ask(Resources).closed_dependency(parameter, file.frame(scope), early=early)
            if found is None:
                continue
            sending, end = found
            yield file.fact(
                self,
                scope,
                at=Span(parameter.start, parameter.start + len(parameter.name)),
                resource=parameter.name,
                fault=_FAULT[end],
                severity=Severity.ERROR if end is End.CLOSED else Severity.WARNING,
                label="this dependency ends when the handler returns",
                related=(Related(file.place(sending.content), "sent after that"),),
                help='open it in the generator, or let it live as long as the request: `fastapi>=0.118`, no `scope="function"`',
            )

    @on(ir.Scope)
    def cleaned_up(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        if not any(closings(scope)) or not file.serves(scope):
            return
        for found in file.project.ask(Resources).closed_finally(file.frame(scope)):
            assert isinstance(found.call.function, ir.Attribute)
            yield file.fact(
                self,
                found.call,
                resource=file.one_line(found.call.function.base),
                fault=_FAULT[found.end],
                label="runs when the handler returns",
                related=(Related(file.place(found.sending.content), "sent after that"),),
                help="open it in the generator, and close it in a `finally` around the loop that yields",
                severity=Severity.ERROR if found.end is End.CLOSED else Severity.WARNING,
            )

    def _told(self, found: Outlived, entry: ir.WithItem, scope: ir.Scope, file: PythonFile) -> Fact:
        content = found.sending.content
        return file.fact(
            self,
            entry,
            at=entry.context,
            resource=file.one_line(entry.context),
            fault=_FAULT[found.end],
            label="lasts only until the handler returns",
            related=(Related(file.place(content), "sent after the block has ended"),),
            help="open it in the generator, around the loop that yields",
            severity=Severity.ERROR if found.end is End.CLOSED else Severity.WARNING,
            repair=partial(_moved, file, found) if is_only_return(entry, scope) else None,
        )


def _moved(file: PythonFile, found: Outlived, node: cst.With) -> Fix | None:
    if needs_unknown(file, node, found.sending.frame):
        return None
    moved = into_generator(file, node, found) if len(node.items) == 1 else None
    return moved or in_generator(file, node, found)
