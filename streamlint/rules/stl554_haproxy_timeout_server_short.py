from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment.limits import Failure
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import CUT, cut_short
from streamlint.rule import Language, Rule, on


class HaproxyTimeoutServerShort(Rule):
    """
    ## What it does

    Finds a backend of HAProxy through which a route streams, whose `timeout server` (its own, or that of the defaults before
    it) is shorter than the longest silence of the stream: 300 s, or what `longest-silence` says.

    ## Why it breaks streaming

    The limit counts between two pieces of the answer. Measured: with 1 s a silence was cut after 1.0 s. `timeout tunnel`
    does not help an answer, `timeout client` does not harm it. Debian's own configuration sets 50 s. A number without
    a unit is milliseconds. A heartbeat that is shorter than the limit saves the stream, and nothing is reported.

    ## Example

    ```haproxy
    defaults
        mode http
        timeout connect 5s
        timeout client 60s
        timeout server 50000
    frontend web
        bind *:80
        default_backend chat
    backend chat
        server chat1 chat:8000
    ```

    ## Use instead

    ```haproxy
    defaults
        mode http
        timeout connect 5s
        timeout client 60s
        timeout server 300s
    frontend web
        bind *:80
        default_backend chat
    backend chat
        server chat1 chat:8000
    ```

    ## Fix safety

    `unsafe`: how long it waits for what hangs is a decision of its owner.

    ## References

    - [HAProxy: timeout server](https://docs.haproxy.org/3.0/configuration.html#4-timeout%20server)
      (measured with 2.6.12, checked 2026-11-26)
    """

    code = "STL554"
    name = "haproxy-timeout-server-short"
    severity = Severity.ERROR
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = CUT

    @on(Gate)
    def impatient(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "haproxy":
            yield from cut_short(self, gate, file, Failure.IDLE)
