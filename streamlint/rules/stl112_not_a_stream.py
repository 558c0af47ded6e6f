from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact, of_facts
from streamlint.finding import Related, Severity, Symptom
from streamlint.model import syntax as ir
from streamlint.repairs.streaming import building, label, streaming_engine, way_out
from streamlint.rule import Rule, on
from streamlint.streams.mismatches import Mismatches
from streamlint.tree.python import PythonFile
from streamlint.within import requests


class NotAStream(Rule):
    """
    ## What it does

    Finds `.response_gen` and `.async_response_gen()` on the answer of a query engine that was built without `streaming=True`, or
    with a synthesizer that does not stream. Engines that hand on what another one gives (`TransformQueryEngine`,
    `RouterQueryEngine`) stream if that one does, and are reported only where it is known not to.

    ## Why it breaks streaming

    Such an engine waits for the whole answer and gives a `Response`, which has no tokens. Measured with an answer that takes
    one second: status 500 after 1.01 s, `AttributeError: 'Response' object has no attribute 'response_gen'` in the log.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine().query(q)
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Fix safety

    `response`: the client receives a token stream where it received an error. `unsafe` where an answer of the engine may be used
    for more than its tokens, because a streaming one has no `.response` to read. Where a synthesizer decides, the call of
    `get_response_synthesizer` that makes it for this engine alone is given `streaming=True`; a `stream=` that `query` does not take
    is left out. No fix where the engine has no such call, where the mode gives no stream (`response_mode="no_text"`), beside
    `output_cls=`, where the file reads `.response`, and where an answer is asked for tokens that its method does not give, such as
    `async_response_gen()` after `query`.

    ## References

    - [LlamaIndex: streaming](https://docs.llamaindex.ai/en/stable/module_guides/deploying/query_engine/streaming/)
    """

    code = "STL112"
    name = "not-a-stream"
    severity = Severity.ERROR
    symptom = Symptom.FAILS
    since = "0.1.0"
    stands_on = ("Attribute",)
    message = "`{tokens}` is asked of an engine that does not stream, so the request fails"

    @on(ir.Attribute, where=requests)
    def asked(self, attribute: ir.Attribute, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        engine = file.project.ask(Mismatches).silent_engine(attribute, file.frame(scope))
        if engine is None:
            return
        place = (
            file.project.place(engine.origin.path, engine.origin.start, engine.origin.end) if engine.origin else None
        )
        built = building(file, engine)
        yield file.fact(
            self,
            attribute,
            tokens=file.one_line(attribute),
            label="a `Response` has no tokens",
            related=(Related(place, label(built)),) if place is not None else (),
            help=way_out(file, engine, built),
            repair=of_facts(streaming_engine, file, engine, scope, attribute),
        )
