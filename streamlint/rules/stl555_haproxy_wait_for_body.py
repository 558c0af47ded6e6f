from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import HELD, holds_back
from streamlint.rule import Language, Rule, on


class HaproxyWaitForBody(Rule):
    """
    ## What it does

    Finds `http-response wait-for-body` in a backend of HAProxy, or a frontend before it, through which a route streams.

    ## Why it breaks streaming

    HAProxy collects the answer up to the size of its buffer before it decides: measured, the first token came with the last
    one. `option http-buffer-request` is about requests and harmless.

    ## Example

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
        http-response wait-for-body time 10s
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

    There is no repair: what looks at the body must be asked in another way.

    ## References

    - [HAProxy: http-response wait-for-body](https://docs.haproxy.org/3.0/configuration.html)
      (measured with 2.6.12, checked 2026-11-26)
    """

    code = "STL555"
    name = "haproxy-wait-for-body"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = HELD

    @on(Gate)
    def collecting(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "haproxy":
            yield from holds_back(
                self,
                gate,
                file,
                help="remove `http-response wait-for-body`, or use it in a backend that does not stream",
            )
