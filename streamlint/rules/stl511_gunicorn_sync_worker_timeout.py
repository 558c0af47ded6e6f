from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.interfaces import Interfaces
from streamlint.deployment.served import ServedRoutes
from streamlint.deployment.servers import Server, Worker
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact, Offer
from streamlint.finding import Severity, Symptom
from streamlint.fix import Level
from streamlint.messages.served import lowered, related, seconds, titles
from streamlint.repairs.commands import option_set
from streamlint.rule import Language, Rule, on

_REASON = "a worker that hangs is found later"
_HELP = "raise the timeout, or add `--threads 8`: workers with threads are not bound by it, and none waits for another's stream"


class GunicornSyncWorkerTimeout(Rule):
    """
    ## What it does

    Finds gunicorn with sync workers (the default) and a `timeout` that is shorter than a stream may be, in front of an application
    that streams. The longest stream is the setting `longest-stream`, 600 s where nothing is set.

    ## Why it breaks streaming

    A sync worker tells gunicorn that it is alive between two requests only, so the timeout counts from the request to the last
    token: then the worker is killed, in the middle of the answer. Measured: by default (30 s) a stream of 40 s was cut after
    30.07 s with `CRITICAL WORKER TIMEOUT` in the log; with `--threads 4`, gthread, gevent or workers of an event loop it was
    complete. A heartbeat does not help. With sync workers all other requests of the worker wait for the stream besides.

    ## Example

    ```python
    from flask import Flask, Response
    from llama_index.core import VectorStoreIndex

    app = Flask(__name__)
    engine = VectorStoreIndex([]).as_query_engine(streaming=True)


    @app.get("/chat")
    def chat():
        return Response(engine.query("q").response_gen, mimetype="text/plain")
    ```

    ```procfile
    web: gunicorn application:app
    ```

    ## Use instead

    ```python
    from flask import Flask, Response
    from llama_index.core import VectorStoreIndex

    app = Flask(__name__)
    engine = VectorStoreIndex([]).as_query_engine(streaming=True)


    @app.get("/chat")
    def chat():
        return Response(engine.query("q").response_gen, mimetype="text/plain")
    ```

    ```procfile
    web: gunicorn application:app --timeout 600
    ```

    ## Fix safety

    `unsafe`: a worker that hangs is found later, and how long a stream may be is a matter of policy.

    ## References

    - [gunicorn: Settings, timeout](https://gunicorn.org/reference/settings/) (checked with 27.0.1 on 2026-11-26)
    - [gunicorn: Design](https://gunicorn.org/design/) (checked with 27.0.1 on 2026-11-22)
    """

    code = "STL511"
    name = "gunicorn-sync-worker-timeout"
    severity = Severity.ERROR
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "gunicorn kills the sync worker of {routes} {limit} after the request{default}, and the stream with it"

    @on(Server)
    def limited(self, server: Server, file: DeploymentFile) -> Iterator[Fact]:
        option = server.option("timeout")
        passage = file.deployment.ask(ServedRoutes).of(server)
        if option is None or passage is None or server.worker is not Worker.SYNC:
            return
        if file.deployment.ask(Interfaces).is_asgi(server):  # which fails in another way
            return
        limit, anchor = option.seconds, option.anchor or server.program_anchor
        expected = file.deployment.expected
        if anchor.path != file.path or not limit or limit >= expected.longest_stream:
            return

        def repair(_: object) -> Offer:
            value = f"{expected.longest_stream:g}"
            return option_set(server, option, "--timeout", value, file.source, Level.UNSAFE, _REASON)

        is_long = limit >= expected.longest_silence
        yield file.fact(
            self,
            anchor,
            routes=titles(passage),
            limit=seconds(limit),
            default=" (the default)" if option.is_default else "",
            label="sync workers say that they live between two requests only",
            help=_HELP,
            related=related(passage),
            repair=repair,
            severity=lowered(Severity.WARNING if is_long else self.severity, passage.certainty),
        )
