from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from streamlint.deployment.model_clients import ModelClient, ModelClients
from streamlint.fact import Fact, of_facts
from streamlint.finding import Related, Severity, Symptom
from streamlint.knowledge.model_clients import measured
from streamlint.model import syntax as ir
from streamlint.project import Project
from streamlint.repairs.model_clients import patient
from streamlint.rule import Rule, on
from streamlint.tree.python import PythonFile


class ModelTimeoutShort(Rule):
    """
    ## What it does

    Finds clients of language models that give up before the model has read a long prompt, in programs that stream. These are models
    on a machine of one's own (Ollama, vLLM, llamafile, LM Studio, an OpenAI-like server at a local address) with a limit of 60
    seconds or less that nobody chose, or with a shorter one; `httpx` with its 5 seconds at the address of a model; and any limit
    below 15 seconds.

    ## Why it breaks streaming

    The limit counts the silence before each piece of the answer, and the longest silence is the one before the first: without a
    large GPU a model reads a few thousand tokens of context for a minute, and one that is not loaded yet is loaded first. Then the
    client raises `ReadTimeout` after the response was begun, and what the user sees is an answer that ends. Measured with a server
    that speaks as Ollama does and is silent for twice the limit: no token arrived; with a longer limit all of them did.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core import VectorStoreIndex
    from llama_index.llms.ollama import Ollama

    app = FastAPI()
    llm = Ollama(model="llama3.1")
    engine = VectorStoreIndex.from_documents(documents).as_query_engine(llm=llm, streaming=True)


    @app.get("/chat")
    async def chat(q: str):
        response = await engine.aquery(q)
        return StreamingResponse(response.async_response_gen(), media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core import VectorStoreIndex
    from llama_index.llms.ollama import Ollama

    app = FastAPI()
    llm = Ollama(model="llama3.1", request_timeout=300)
    engine = VectorStoreIndex.from_documents(documents).as_query_engine(llm=llm, streaming=True)


    @app.get("/chat")
    async def chat(q: str):
        response = await engine.aquery(q)
        return StreamingResponse(response.async_response_gen(), media_type="text/plain")
    ```

    ## Fix safety

    `unsafe`: how long a program should wait for its model is its owner's to say. The repair writes the setting `longest-silence`.
    Ignore the finding where the model is known to answer at once, or where giving up early is wanted.

    ## References

    - [LlamaIndex: Ollama](https://docs.llamaindex.ai/en/stable/examples/llm/ollama/), 30 s from 0.0.1 to 0.11.0: the defaults of
      all integrations were read from their releases (measured 2026-11-26)
    - [HTTPX: timeouts](https://www.python-httpx.org/advanced/timeouts/) (checked with 0.28.1 on 2026-11-26)
    """

    code = "STL561"
    name = "model-timeout-short"
    severity = Severity.WARNING
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ("Call",)
    message = "`{name}` gives up after {seconds} s without a token{default}, and {why}"
    words = ()
    anywhere = ("llama_index", "httpx", "openai", "anthropic", "boto3")

    def is_about(self, project: Project, path: Path) -> bool:
        return project.ask(ModelClients).is_served(path)

    @on(ir.Call)
    def short(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        clients = file.project.ask(ModelClients)
        client = clients.of(call, file.frame(scope)) if clients.is_served(file.path) else None
        if client is None or not client.is_short:
            return
        longest = file.project.deployment.expected.longest_silence
        yield file.fact(
            self,
            call,
            name=client.name,
            seconds=f"{client.time.value:g}",
            default=" (the default)" if client.time.is_default else "",
            why=_why(client),
            label=f"`{client.time.setting}` is {'not given' if client.time.is_default else 'short'}",
            help=f"give it `{client.time.setting}={longest:g}`, as long as a stream may be silent",
            notes=_notes(client),
            related=_made(client, file),
            repair=of_facts(patient, file, client, longest),
        )


def _why(client: ModelClient) -> str:
    if client.is_at_home:
        return "a model on a machine of one's own reads a long prompt for longer"
    return "the first token of a long prompt may take longer"


def _notes(client: ModelClient) -> tuple[str, ...]:
    if not client.package or not client.time.is_default:
        return ()
    release = f" {client.release}" if client.release else ""
    return (f"the default of `{client.package}`{release}, as read from its releases on {measured()}",)


def _made(client: ModelClient, file: PythonFile) -> tuple[Related, ...]:
    made = client.made_at
    if made is None or client.call.contains(made):
        return ()
    return (Related(file.place(made), f"`{client.name}` is made here"),)
