from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.served import ServedRoutes
from streamlint.deployment.servers import Server
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.served import around, titles
from streamlint.rule import Language, Rule, on

_LONG = 60
_HELP = (
    "leave it where a load balancer in front keeps its connections for longer than 5 s, as it is right there; "
    "what cuts a stream is elsewhere"
)


class UvicornKeepaliveMisread(Rule):
    """
    ## What it does

    Finds `--timeout-keep-alive` of a minute or more in a command that starts uvicorn for an application that streams. Advice:
    reported only when selected.

    ## Why it breaks streaming

    It does not, and it does not help either: the limit counts between two requests on one connection, never within an answer.
    Measured: with 1 s, streams with silence of 4 s before or within them were complete. Who raised it against cut streams has
    still to find what cuts them. Behind a load balancer that keeps its connections for 60 s a higher value is right.

    ## Example

    ```procfile
    web: uvicorn application:app --timeout-keep-alive 300
    ```

    ## Use instead

    ```procfile
    web: uvicorn application:app
    ```

    ## Fix safety

    There is no fix: whether the value is wanted for something else is told by what stands in front.

    ## References

    - [uvicorn: Settings, timeouts](https://www.uvicorn.org/settings/#timeouts) (measured with 0.54.0 on 2026-11-22)
    """

    code = "STL515"
    name = "uvicorn-keepalive-misread"
    severity = Severity.ADVICE
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "`{option}` does nothing for {routes}: it counts between requests, not within a stream"

    @on(Server)
    def raised(self, server: Server, file: DeploymentFile) -> Iterator[Fact]:
        option = server.option("timeout-keep-alive")
        passage = file.deployment.ask(ServedRoutes).of(server)
        if option is None or passage is None or option.seconds is None or option.seconds < _LONG:
            return
        anchor = server.anchor_of(option.anchor)
        if anchor.path != file.path:
            return
        yield file.fact(
            self,
            anchor,
            option=server.spelled(option.setting, option.text),
            routes=titles(passage),
            label="counts between two requests on one connection",
            help=_HELP,
            related=around(file, server, passage),
        )
