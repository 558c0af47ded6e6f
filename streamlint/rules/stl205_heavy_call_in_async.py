from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.fix import Fix, Level
from streamlint.messages.held import called, notes, notes_of, spelt, told, way_out
from streamlint.model import syntax as ir
from streamlint.repairs.obstacles import split
from streamlint.repairs.off_loop import in_thread, off_loop
from streamlint.rule import Rule, on
from streamlint.tree import nodes as cst
from streamlint.tree.python import PythonFile
from streamlint.tree.stands import EXPRESSIONS
from streamlint.waiting import Precedence
from streamlint.waiting.held import Held, OnLoop
from streamlint.waiting.named_heavy import NamedHeavy
from streamlint.within import loops

_STALL = (
    "measured: while an `async def` route built a `VectorStoreIndex` of 400 documents every other client waited 0.20 s; "
    "during the same "
    "work in a thread, 0.03 s"
)


class HeavyCallInAsync(Rule):
    """
    ## What it does

    Finds work that keeps a processor busy for long (reranking, embedding, index building, model loading, OCR, transcription) in
    code that runs on the event loop: calls that the tables know, directly or through the project's own functions, with the way to
    the leaf. A function of which nothing but the name can be seen, in an `async def` route that streams, is reported as *likely*
    where the name says such work (`rerank`, `embed`, `transcribe`, `ocr`, `expensive`); one that can be seen is judged by its
    body. What is kept once it is there (a global name, an attribute of a lasting object) only the first request waits for:
    *likely*.

    ## Why it breaks streaming

    A reranker or an embedding model computes for tenths of seconds to seconds, and the loop does nothing else meanwhile: every
    stream of the process stands still. Measured: building a `VectorStoreIndex` of 400 documents stalls every other client for
    0.20 s, a
    computation of 6 million steps for 0.33 s; in a thread, 0.03 s.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core import VectorStoreIndex

    app = FastAPI()


    @app.post("/chat")
    async def chat(q: str):
        index = VectorStoreIndex.from_documents(documents)
        response = await index.as_query_engine(streaming=True).aquery(q)
        return StreamingResponse(response.async_response_gen(), media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.concurrency import run_in_threadpool
    from fastapi.responses import StreamingResponse
    from llama_index.core import VectorStoreIndex

    app = FastAPI()


    @app.post("/chat")
    async def chat(q: str):
        index = await run_in_threadpool(VectorStoreIndex.from_documents, documents)
        response = await index.as_query_engine(streaming=True).aquery(q)
        return StreamingResponse(response.async_response_gen(), media_type="text/plain")
    ```

    ## Fix safety

    `safe` where the tables know that the call may run in any thread, or where a route that awaits nothing can be a plain `def`
    (see STL201); `unsafe` for the project's own functions, for objects that are no good in two threads at once, and where only
    the name is known.

    ## References

    - [FastAPI: concurrency and async / await](https://fastapi.tiangolo.com/async/)
    - [LlamaIndex: node postprocessors](https://docs.llamaindex.ai/en/stable/module_guides/querying/node_postprocessors/)
    """

    code = "STL205"
    name = "heavy-call-in-async"
    severity = Severity.ERROR
    symptom = Symptom.FREEZES
    since = "0.1.0"
    stands_on = ("With", "For", "CompFor", *EXPRESSIONS)
    message = "`{call}` keeps the event loop busy while {waiting}"

    @on(Held)
    def known(self, held: Held, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        if not file.project.ask(Precedence).reports(self.code, held):
            return
        label, related = told(file, held)
        yield file.fact(
            self,
            held.site,
            at=held.node,
            call=spelt(file, held),
            waiting=held.on_loop.waiting,
            label=label,
            related=related,
            help=partial(way_out, file, held),
            notes=notes_of(held, _STALL),
            severity=held.severity,
            repair=partial(off_loop, file, held),
        )

    @on(ir.Call, where=loops)
    def named(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        where, entry = file.on_loop(scope), file.entry(scope)
        if where is None:
            return
        kind = file.project.ask(NamedHeavy).of_call(call, entry, file.frame(scope)) if entry is not None else ""
        if not kind:
            return
        yield file.fact(
            self,
            call,
            call=called(file, call),
            waiting=where.waiting,
            label=f"nothing is known of it but its name, which speaks of {kind}",
            help="if it is a plain function, run it in a thread",
            notes=notes(where, _STALL),
            severity=Severity.WARNING,
            repair=partial(_moved, file, where, call),
        )


def _moved(file: PythonFile, where: OnLoop, call: ir.Call, node: cst.Call) -> Fix | None:
    if split(file, where, call) is not None:
        return None
    return in_thread(file, where, node, Level.UNSAFE, "nothing is known of the function but its name")
