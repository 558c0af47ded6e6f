from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.streaming_routes import ProjectRoutes
from streamlint.fact import Fact
from streamlint.finding import Related, Severity, Symptom
from streamlint.messages.served import title
from streamlint.model import syntax as ir
from streamlint.rule import Rule, on
from streamlint.tree.python import PythonFile

_MANGUM = "mangum.Mangum"
_MOST = 3


class LambdaMangumBuffers(Rule):
    """
    ## What it does

    Finds `Mangum(app)` around an application that streams.

    ## Why it breaks streaming

    Mangum lets an ASGI application answer for a Lambda function, and collects the whole answer before it hands it over: as its
    source says, content "will always be returned in a single response, never streamed". The reader sees nothing until the last
    token, and Lambda's own limits for answers (6 MB, and the 29 s of API Gateway) end longer ones.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core import VectorStoreIndex
    from mangum import Mangum

    app = FastAPI()
    engine = VectorStoreIndex.from_documents([]).as_query_engine(streaming=True)


    @app.get("/chat")
    def chat(q: str):
        return StreamingResponse(engine.query(q).response_gen, media_type="text/plain")


    handler = Mangum(app)
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core import VectorStoreIndex

    app = FastAPI()
    engine = VectorStoreIndex.from_documents([]).as_query_engine(streaming=True)


    @app.get("/chat")
    def chat(q: str):
        return StreamingResponse(engine.query(q).response_gen, media_type="text/plain")
    ```

    with a server behind the Lambda Web Adapter, `AWS_LWA_INVOKE_MODE=response_stream`, and a function URL or REST API that streams.

    ## Fix safety

    There is no repair: another way into Lambda is needed.

    ## References

    - [Mangum](https://github.com/Kludex/mangum), `protocols/http.py`
      (checked 2026-11-26)
    - [Lambda Web Adapter: Response Streaming](https://awslabs.github.io/aws-lambda-web-adapter/features/response-streaming.html)
      (checked 2026-11-26)
    """

    code = "STL527"
    name = "lambda-mangum-buffers"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ("Call",)
    words = ("Mangum", "mangum")
    anywhere = ("mangum",)
    message = "{routes} is collected by Mangum until the answer is whole"

    @on(ir.Call)
    def wrapped(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        evaluator, frame = file.project.evaluator, file.frame(scope)
        application = call.argument(0, "app")
        if application is None or _MANGUM not in evaluator.names(call.function, frame):
            return
        made = {evaluator.origin(application, frame)} | {
            getattr(value, "origin", None) for value in evaluator.value(application, frame)
        }
        routes = [
            route
            for route in file.project.ask(ProjectRoutes).rows
            if route.app is not None and route.app.origin in made
        ]
        if not routes:
            return
        others = f" (and {len(routes) - 1} more)" if len(routes) > 1 else ""
        places = [(route, route.place) for route in routes[:_MOST]]
        yield file.fact(
            self,
            call,
            routes=f"{title(routes[0])}{others}",
            label="answers in one piece",
            help="run the application under a server behind the Lambda Web Adapter, which can stream",
            related=tuple(Related(place, f"{title(route)} streams") for route, place in places if place is not None),
        )
