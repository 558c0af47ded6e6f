from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment.limits import Failure
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import CUT, cut_short
from streamlint.rule import Language, Rule, on


class TraefikWriteTimeout(Rule):
    """
    ## What it does

    Finds a `writeTimeout` of an entry point of Traefik, in its files or its command, before an application that streams, that
    is shorter than the longest stream: 600 s, or what `longest-stream` says.

    ## Why it breaks streaming

    The timeout counts from the request to the last byte of the answer: a long stream is cut off in its middle (measured:
    at the first token after that time), and a heartbeat does not help. The default is 0, which means none. `readTimeout` and
    `idleTimeout` change nothing for an answer.

    ## Example

    ```yaml
    services:
      chat:
        build: .
        labels:
          traefik.http.routers.chat.rule: PathPrefix(`/chat`)
      traefik:
        image: traefik:3
        command:
          - --entryPoints.web.address=:80
          - --entryPoints.web.transport.respondingTimeouts.writeTimeout=60s
    ```

    ## Use instead

    ```yaml
    services:
      chat:
        build: .
        labels:
          traefik.http.routers.chat.rule: PathPrefix(`/chat`)
      traefik:
        image: traefik:3
        command:
          - --entryPoints.web.address=:80
          - --entryPoints.web.transport.respondingTimeouts.writeTimeout=0s
    ```

    ## Fix safety

    `unsafe`: a client that reads too slowly keeps its connection.

    ## References

    - [Traefik: EntryPoints, respondingTimeouts](https://doc.traefik.io/traefik/reference/install-configuration/entrypoints/)
      (measured with 3.7.15, checked 2026-11-26)
    """

    code = "STL551"
    name = "traefik-write-timeout"
    severity = Severity.ERROR
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = CUT

    @on(Gate)
    def limited(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "traefik":
            yield from cut_short(self, gate, file, Failure.TOTAL, zero="0")
