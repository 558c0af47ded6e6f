from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment.limits import Failure
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import CUT, cut_short
from streamlint.rule import Language, Rule, on


class EnvoyIdleTimeoutShort(Rule):
    """
    ## What it does

    Finds an idle timeout of Envoy (`idle_timeout` of a route, `stream_idle_timeout` of its connection manager; 300 s by
    default) that is shorter than the longest silence of a stream behind it: 300 s, or what `longest-silence` says.

    ## Why it breaks streaming

    The limit counts between two pieces of the answer. A model that thinks, a tool that runs or a slow retrieval is silent for
    longer, and Envoy ends the answer in its middle. A heartbeat that is shorter than the limit saves it, and nothing is
    reported.

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
                              route: { cluster: chat, timeout: 0s, idle_timeout: 30s }
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

    `unsafe`: how long it waits for what hangs is a decision of its owner.

    ## References

    - [Envoy: How do I configure timeouts?](https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts)
      (measured with 1.40.0, checked 2026-11-26)
    """

    code = "STL536"
    name = "envoy-idle-timeout-short"
    severity = Severity.ERROR
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = CUT

    @on(Gate)
    def impatient(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "envoy":
            yield from cut_short(self, gate, file, Failure.IDLE)
