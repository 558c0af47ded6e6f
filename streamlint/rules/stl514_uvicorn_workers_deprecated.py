from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.served import ServedRoutes
from streamlint.deployment.servers import Server
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact, Offer
from streamlint.finding import Severity, Symptom
from streamlint.fix import Edit, Fix, Level
from streamlint.messages.served import related, titles
from streamlint.rule import Language, Rule, on
from streamlint.source import Span

_OLD = "uvicorn.workers."
_NEW = "uvicorn_worker."
_REASON = "the package `uvicorn-worker` must be installed"


class UvicornWorkersDeprecated(Rule):
    """
    ## What it does

    Finds gunicorn's worker class `uvicorn.workers.UvicornWorker` in front of an application that streams. Advice: reported only
    when selected.

    ## Why it breaks streaming

    It does not yet: streams pass it whole. uvicorn has announced that the module goes, and then gunicorn does not start any more
    with the worker that streams need. The same class is `uvicorn_worker.UvicornWorker` of the package `uvicorn-worker`.

    ## Example

    ```procfile
    web: gunicorn application:app -k uvicorn.workers.UvicornWorker
    ```

    ## Use instead

    ```procfile
    web: gunicorn application:app -k uvicorn_worker.UvicornWorker
    ```

    ## Fix safety

    `unsafe`: the package `uvicorn-worker` must be installed.

    ## References

    - [uvicorn: Deployment, gunicorn](https://www.uvicorn.org/deployment/#gunicorn) (checked 2026-11-26)
    """

    code = "STL514"
    name = "uvicorn-workers-deprecated"
    severity = Severity.ADVICE
    symptom = Symptom.FAILS
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "`{worker}`, behind which {routes} streams, is deprecated and goes with a later uvicorn"

    @on(Server)
    def named(self, server: Server, file: DeploymentFile) -> Iterator[Fact]:
        option = server.option("worker_class")
        if option is None or option.given is None or not option.text.startswith(_OLD) or not option.is_known:
            return
        given, passage = option.given, file.deployment.ask(ServedRoutes).of(server)
        if passage is None or given.anchor.path != file.path:
            return

        def repair(_: object) -> Offer:
            at = file.source.text.find(_OLD, given.anchor.span.start, given.anchor.span.end)
            edit = Edit(Span(at, at + len(_OLD)), _NEW)
            return Fix(f"name `{_NEW}`", (edit,), Level.UNSAFE, _REASON) if at >= 0 else None

        yield file.fact(
            self,
            given.anchor,
            worker=option.text,
            routes=titles(passage),
            label="a package of its own has this class now",
            help="install `uvicorn-worker`, and name `uvicorn_worker.UvicornWorker`",
            related=related(passage),
            repair=repair,
        )
