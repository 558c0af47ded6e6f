from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.chains import Chain, Chains
from streamlint.deployment.streaming_routes import ProjectRoutes
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.chains import described, verdict
from streamlint.model import syntax as ir
from streamlint.rule import Rule, on
from streamlint.tree.python import PythonFile


class TimeoutChain(Rule):
    """
    ## What it does

    Finds what cuts a streaming route first, of all that its tokens pass on their way from the model to the reader, where that is
    sooner than `longest-silence` or `longest-stream` allow. It is advice: select it to see it; `--show-routes` prints the
    same for all routes, with a line of `curl` for each hop.

    ## Why it breaks streaming

    Every hop has limits of its own, and the shortest decides: a proxy that waits ten minutes is of no use behind a client of the
    model that gives up after thirty seconds. Who raises one limit finds the next one, unless all of them are seen at once.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core import Settings, VectorStoreIndex
    from llama_index.llms.ollama import Ollama

    app = FastAPI()
    Settings.llm = Ollama(model="llama3.1", request_timeout=120)
    engine = VectorStoreIndex.from_documents(documents).as_query_engine(streaming=True)


    @app.get("/chat")
    async def chat(q: str):
        response = await engine.aquery(q)
        return StreamingResponse(response.async_response_gen(), media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core import Settings, VectorStoreIndex
    from llama_index.llms.ollama import Ollama

    app = FastAPI()
    Settings.llm = Ollama(model="llama3.1", request_timeout=300)
    engine = VectorStoreIndex.from_documents(documents).as_query_engine(streaming=True)


    @app.get("/chat")
    async def chat(q: str):
        response = await engine.aquery(q)
        return StreamingResponse(response.async_response_gen(), media_type="text/plain")
    ```

    ## Fix safety

    There is no fix: the rules about each hop have their own.

    ## References

    - [curl: --no-buffer](https://curl.se/docs/manpage.html#-N), which shows at each hop whether tokens arrive there
      (all releases; checked 2026-11-26)
    """

    code = "STL590"
    name = "timeout-chain"
    severity = Severity.ADVICE
    symptom = Symptom.CUT
    since = "0.1.0"
    only_named = True  # it follows the streams of everything that is deployed together
    stands_on = ("FunctionDef",)
    message = "`{route}` is cut by {verdict}"
    words = ()

    @on(ir.Scope)
    def cut(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        entry = file.entry(scope) if scope.kind == "function" else None
        if entry is None or all(route.entry is not entry for route in file.project.ask(ProjectRoutes).rows):
            return
        expected = file.project.deployment.expected
        for chain in file.project.deployment.ask(Chains).of_entry(file.path, scope.index):
            cut = chain.first_cut
            if cut is not None and (cut.limit.seconds or 0.0) < expected.longest(cut.limit.failure):
                yield self._fact(chain, scope, file)

    def _fact(self, chain: Chain, scope: ir.Scope, file: PythonFile) -> Fact:
        hops = (f"{number}. {described(hop)}" for number, hop in enumerate(chain.hops, 1))
        return file.fact(
            self,
            scope,
            at=file.name_span(scope),
            route=chain.route.title,
            verdict=verdict(chain.first_cut),
            label="this stream",
            help="`streamlint --show-routes` shows the whole way, and how to try each hop",
            notes=(*hops, *(f"not found: {text}" for text in chain.missing), *chain.notes),
        )
