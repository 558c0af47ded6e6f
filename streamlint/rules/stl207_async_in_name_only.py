from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.model import syntax as ir
from streamlint.rule import Rule, on
from streamlint.serving.ways import Hop
from streamlint.tree.python import PythonFile
from streamlint.waiting.async_in_name import AsyncInName, InName
from streamlint.within import loops

_STALL = (
    "measured: with an LLM that has only `stream_complete`, `aquery` stalls every other client for 1.01 s of 1.0 s, and "
    "`astream_chat` sends the whole answer in one piece besides"
)

_STALL_OF_STORE = (
    "measured: with a vector store whose `query` takes 0.4 s, `aquery` stalls every other client for 0.40 s"
)


class AsyncInNameOnly(Rule):
    """
    ## What it does

    Finds awaited LlamaIndex methods (`aquery`, `astream_chat`, `aretrieve`, ...) on the event loop that end in a class of the
    project which has only the synchronous method: a `CustomLLM` with `complete` and `stream_complete`, a `BaseRetriever` with
    `_retrieve`, a `CustomQueryEngine` with `custom_query`; or in an LLM of an integration that has only those: `HuggingFaceLLM`,
    `LlamaCPP`, `Llamafile`, `Replicate`; or in a vector store of one: `ChromaVectorStore`, `PineconeVectorStore`,
    `SupabaseVectorStore`, `LanceDBVectorStore`.

    ## Why it breaks streaming

    The asynchronous methods that such a class inherits call the synchronous ones, on the loop. Measured: `aquery` with such an
    LLM stalls every other client for the whole answer (1.01 s of 1.0 s), and `astream_chat` sends it in one piece at the end;
    with such a store it stalls them for the whole retrieval (0.40 s of 0.4 s).

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata

    app = FastAPI()


    class OurLLM(CustomLLM):
        @property
        def metadata(self):
            return LLMMetadata()

        def complete(self, prompt, formatted=False, **kwargs):
            return CompletionResponse(text=client.ask(prompt))

        def stream_complete(self, prompt, formatted=False, **kwargs):
            for token in client.stream(prompt):
                yield CompletionResponse(text="", delta=token)


    engine = index.as_query_engine(streaming=True, llm=OurLLM())


    @app.get("/chat")
    async def chat(q: str):
        response = await engine.aquery(q)
        return StreamingResponse(response.async_response_gen(), media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata

    app = FastAPI()


    class OurLLM(CustomLLM):
        @property
        def metadata(self):
            return LLMMetadata()

        def complete(self, prompt, formatted=False, **kwargs):
            return CompletionResponse(text=client.ask(prompt))

        def stream_complete(self, prompt, formatted=False, **kwargs):
            for token in client.stream(prompt):
                yield CompletionResponse(text="", delta=token)


    engine = index.as_query_engine(streaming=True, llm=OurLLM())


    @app.get("/chat")
    def chat(q: str):
        response = engine.query(q)
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Fix safety

    There is no fix: either the class gets asynchronous methods of its own (`acomplete`, `astream_complete`), which only its author
    can write, or the route calls the synchronous methods from a plain `def`.

    ## References

    - [LlamaIndex: custom LLM](https://docs.llamaindex.ai/en/stable/module_guides/models/llms/usage_custom/)
    - [LlamaIndex: CustomLLM](https://docs.llamaindex.ai/en/stable/api_reference/llms/custom_llm/)
    """

    code = "STL207"
    name = "async-in-name-only"
    severity = Severity.ERROR
    symptom = Symptom.FREEZES
    since = "0.1.0"
    stands_on = ("Call",)
    message = "`{call}` runs `{owner}.{runs}` on the event loop while {waiting}"

    @on(ir.Call, where=loops)
    def called(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        where = file.on_loop(scope)
        if where is None or not where.reached.is_certain:
            return
        known = file.project.ask(AsyncInName).of_call(call, where.frame)
        if known is None:
            return
        located = file.project.evaluator.scope_of(known.owner) if known.owner is not None else None
        start = located[1].start if located is not None else 0
        hops = [
            Hop(owner.path, start, start + len("class"), f"`{known.name}` has no `{known.missing}` of its own")
            for owner in (known.owner,)
            if owner is not None
        ]
        yield file.fact(
            self,
            call,
            call=file.one_line(call.function),
            owner=known.name,
            runs=known.runs,
            waiting=where.waiting,
            label="awaits a method that is asynchronous in name only",
            related=(*file.related(where.way), *file.related(hops)),
            help=_way_out(known),
            notes=(_STALL_OF_STORE if known.is_store else _STALL,),
        )


def _way_out(known: InName) -> str:
    if known.owner is None:
        return f"`{known.name}` has no `{known.missing}` of its own: call the synchronous method from a plain `def`, or in a thread"
    return f"give `{known.name}` an `{known.missing}` of its own, or call the synchronous method in a thread"
