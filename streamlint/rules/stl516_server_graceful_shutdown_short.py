from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.limits import Failure
from streamlint.deployment.served import ServedRoutes
from streamlint.deployment.servers import Server
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact, Offer
from streamlint.finding import Severity, Symptom
from streamlint.fix import Level
from streamlint.messages.served import around, lowered, seconds, titles
from streamlint.repairs.commands import option_set
from streamlint.rule import Language, Rule, on

_ENOUGH = 30
_REASON = "a restart takes longer"


class ServerGracefulShutdownShort(Rule):
    """
    ## What it does

    Finds servers of an application that streams that give running answers less than 30 s when they are told to stop: hypercorn
    by its default (3 s), daphne always, uvicorn and gunicorn where their options say so.

    ## Why it breaks streaming

    Each deploy and each restart sends SIGTERM, and then the streams of everybody end where they are. Measured with SIGTERM 1 s
    into a stream of 6 s: hypercorn cut it after 4.1 s, uvicorn with `--timeout-graceful-shutdown 2` and gunicorn with
    `--graceful-timeout 2` after 3 s, daphne at once. uvicorn waits without a limit where nothing is set, gunicorn 30 s: complete.

    ## Example

    ```procfile
    web: hypercorn application:app
    ```

    ## Use instead

    ```procfile
    web: hypercorn application:app --graceful-timeout 30
    ```

    ## Fix safety

    `unsafe`: a restart takes longer, and what stands around must wait as long (STL517). For daphne there is none.

    ## References

    - [Hypercorn: Configuring](https://hypercorn.readthedocs.io/en/latest/how_to_guides/configuring.html)
      (checked with 0.18.0 on 2026-11-26)
    - [uvicorn: Settings, timeouts](https://www.uvicorn.org/settings/#timeouts) (checked with 0.54.0 on 2026-11-26)
    - [gunicorn: Settings, graceful_timeout](https://gunicorn.org/reference/settings/) (checked with 27.0.1 on 2026-11-26)
    """

    code = "STL516"
    name = "server-graceful-shutdown-short"
    severity = Severity.WARNING
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "{server} cuts {routes} {limit} it is told to stop{default}: each restart ends all streams"

    @on(Server)
    def limited(self, server: Server, file: DeploymentFile) -> Iterator[Fact]:
        limit = next((each for each in server.limits if each.failure is Failure.SHUTDOWN), None)
        if limit is None or limit.seconds is None or limit.seconds >= _ENOUGH or server.command.is_for_development:
            return
        anchor = server.anchor_of(limit.anchor)
        passage = file.deployment.ask(ServedRoutes).of(server)
        if passage is None or anchor.path != file.path:
            return
        option, cure = server.options[limit.setting], server.spelled(limit.setting, f"{_ENOUGH}")

        def repair(_: object) -> Offer:
            word, _, value = cure.partition(" ")
            return option_set(server, option, word, value, file.source, Level.UNSAFE, _REASON) if cure else None

        yield file.fact(
            self,
            anchor,
            server=server.program,
            routes=titles(passage),
            limit=f"{seconds(limit.seconds)} after" if limit.seconds else "as soon as",
            default=" (the default)" if limit.is_default and cure else "",
            label="running answers are given no longer" if cure else "ends all running answers at once",
            help=f"set `{cure}` or more"
            if cure
            else "uvicorn and hypercorn serve the same application and wait for its streams",
            related=around(file, server, passage),
            repair=repair,
            severity=lowered(self.severity, passage.certainty),
        )
