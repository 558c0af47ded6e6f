from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.served import ServedRoutes
from streamlint.deployment.servers import Server
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact, Offer
from streamlint.finding import Severity, Symptom
from streamlint.fix import Fix, Level
from streamlint.messages.served import lowered, related, seconds, titles
from streamlint.repairs.commands import left_out
from streamlint.rule import Language, Rule, on

_REASON = "another hop may have been relied on to end what hangs"


class DaphneHttpTimeout(Rule):
    """
    ## What it does

    Finds `--http-timeout` in a command that starts daphne for an application that streams.

    ## Why it breaks streaming

    The limit counts from the request to the end of the answer, and a stream that is still going on is ended with a whole last
    chunk: the client takes half an answer for all of it, and no log says anything. Measured: with `--http-timeout 3` a stream of
    6 s ended after 5 s, complete as HTTP has it. A heartbeat does not help. Without the option daphne has no such limit.

    ## Example

    ```dockerfile
    FROM python:3.12
    # streamlint: ignore[STL516] nothing is deployed by day
    CMD ["daphne", "-b", "0.0.0.0", "--http-timeout", "60", "application:app"]
    ```

    ## Use instead

    ```dockerfile
    FROM python:3.12
    # streamlint: ignore[STL516] nothing is deployed by day
    CMD ["daphne", "-b", "0.0.0.0", "application:app"]
    ```

    ## Fix safety

    `unsafe`: what hangs is not ended by daphne any more. Nothing else changes.

    ## References

    - [daphne: README](https://github.com/django/daphne) (measured with 4.2.3 on 2026-11-22)
    """

    code = "STL510"
    name = "daphne-http-timeout"
    severity = Severity.ERROR
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "daphne ends {routes} {limit} after the request as if the answer were whole"

    @on(Server)
    def limited(self, server: Server, file: DeploymentFile) -> Iterator[Fact]:
        option = server.option("http-timeout")
        passage = file.deployment.ask(ServedRoutes).of(server)
        if option is None or passage is None or not option.seconds or option.anchor is None:
            return
        if option.anchor.path != file.path or option.seconds >= file.deployment.expected.longest_stream:
            return

        def repair(_: object) -> Offer:
            edit = left_out(server.command.words, option.whole, file.source) if option.whole is not None else None
            return Fix("leave `--http-timeout` out", (edit,), Level.UNSAFE, _REASON) if edit is not None else None

        yield file.fact(
            self,
            option.anchor,
            routes=titles(passage),
            limit=seconds(option.seconds),
            label="counts from the request on, whatever is sent in between",
            help="leave `--http-timeout` out",
            related=related(passage),
            repair=repair,
            severity=lowered(self.severity, passage.certainty),
        )
