from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.held_routes import HeldRoutes
from streamlint.deployment.served import ServedRoutes
from streamlint.deployment.servers import Server, Worker
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Related, Severity, Symptom
from streamlint.messages.served import lowered, related, seconds, title
from streamlint.rule import Language, Rule, on


class GunicornBlockedLoopTimeout(Rule):
    """
    ## What it does

    Finds gunicorn with workers of an event loop and a `timeout`, in front of a streaming route that holds that loop with a call
    that surely blocks.

    ## Why it breaks streaming

    Such a worker says that it lives from its event loop. While the loop is held, it says nothing, and gunicorn kills it with all
    its streams when the time is over. Measured with `--timeout 3` and a handler that holds the loop for 6 s: cut after 3.0 s with
    uvicorn's workers and after 4.0 s with `asgi`, with `WORKER TIMEOUT` in the log; a handler that awaits as long is complete.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core import VectorStoreIndex

    app = FastAPI()
    engine = VectorStoreIndex([]).as_query_engine(streaming=True)


    @app.get("/chat")
    async def chat(q: str):  # streamlint: ignore[STL201]
        return StreamingResponse(engine.query(q).response_gen, media_type="text/plain")
    ```

    ```procfile
    web: gunicorn -k uvicorn_worker.UvicornWorker application:app
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

    ```procfile
    web: gunicorn -k uvicorn_worker.UvicornWorker application:app
    ```

    ## Fix safety

    There is no fix here: it is that of the rule that reports the code (STL201 to STL205).

    ## References

    - [gunicorn: Settings, timeout](https://gunicorn.org/reference/settings/) (measured with 27.0.1 on 2026-11-22)
    - [gunicorn: Design](https://gunicorn.org/design/) (checked with 27.0.1 on 2026-11-22)
    """

    code = "STL513"
    name = "gunicorn-blocked-loop-timeout"
    severity = Severity.WARNING
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = (
        "gunicorn kills the worker of {route} when its event loop is held for {limit}{default}, and the route holds it"
    )

    @on(Server)
    def limited(self, server: Server, file: DeploymentFile) -> Iterator[Fact]:
        option = server.option("timeout")
        served = file.deployment.ask(ServedRoutes).of(server)
        if option is None or served is None or server.worker is not Worker.ASGI:
            return
        limit, anchor = option.seconds, option.anchor or server.program_anchor
        if anchor.path != file.path or not limit or limit >= file.deployment.expected.longest_silence:
            return
        for route in served.routes:
            held = file.deployment.ask(HeldRoutes).of(route)
            project = route.project
            if held is None or project is None:
                continue
            place = project.place(held.frame.module.path, held.node.start, held.node.end)
            yield file.fact(
                self,
                anchor,
                route=title(route),
                limit=seconds(limit),
                default=" (the default)" if option.is_default else "",
                label="a worker says that it lives from its event loop",
                help="repair what holds the loop, as its own finding says",
                related=(*((Related(place, "holds the event loop"),) if place is not None else ()), *related(served)),
                severity=lowered(self.severity, served.certainty),
            )
            return
