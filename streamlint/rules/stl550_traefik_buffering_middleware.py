from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import HELD, holds_back
from streamlint.rule import Language, Rule, on


class TraefikBufferingMiddleware(Rule):
    """
    ## What it does

    Finds a router of Traefik (labels of a Compose file, files, objects of Kubernetes) through which a route streams, and that
    uses a `buffering` middleware.

    ## Why it breaks streaming

    The middleware collects the whole answer too, although its page speaks of requests. Measured: the first token came after
    2.41 s, with the last one; without the middleware at once. Traefik itself hands on what comes; `compress` does too.

    ## Example

    ```yaml
    services:
      chat:
        build: .
        labels:
          traefik.http.routers.chat.rule: PathPrefix(`/chat`)
          traefik.http.routers.chat.middlewares: limit
          traefik.http.middlewares.limit.buffering.maxRequestBodyBytes: "1000000"
    ```

    ## Use instead

    ```yaml
    services:
      chat:
        build: .
        labels:
          traefik.http.routers.chat.rule: PathPrefix(`/chat`)
    ```

    ## Fix safety

    There is no repair: what the middleware was for must be done in another way, such as a limit in the application.

    ## References

    - [Traefik: Buffering](https://doc.traefik.io/traefik/reference/routing-configuration/http/middlewares/buffering/)
      (measured with 3.7.15, checked 2026-11-26)
    """

    code = "STL550"
    name = "traefik-buffering-middleware"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = HELD

    @on(Gate)
    def collecting(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "traefik":
            yield from holds_back(self, gate, file, help="use no `buffering` middleware on a router that streams")
