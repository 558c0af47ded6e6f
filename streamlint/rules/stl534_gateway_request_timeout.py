from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment.limits import Failure
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import CUT, cut_short
from streamlint.rule import Language, Rule, on


class GatewayRequestTimeout(Rule):
    """
    ## What it does

    Finds a timeout of a whole request, of Gateway API (`timeouts.request`, `timeouts.backendRequest`), Istio (`timeout` of a
    VirtualService) or Contour (`timeoutPolicy.response`), for a route that streams, that is shorter than the longest stream:
    600 s, or what `longest-stream` says.

    ## Why it breaks streaming

    These limits count from the request to the last byte. A long answer is cut off in its middle, however steadily tokens
    arrive, and a heartbeat does not help. Where nothing is set Istio cuts nothing.

    ## Example

    ```yaml
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata:
      name: chat
    spec:
      rules:
        - backendRefs:
            - name: chat
              port: 8000
          timeouts:
            request: 30s
    ```

    ## Use instead

    ```yaml
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata:
      name: chat
    spec:
      rules:
        - backendRefs:
            - name: chat
              port: 8000
          timeouts:
            request: 0s
    ```

    ## Fix safety

    `unsafe`: nothing ends a request that hangs there any more; an idle timeout of the gateway does.

    ## References

    - [Gateway API: HTTPRouteTimeouts](https://gateway-api.sigs.k8s.io/reference/spec/#httproutetimeouts)
      (checked 2026-11-26)
    - [Istio: Virtual Service](https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRoute)
      (checked 2026-11-26)
    - [Contour: response timeouts](https://projectcontour.io/docs/main/config/request-routing/#response-timeouts)
      (checked 2026-11-26)
    """

    code = "STL534"
    name = "gateway-request-timeout"
    severity = Severity.ERROR
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = CUT

    @on(Gate)
    def limited(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "gateway":
            yield from cut_short(self, gate, file, Failure.TOTAL, zero="0")
