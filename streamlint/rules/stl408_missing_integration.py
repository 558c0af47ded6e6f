from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact
from streamlint.faults.integrations import Integrations, Missing
from streamlint.finding import Place, Related, Severity, Symptom
from streamlint.model import syntax as ir
from streamlint.rule import Rule, on
from streamlint.surroundings.names import is_lock
from streamlint.tree.python import PythonFile


class MissingIntegration(Rule):
    """
    ## What it does

    Finds imports of a LlamaIndex integration in code that runs for requests, where the requirements or the lock file around it
    name LlamaIndex and nothing that brings this integration. Imports in `try` and under `if` are passed over, and so are those
    of a function that is called only where a setting names it (`case "ollama": use_ollama()`), and projects that do not say what
    they install.

    ## Why it breaks streaming

    Since 0.10 each integration is a package of its own. In a fresh environment the import raises `ModuleNotFoundError`, the
    application does not start, and no client sees a token; on the machine of the author, where the package lies from an earlier
    time, all is well.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.llms.ollama import Ollama

    app = FastAPI()
    llm = Ollama(model="llama3", request_timeout=300)


    @app.get("/chat")
    def chat(q: str):
        return StreamingResponse((chunk.delta for chunk in llm.stream_complete(q)), media_type="text/plain")
    ```

    ```requirements
    fastapi==0.115.0
    llama-index-core==0.14.25
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.llms.ollama import Ollama

    app = FastAPI()
    llm = Ollama(model="llama3", request_timeout=300)


    @app.get("/chat")
    def chat(q: str):
        return StreamingResponse((chunk.delta for chunk in llm.stream_complete(q)), media_type="text/plain")
    ```

    ```requirements
    fastapi==0.115.0
    llama-index-core==0.14.25
    llama-index-llms-ollama==0.11.0
    ```

    ## Fix safety

    There is no fix: the line belongs into another file, with a release that fits the core.

    ## References

    - [LlamaIndex: installation and packages](https://docs.llamaindex.ai/en/stable/getting_started/installation/)
    """

    code = "STL408"
    name = "missing-integration"
    severity = Severity.ERROR
    symptom = Symptom.FAILS
    since = "0.1.0"
    stands_on = ("Import", "ImportFrom")
    message = "`{module}` comes with `{distribution}`, which nothing here installs: this import fails before any token is sent"
    words = ("llama_index",)
    anywhere = ("llama_index",)

    @on(ir.Import)
    def imported(self, line: ir.Import, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        # what is tried, or stands under a condition, may be meant to fail
        integrations = file.project.ask(Integrations)
        found = integrations.missing(line, file.path) if line in scope.body.statements else None
        if found is None or integrations.is_one_of_several(file.facts, scope):
            return
        module = line.module if line.is_from else found.dotted
        name = found.beside.path.name
        lock = "lock it" if is_lock(name) else f"add it to `{name}`"
        yield file.fact(
            self,
            line,
            at=file.word_span(line, module),
            module=module,
            distribution=found.distribution,
            label="is not among the packages that are named",
            help=f"install `{found.distribution}`: {lock}, in a release that fits `llama-index-core`",
            related=_beside(found, file),
        )


def _beside(found: Missing, file: PythonFile) -> tuple[Related, ...]:
    source = file.project.versions.files.source(found.beside.path)
    return (Related(Place.of(source, found.beside.span), "LlamaIndex is named here"),) if source is not None else ()
