from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact, of_facts
from streamlint.faults.drifted import Drift, Drifted
from streamlint.faults.legacy_imports import LegacyImports
from streamlint.finding import Severity, Symptom
from streamlint.model import syntax as ir
from streamlint.repairs.settings import settings
from streamlint.rule import Rule, on
from streamlint.tree.python import PythonFile


class RemovedApi(Rule):
    """
    ## What it does

    Finds classes, functions and values of LlamaIndex that the release of the project does not have any more: `ServiceContext` (a
    stub since 0.11 that raises), `QueryPipeline`, agent runners and workers (0.13), `ChatMode.REACT` (0.13), `download_loader`
    (0.14.21). Where no file says which release the project uses, the newest one decides, and the finding is a warning.

    ## Why it breaks streaming

    The program does not get to its stream: the import fails, or the first call raises `ValueError`. `ServiceContext` can still be
    imported with 0.14.25, so nothing is seen before the first request.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core import ServiceContext, VectorStoreIndex, set_global_service_context

    app = FastAPI()
    context = ServiceContext.from_defaults(llm=llm)
    set_global_service_context(context)
    index = VectorStoreIndex.from_documents(documents)


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core import Settings, VectorStoreIndex

    app = FastAPI()
    Settings.llm = llm
    index = VectorStoreIndex.from_documents(documents)


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Fix safety

    `unsafe` for `ServiceContext.from_defaults`: `Settings` is one for the whole program, where each index could have a context of
    its own. There is no fix for the others: what took their place is used in another way, which the help text names.

    ## References

    - [LlamaIndex: from ServiceContext to Settings](https://docs.llamaindex.ai/en/stable/module_guides/supporting_modules/service_context_migration/)
    - [LlamaIndex: changelog](https://docs.llamaindex.ai/en/stable/CHANGELOG/)
    """

    code = "STL402"
    name = "removed-api"
    severity = Severity.ERROR
    symptom = Symptom.FAILS
    since = "0.1.0"
    stands_on = ("ImportFrom", "Call", "Attribute", "Name", "SimpleString")
    words = ("llama_index",)
    anywhere = ("llama_index",)
    message = "`{what}` {effect} since LlamaIndex {since}{where}"

    @on(ir.Import)
    def imported(self, line: ir.Import, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        drifted = file.project.ask(Drift).of_import(line, file.path)
        is_legacy = file.project.ask(LegacyImports).of_statement(line, file.facts, scope) is not None
        if drifted is not None and not is_legacy:
            yield self._fact(file, line, drifted, drifted.change.name)

    @on(ir.Call)
    def called(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        frame = file.frame(scope)
        drifted = file.project.ask(Drift).of_call(call, frame)
        if drifted is not None:
            yield self._fact(file, call, drifted, file.one_line(call.function), of_facts(settings, file, call, scope))
        for refused in file.project.ask(Drift).refused(call, frame):
            if refused.argument is not None:
                yield self._fact(file, refused.argument, refused, file.one_line(refused.argument))

    def _fact(
        self, file: PythonFile, on: ir.Import | ir.Expression, drifted: Drifted, what: str, repair: object = None
    ) -> Fact:
        return file.fact(
            self,
            on,
            what=what,
            effect=drifted.change.effect,
            since=drifted.change.since,
            where=f", and the project uses {drifted.release}"
            if drifted.release
            else "; no file says which release is used",
            help=drifted.change.use or "write it anew without this part",
            severity=Severity.ERROR if drifted.release else Severity.WARNING,
            repair=repair,  # type: ignore[arg-type]  # asked with the node
        )
