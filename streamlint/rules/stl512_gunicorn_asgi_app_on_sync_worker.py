from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.interfaces import Interfaces
from streamlint.deployment.served import ServedRoutes
from streamlint.deployment.servers import Server, Worker
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact, Offer
from streamlint.finding import Severity, Symptom
from streamlint.fix import Fix, Level
from streamlint.messages.served import related, titles
from streamlint.repairs.commands import added, option_set
from streamlint.rule import Language, Rule, on

_CLASS = "uvicorn_worker.UvicornWorker"
_REASON = "the package `uvicorn-worker` must be installed"


class GunicornAsgiAppOnSyncWorker(Rule):
    """
    ## What it does

    Finds gunicorn with workers that speak WSGI, the default, in front of an application that speaks ASGI only (FastAPI,
    Starlette, Litestar, Quart) and streams.

    ## Why it breaks streaming

    The worker calls the application as WSGI has it, and every request ends with status 500: `__call__() missing 1 required
    positional argument: 'send'`. Nothing is streamed at all. What wraps the application for WSGI (a2wsgi) is not reported.

    ## Example

    ```procfile
    web: gunicorn application:app
    ```

    ## Use instead

    ```procfile
    web: gunicorn application:app -k uvicorn_worker.UvicornWorker
    ```

    ## Fix safety

    `unsafe`: the package `uvicorn-worker` must be installed. The old name `uvicorn.workers.UvicornWorker` works too where uvicorn
    still has it (STL514), and gunicorn's own `asgi` from its release 24 on; there a poll for disconnects ends healthy streams
    (STL312).

    ## References

    - [uvicorn: Deployment, gunicorn](https://www.uvicorn.org/deployment/#gunicorn) (checked 2026-11-26)
    - [gunicorn: ASGI Worker](https://gunicorn.org/asgi/) (checked with 27.0.1 on 2026-11-22)
    """

    code = "STL512"
    name = "gunicorn-asgi-app-on-sync-worker"
    severity = Severity.ERROR
    symptom = Symptom.FAILS
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "gunicorn's {worker} workers call `{target}` as WSGI, and every request for {routes} ends with status 500"

    @on(Server)
    def mismatched(self, server: Server, file: DeploymentFile) -> Iterator[Fact]:
        option = server.option("worker_class")
        if option is None or server.worker not in (Worker.SYNC, Worker.THREADED):
            return
        anchor = option.anchor or server.program_anchor
        passage = file.deployment.ask(ServedRoutes).of(server)
        if passage is None or anchor.path != file.path or not file.deployment.ask(Interfaces).is_asgi(server):
            return

        def repair(_: object) -> Offer:
            if option.given is not None:
                return option_set(server, option, "-k", _CLASS, file.source, Level.UNSAFE, _REASON)
            edit = added(server.command.words, ("-k", _CLASS), file.source)
            return Fix(f"add `-k {_CLASS}`", (edit,), Level.UNSAFE, _REASON) if edit is not None else None

        yield file.fact(
            self,
            anchor,
            worker=option.text or "sync",
            target=server.target,
            routes=titles(passage),
            label="no worker for ASGI" if option.given is not None else "sync workers, the default, are none for ASGI",
            help=f"add `-k {_CLASS}`, and install `uvicorn-worker`",
            related=related(passage),
            repair=repair,
        )
