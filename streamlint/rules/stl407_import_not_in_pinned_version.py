from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact
from streamlint.faults.later_names import Later, LaterNames
from streamlint.finding import Place, Related, Severity, Symptom
from streamlint.model import syntax as ir
from streamlint.rule import Rule, on
from streamlint.source import Span
from streamlint.tree.python import PythonFile


class ImportNotInPinnedVersion(Rule):
    """
    ## What it does

    Finds imports of names that LlamaIndex has only in later releases than the one that the project pins, in code that runs for
    requests. What a later release has taken away is another matter. Imports in `try` and under `if` are passed over.

    ## Why it breaks streaming

    Code that was written against today's documentation and runs with an old pin raises `ImportError` when it starts, and no
    client sees a token. `llama_index.core` as a whole came with 0.10, workflows in the middle of 0.10, agents as workflows in
    the middle of 0.12.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core import VectorStoreIndex

    app = FastAPI()
    engine = VectorStoreIndex([]).as_query_engine(streaming=True)


    @app.get("/chat")
    def chat(q: str):
        return StreamingResponse(engine.query(q).response_gen, media_type="text/plain")
    ```

    ```requirements
    llama-index==0.9.48
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core import VectorStoreIndex

    app = FastAPI()
    engine = VectorStoreIndex([]).as_query_engine(streaming=True)


    @app.get("/chat")
    def chat(q: str):
        return StreamingResponse(engine.query(q).response_gen, media_type="text/plain")
    ```

    ```requirements
    llama-index==0.14.20
    ```

    ## Fix safety

    There is no fix: whether the pin or the code is meant, nobody can see from here.

    ## References

    - [LlamaIndex: upgrading to 0.10](https://www.llamaindex.ai/blog/llamaindex-v0-10-838e735948f8)
    - [LlamaIndex: changelog](https://docs.llamaindex.ai/en/stable/CHANGELOG/)
    """

    code = "STL407"
    name = "import-not-in-pinned-version"
    severity = Severity.ERROR
    symptom = Symptom.FAILS
    since = "0.1.0"
    stands_on = ("Import", "ImportFrom")
    message = "`{name}` is not there in {package} {release} yet: this import fails before any token is sent"
    words = ("llama_index",)
    anywhere = ("llama_index",)

    @on(ir.Import)
    def imported(self, line: ir.Import, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        # what is tried, or stands under a condition, may be meant to fail
        found = file.project.ask(LaterNames).later(line, file.path) if line in scope.body.statements else None
        if found is None:
            return
        used, first = found.used, found.dotted[0]
        yield file.fact(
            self,
            line,
            at=file.word_span(line, first.rpartition(".")[2] if line.is_from else first),
            name=first,
            package=f"`{used.package}`",
            release=str(used),
            label=f"first seen in {found.since}",
            help=f"use `{used.package}` {found.since} or later, or what the pinned release has in its place",
            notes=_notes(found),
            related=_pinned(found, file),
        )


def _notes(found: Later) -> tuple[str, ...]:
    others = ", ".join(f"`{name.rpartition('.')[2]}`" for name in found.dotted[1:])
    told = (f"so with {others}",) if others else ()
    return told if found.used.path is not None else (*told, f"the release is that of the {found.used.source}")


def _pinned(found: Later, file: PythonFile) -> tuple[Related, ...]:
    path, files = found.used.path, file.project.versions.files
    source = files.source(path) if path is not None else None
    if source is None or path is None:
        return ()
    start = source.line_starts[found.used.line - 1]
    on_line = (each.span for each in files.reading(path).declared if each.line == found.used.line)
    span = next(on_line, Span(start, start))
    return (Related(Place.of(source, span), "an earlier release is asked for here"),)
