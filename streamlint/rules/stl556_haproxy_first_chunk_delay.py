from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment.limits import Failure
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import found
from streamlint.rule import Language, Rule, on


class HaproxyFirstChunkDelay(Rule):
    """
    ## What it does

    Finds a backend of HAProxy through which a route streams, without `option http-no-delay`.

    ## Why it breaks streaming

    It does not break it: the headers and the first token come 0.2 s late, as HAProxy waits for more to send with them. With the
    option they come at once (measured: 0.20 s and 0.00 s). That is why this is advice. In `mode tcp`, which is the default,
    nothing waits.

    ## Example

    ```haproxy
    backend chat
        mode http
        timeout server 300s
        server chat1 chat:8000
    frontend web
        default_backend chat
    ```

    ## Use instead

    ```haproxy
    backend chat
        mode http
        option http-no-delay
        timeout server 300s
        server chat1 chat:8000
    frontend web
        default_backend chat
    ```

    ## Fix safety

    There is no repair: more and smaller packets are sent then, which is for the owner of the proxy to decide.

    ## References

    - [HAProxy: option http-no-delay](https://docs.haproxy.org/3.0/configuration.html#4-option%20http-no-delay)
      (measured with 2.6.12, checked 2026-11-26)
    """

    code = "STL556"
    name = "haproxy-first-chunk-delay"
    severity = Severity.ADVICE
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "the first token of {routes} waits for 0.2 s in {gate}"

    @on(Gate)
    def delayed(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "haproxy":
            yield from found(self, gate, file, Failure.FIRST_BYTE, help="write `option http-no-delay`")
