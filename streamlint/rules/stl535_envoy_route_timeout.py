from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment.limits import Failure
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import CUT, cut_short
from streamlint.rule import Language, Rule, on


class EnvoyRouteTimeout(Rule):
    """
    ## What it does

    Finds a route of Envoy through which an application streams, whose `timeout` (15 s by default) or `max_stream_duration` is
    shorter than the longest stream: 600 s, or what `longest-stream` says.

    ## Why it breaks streaming

    The timeout counts from the request to the last byte of the answer. Measured: with the default no token came after 15.0 s
    and the connection was closed after 16.0 s, however steadily the application sent. Envoy's
    own document says that it is not compatible with streaming responses and has to be disabled; an idle timeout is what guards
    such routes.

    ## Example

    ```yaml
    static_resources:
      listeners:
        - filter_chains:
            - filters:
                - typed_config:
                    route_config:
                      virtual_hosts:
                        - domains: ["*"]
                          routes:
                            - match: { prefix: "/" }
                              route: { cluster: chat, timeout: 15s, idle_timeout: 300s }
      clusters:
        - name: chat
    ```

    ## Use instead

    ```yaml
    static_resources:
      listeners:
        - filter_chains:
            - filters:
                - typed_config:
                    route_config:
                      virtual_hosts:
                        - domains: ["*"]
                          routes:
                            - match: { prefix: "/" }
                              route: { cluster: chat, timeout: 0s, idle_timeout: 300s }
      clusters:
        - name: chat
    ```

    ## Fix safety

    `unsafe`: nothing but the idle timeout ends a request that hangs there any more.

    ## References

    - [Envoy: How do I configure timeouts?](https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts)
      (measured with 1.40.0, checked 2026-11-26)
    """

    code = "STL535"
    name = "envoy-route-timeout"
    severity = Severity.ERROR
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = CUT

    @on(Gate)
    def limited(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "envoy":
            yield from cut_short(self, gate, file, Failure.TOTAL, zero="0")
